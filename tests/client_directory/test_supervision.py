"""What a client says about supervisors: who sees that they listen, when they are told."""

from pathlib import Path

import pytest

from client_directory.directory import Directory, DirectoryHolder
from client_directory.loader import load_files
from client_directory.model import AlertLimits
from tests.client_directory.factory import ACME, write


def loaded(folder: Path, more: str) -> Directory:
    return DirectoryHolder(write(folder, f"{more}\n{ACME}")).current


def test_without_a_word_it_is_shown_and_the_installation_decides(tmp_path: Path) -> None:
    acme = loaded(tmp_path, "").organisations["acme"]
    assert (acme.listening, acme.alerts) == ("shown", None)


def test_a_client_may_hide_it_and_have_limits_of_his_own(tmp_path: Path) -> None:
    acme = loaded(
        tmp_path, "listening: hidden\nalerts: {not_taken: [20s, 45s, 2m, 1h]}"
    ).organisations["acme"]
    assert acme.listening == "hidden"
    assert acme.alerts == AlertLimits(not_taken=(20.0, 45.0, 120.0, 3600.0))


@pytest.mark.parametrize(
    "wrong",
    [
        "listening: perhaps",
        "alerts: {not_taken: [20s]}",
        "alerts: {not_taken: [20s, 45s, 2m, soon]}",
        "alerts: {nobody: [1s, 1s, 1s, 1s]}",
    ],
)
def test_anything_else_is_a_defect_with_its_line(tmp_path: Path, wrong: str) -> None:
    found = load_files(write(tmp_path, f"{wrong}\n{ACME}")).findings
    errors = [finding for finding in found if not finding.is_warning]
    assert errors
    assert errors[0].line == 1
