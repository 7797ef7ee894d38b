"""Change the code in small ways, one at a time, and see whether a test notices.

    python tools/mutate.py                          callflows/ and sip/, everything
    python tools/mutate.py callflows/inbound.py     one file
    python tools/mutate.py --sample 50 sip          fifty changes, the same ones every time

A change that no test notices is a survivor: printed with its place, exit 1. Nothing on disk
is touched: each change is compiled in a forked process, which runs the tests that mirror the
file (`tests/<package>/test_<file>*.py`, or the package's; for `callflows` also the stories).
A line with the words `no mutate` is left alone, with the reason beside them.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import os
import random
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = ("callflows", "sip")
VOCABULARY: Final = ("callflows/events/", "callflows/commands")
"Declarations only: there is nothing in them to get wrong."
PATIENCE: Final = 120
"Seconds after which a change that makes the tests hang counts as noticed."

COMPARE: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed module. Its tree is as it says only until the next one is made."""

    path: str
    line: int
    was: str
    now: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.was}  ->  {self.now}"


# ---------------------------------------------------------------- changing


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node may be changed into."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARE:
            yield ast.Compare(node.left, [COMPARE[type(op)]()], node.comparators)
        case ast.BoolOp(op=ast.And()):
            yield ast.BoolOp(ast.Or(), node.values)
        case ast.BoolOp(op=ast.Or()):
            yield ast.BoolOp(ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.UnaryOp(op=ast.USub()):
            yield node.operand
        case ast.BinOp(op=op) if type(op) in ARITHMETIC:
            yield ast.BinOp(node.left, ARITHMETIC[type(op)](), node.right)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.If() | ast.IfExp():
            other = copy.copy(node)
            other.test = ast.UnaryOp(ast.Not(), node.test)
            yield other
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Delete():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() | ast.Tuple()]):
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()


def skipped(node: ast.AST) -> bool:
    """Whether a node and all in it is left alone: what is only said, or only typed."""
    return isinstance(node, ast.JoinedStr | ast.arg | ast.ImportFrom | ast.Import | ast.Raise)


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every change of one file, in the order of its lines."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    tree = ast.parse(source)
    name = path.relative_to(ROOT).as_posix()
    for parent, field, index, node in _places(tree):
        line = getattr(node, "lineno", 0)
        if line and "no mutate" in lines[line - 1]:
            continue
        for other in changed(node):
            ast.copy_location(other, node)
            _put(parent, field, index, other)
            yield Mutant(name, line, _text(node), _text(other), tree)
            _put(parent, field, index, node)


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases"):
            continue
        items = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in items:
            if isinstance(child, ast.AST) and not skipped(child):
                yield node, field, index, child
                yield from _places(child)


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.If | ast.IfExp):
        node = node.test
    words = " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())
    return words if len(words) <= 60 else f"{words[:57]}..."


# ---------------------------------------------------------------- testing


class _Changed(importlib.abc.MetaPathFinder):
    """Serve one module from a changed tree, all others as ever."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = mutant.path.removesuffix(".py").replace("/", ".")
        self._mutant = mutant

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for the changed module only."""
        if name != self._name:
            return None
        loader = _Loader(name, str(ROOT / self._mutant.path))
        loader.tree = self._mutant.tree
        return importlib.machinery.ModuleSpec(name, loader, origin=loader.path)


class _Loader(importlib.machinery.SourceFileLoader):
    tree: ast.Module

    def get_code(self, fullname: str) -> CodeType:
        """Compile the changed tree; cached bytecode is not looked at."""
        return compile(ast.fix_missing_locations(self.tree), self.path, "exec")


def tests_of(path: str) -> list[str]:
    """Return what should notice a change in a file."""
    package, stem = path.split("/")[0], Path(path).stem
    mirrored = sorted((ROOT / "tests" / package).rglob(f"test_{stem}*.py"))
    if package == "callflows":
        slow = (
            []
            if stem in ("codec", "transition")
            else ["--ignore=tests/callflows/test_codec.py"]
        )
        return [*map(str, mirrored), "tests/stories", "tests/callflows", *slow]
    return [*map(str, mirrored)] or [f"tests/{package}"]


def _run(mutant: Mutant | None, tests: Sequence[str]) -> int:
    signal.alarm(PATIENCE)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    if mutant is not None:
        sys.meta_path.insert(0, _Changed(mutant))
    import pytest

    plain = [
        "-x",
        "-q",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--no-header",
    ]
    return int(pytest.main([*plain, *tests]))


def _warm_up() -> None:
    """Import what every child needs and nobody changes."""
    import hypothesis.stateful
    import phonenumbers  # noqa: F401
    import pytest  # noqa: F401

    assert hypothesis.stateful  # noqa: S101


def survivors(
    found: Iterable[Mutant], workers: int, tell: Callable[[str], None]
) -> tuple[int, int]:
    """Test every change, each in a process of its own; tell of those nobody noticed.

    :return: changes tested, survivors.
    """
    running: dict[int, str] = {}
    done = left = 0

    def finish_one() -> int:
        child, status = os.wait()
        words = running.pop(child)
        if os.waitstatus_to_exitcode(status) == 0:
            tell(words)
            return 1
        return 0

    for mutant in found:
        if len(running) == workers:
            left += finish_one()
        child = os.fork()
        if child == 0:
            os._exit(_run(mutant, tests_of(mutant.path)))
        running[child] = str(mutant)
        done += 1
    while running:
        left += finish_one()
    return done, left


def _pass(tests: Sequence[str]) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(_run(None, tests))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _files(given: Sequence[str]) -> list[Path]:
    folders = [Path(name) for name in given or PACKAGES]
    files = [f for x in folders for f in ([x] if x.is_file() else sorted(x.rglob("*.py")))]
    return [file.resolve() for file in files if not file.as_posix().startswith(VOCABULARY)]


def _sample(files: Sequence[Path], size: int, seed: int) -> Iterator[Mutant]:
    """Yield `size` changes, or all of them if there are fewer."""
    count = sum(1 for file in files for _ in mutants(file))
    kept = set(random.Random(seed).sample(range(count), min(size, count)))  # noqa: S311
    every = (mutant for file in files for mutant in mutants(file))
    return (mutant for number, mutant in enumerate(every) if number in kept)


def main() -> int:
    """Change, test, report."""
    parser = argparse.ArgumentParser(description="Which small changes does no test notice?")
    parser.add_argument("paths", nargs="*", help="files or folders; default: callflows sip")
    parser.add_argument("--sample", type=int, default=sys.maxsize, help="test this many only")
    parser.add_argument("--seed", type=int, default=1, help="chooses the sample")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    files = _files(options.paths)
    _warm_up()
    for tests in {tuple(tests_of(file.relative_to(ROOT).as_posix())) for file in files}:
        if not _pass(tests):
            parser.error(f"these fail, or are not there, with nothing changed: {tests}")
    done, left = survivors(
        _sample(files, options.sample, options.seed),
        options.workers,
        lambda line: print(line, flush=True),  # noqa: T201
    )
    print(f"{done} changes, {left} survive")  # noqa: T201
    return bool(left)


if __name__ == "__main__":
    sys.exit(main())
