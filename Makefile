# make run    the demo: engine, desk and a pretend outside world, from a fresh clone
#             (options: make run DEMO="--staffed", DEMO=--help tells them)
# make test   every test;  make check  lint, types, layers, docs;  make bench  measurements
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Many processes start here; each would compile every module again where this is set.
export PYTHONDONTWRITEBYTECODE :=
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test check bench mutants setup setup-dev peers requirements format clean

run: setup $(VENV)/.phones
	@exec $(BIN)/python -m securityline.simulation.demo $(DEMO)

setup: $(VENV)/.core

$(VENV)/.core: requirements/core.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the product's dependencies into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements/core.txt
	@$(PIP) --no-deps -e .
	@touch $@

# pyVoIP is the independent phone of the demo: GPL, a separate program, never imported by the product.
$(VENV)/.phones: requirements/phones.txt $(VENV)/.core
	@$(PIP) --require-hashes -r requirements/phones.txt
	@touch $@

setup-dev: $(VENV)/.dev

$(VENV)/.dev: requirements/dev.txt requirements/amd.txt requirements/browser.txt requirements/report.txt $(VENV)/.core $(VENV)/.phones
	@echo "installing what the tests need ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@$(PIP) --no-deps --require-hashes -r requirements/amd.txt
	@$(PIP) --require-hashes -r requirements/browser.txt
	@$(PIP) --require-hashes -r requirements/report.txt
	@touch $@

# Peers we did not write: installed when we may, else their tests skip and say so (in CI a test fails).
peers:
	@tools/install_peers

test: setup-dev peers
	@$(BIN)/python -m pytest -n 7 --dist worksteal

check: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.check_docs

bench: setup-dev peers
	@$(BIN)/python -m benchmarks

mutants: setup-dev
	@$(BIN)/python tools/mutate.py

format: setup-dev
	@$(BIN)/ruff check --fix -q .
	@$(BIN)/ruff format -q .

# Pins with hashes, from pyproject.toml and the two short lists beside them.
requirements: setup-dev
	@$(PIP) uv
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements/core.txt
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 requirements/dev.in -c requirements/core.txt -o requirements/dev.txt
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 requirements/phones.in -o requirements/phones.txt
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 requirements/browser.in -c requirements/core.txt -o requirements/browser.txt
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 requirements/report.in -c requirements/core.txt -o requirements/report.txt

clean:
	@rm -rf $(VENV) demo-data build .pytest_cache .mypy_cache .ruff_cache .hypothesis
