import os
import shutil

import pytest

from client_directory.directory import DirectoryError, DirectoryHolder
from client_directory.finding import UNREADABLE
from client_directory.loader import load_files
from tests.client_directory.factory import ACME, replaced, write


def codes(loaded):
    return [finding.code for finding in loaded.findings]


def test_an_absent_directory_is_unreadable(tmp_path):
    (finding,) = load_files(tmp_path / "absent").findings
    assert finding.code == UNREADABLE
    assert not finding.is_warning


def test_a_file_for_a_directory_is_unreadable(tmp_path):
    (tmp_path / "organisations").write_text("x")
    assert codes(load_files(tmp_path)) == [UNREADABLE]


def test_missing_tables_and_an_empty_folder_are_warnings(tmp_path):
    loaded = load_files(write(tmp_path, operators=None, services=None))
    assert codes(loaded) == ["MISSING_FILE"] * 3
    assert all(finding.is_warning for finding in loaded.findings)


def test_a_file_under_another_ending_is_not_passed_over(tmp_path):
    write(tmp_path, ACME)
    (tmp_path / "organisations" / "new.yml").write_text(ACME)
    assert codes(load_files(tmp_path)) == ["WRONG_NAME"]


def test_other_files_and_hidden_ones_are(tmp_path):
    write(tmp_path, ACME)
    (tmp_path / "organisations" / "README.md").write_text("x")
    (tmp_path / "organisations" / ".#0.yaml").write_text("x")
    assert codes(load_files(tmp_path)) == []


def test_what_is_no_regular_file_is_not_opened(tmp_path):
    write(tmp_path, ACME)
    os.mkfifo(tmp_path / "organisations" / "pipe.yaml")
    (tmp_path / "organisations" / "folder.yaml").mkdir()
    (tmp_path / "organisations" / "dangling.yaml").symlink_to(tmp_path / "nowhere")
    assert codes(load_files(tmp_path)) == [UNREADABLE] * 3


@pytest.mark.parametrize("text", ["a: [", "organisation: x\n", "- a\n", ""])
def test_a_broken_file_names_itself_and_spares_the_others(tmp_path, text):
    loaded = load_files(write(tmp_path, ACME, text))
    assert loaded.findings
    assert all(finding.file.endswith("1.yaml") for finding in loaded.findings)
    sound = [one for file in loaded.files.values() for one in file.organisations]
    assert [one.organisation for one in sound] == ["acme"]


def test_findings_are_in_order_of_file_and_line(tmp_path):
    text = replaced("country: BE", "country: xx", replaced("urgency: 3", "urgency: 9"))
    found = load_files(write(tmp_path, text, text)).findings
    assert [(one.file[-6:], one.line) for one in found] == sorted(
        (one.file[-6:], one.line) for one in found
    )


def test_only_changed_files_are_parsed_again(tmp_path):
    other = replaced("organisation: acme", "organisation: other").replace("555 40", "555 41")
    other = other.replace('"1234"', '"5678"')
    first = load_files(write(tmp_path, ACME, other))
    write(tmp_path, ACME, other.replace("name: Acme", "name: Other"))
    second = load_files(tmp_path, first)
    unchanged, changed = (str(tmp_path / "organisations" / f"{i}.yaml") for i in (0, 1))
    assert second.files[unchanged] is first.files[unchanged]
    assert second.files[changed].organisations[0].name == "Other"


def test_a_remembered_file_is_still_compared_with_the_others(tmp_path):
    first = load_files(write(tmp_path, ACME))
    write(tmp_path, ACME, replaced("organisation: acme", "organisation: twin"))
    assert codes(load_files(tmp_path, first)) == ["DUPLICATE_DID", "DUPLICATE_ACCOUNT"]


class TestHolder:
    def test_a_defective_directory_does_not_start(self, tmp_path):
        folder = write(tmp_path, replaced("country: BE", "country: xx"))
        with pytest.raises(DirectoryError) as raised:
            DirectoryHolder(folder)
        assert raised.value.findings[0].code == "BAD_VALUE"
        assert "country" in str(raised.value)

    def test_it_may_start_with_the_files_that_are_sound(self, tmp_path):
        folder = write(tmp_path, ACME, "organisation: x\n")
        holder = DirectoryHolder(folder, is_partial_allowed=True)
        assert holder.current.dialled("+3225554000") is not None
        assert holder.findings

    def test_reload_puts_a_sound_directory_in_force(self, tmp_path):
        holder = DirectoryHolder(write(tmp_path, ACME))
        before = holder.current
        write(tmp_path, ACME.replace("555 40 00", "555 40 07"))
        assert holder.reload() == ()
        assert holder.current is not before
        assert holder.current.dialled("+3225554007") is not None
        assert holder.current.dialled("+3225554000") is None
        assert before.dialled("+3225554000") is not None, "the old one stays whole"

    @pytest.mark.parametrize(
        "text",
        ["a: [", replaced("country: BE", "country: xx"), ACME + "nonsense: 1\n", ACME + "\x00"],
    )
    def test_a_bad_file_changes_nothing(self, tmp_path, text):
        holder = DirectoryHolder(write(tmp_path, ACME))
        before = holder.current
        write(tmp_path, text)
        assert holder.reload()
        assert holder.current is before
        assert holder.findings == ()

    def test_a_vanished_directory_changes_nothing(self, tmp_path):
        holder = DirectoryHolder(write(tmp_path / "live", ACME))
        before = holder.current
        shutil.rmtree(tmp_path / "live")
        assert [finding.code for finding in holder.reload()] == [UNREADABLE]
        assert holder.current is before

    def test_a_warning_does_not_stop_a_reload(self, tmp_path):
        holder = DirectoryHolder(write(tmp_path, ACME))
        write(tmp_path, ACME.replace(", nl: Gewonden?", ""))
        assert [finding.code for finding in holder.reload()] == ["MISSING_TRANSLATION"]
        assert holder.current.procedure_for("acme").steps[0].ask == {"fr": "Blessés ?"}

    def test_mended_files_come_into_force_after_a_bad_reload(self, tmp_path):
        holder = DirectoryHolder(write(tmp_path, ACME))
        write(tmp_path, "a: [")
        holder.reload()
        write(tmp_path, ACME.replace("name: Acme", "name: Better"))
        assert holder.reload() == ()
        assert holder.current.organisations["acme"].name == "Better"
