import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_directory import reader
from client_directory.reader import MAX_BYTES, MAX_DEPTH, read


def plain(text):
    node, findings = read(text.encode(), "f.yaml")
    assert findings == ()
    return node.plain()


def only_finding(data):
    node, findings = read(data if isinstance(data, bytes) else data.encode(), "f.yaml")
    assert node is None
    (finding,) = findings
    return finding


@pytest.mark.parametrize(
    "scalar",
    [
        "+3225550100",
        "022550100",
        "no",
        "NO",
        "yes",
        "on",
        "null",
        "~",
        "18:30",
        "08:30",
        "0123",
        "1.0",
        "1e3",
        "0x1f",
        "2026-01-01",
        "true",
        "=",
        "<<",
        ".inf",
    ],
)
def test_every_scalar_is_the_text_that_stands_there(scalar):
    assert plain(f"key: {scalar}") == {"key": scalar}


def test_an_absent_value_is_empty_text():
    assert plain("key:") == {"key": ""}


def test_quotes_lists_and_mappings():
    assert plain('a: "0123"\nb: [x, {c: d}]\n') == {"a": "0123", "b": ["x", {"c": "d"}]}


def test_a_byte_order_mark_is_not_part_of_the_first_key():
    node, _ = read(b"\xef\xbb\xbfa: b", "f")
    assert node.plain() == {"a": "b"}


def test_lines_are_those_of_the_keys():
    node, _ = read(b"a: 1\nb:\n  - c\n  - d: >\n      long\n    e: x\n", "f")
    assert node.line_at(("a",)) == 1
    assert node.line_at(("b",)) == 2
    assert node.line_at(("b", 0)) == 3
    assert node.line_at(("b", 1, "d")) == 4
    assert node.line_at(("b", 1, "e")) == 6


def test_a_path_that_leads_nowhere_gives_the_nearest_line():
    node, _ = read(b"a:\n  b: 1\n", "f")
    assert node.line_at(("a", "b", "c", 3)) == 2
    assert node.line_at(("a", "union-member", "b")) == 2
    assert node.line_at(("missing",)) == 1
    assert read(b"- a\n- b\n", "f")[0].line_at((7,)) == 1


def test_a_duplicate_key_is_found_and_the_first_one_kept():
    node, findings = read(b"a: 1\nb: 2\na: {c: 3}\n", "f.yaml")
    assert node.plain() == {"a": "1", "b": "2"}
    assert [str(finding) for finding in findings] == [
        "f.yaml:3: DUPLICATE_KEY: key 'a' stands here again; first in line 1"
    ]


def test_every_duplicate_is_found():
    _, findings = read(b"a: {x: 1, x: 2}\nb: {y: 1, y: 2, y: 3}\n", "f")
    assert [finding.line for finding in findings] == [1, 2, 2]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("", 1, "SYNTAX"),
        ("# only a comment\n", 1, "SYNTAX"),
        ("a: [1\nb: 2\n", 2, "SYNTAX"),
        ("a: 1\n b: 2\n", 2, "SYNTAX"),
        ("a: 'open\n", 2, "SYNTAX"),
        ("a: 1\n---\nb: 2\n", 2, "SYNTAX"),
        ("{a: b}: c\n", 1, "SYNTAX"),
        ("? [a]\n: c\n", 1, "SYNTAX"),
        ("a: &x 1\n", 1, "ALIAS"),
        ("b: 2\na: *x\n", 2, "ALIAS"),
        ("a: !!python/object:os.system x\n", 1, "TAG"),
        ("b: 1\na: !include /etc/passwd\n", 2, "TAG"),
        ("a: \x07\n", 1, "SYNTAX"),
    ],
)
def test_what_is_refused_and_where(text, line, code):
    finding = only_finding(text)
    assert (finding.line, finding.code) == (line, code)


def test_not_utf8_names_the_line():
    assert only_finding(b"a: 1\nb: caf\xe9\n").line == 2


def test_an_alias_bomb_costs_nothing():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n"
        for i in range(9)
    )
    assert only_finding(bomb).code == "ALIAS"


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_is_limited(opening):
    assert only_finding(opening * 100_000).code in ("TOO_DEEP", "SYNTAX")


def test_depth_within_the_limit_is_read():
    assert plain("[" * MAX_DEPTH + "x" + "]" * MAX_DEPTH)
    assert only_finding("[" * (MAX_DEPTH + 1) + "x" + "]" * (MAX_DEPTH + 1)).code == "TOO_DEEP"


def test_size_is_limited():
    assert only_finding(b"#" * (MAX_BYTES + 1)).code == "TOO_LARGE"


def test_the_number_of_values_is_limited(monkeypatch):
    monkeypatch.setattr(reader, "MAX_NODES", 50)
    assert only_finding("- x\n" * 50).code == "TOO_LARGE"
    assert plain("- x\n" * 49)


def test_values_are_not_in_the_representation():
    node, _ = read(b"pin: '4821'", "f")
    assert "4821" not in repr(node)


@given(st.binary(max_size=300))
def test_any_octets_give_a_tree_or_a_finding(data):
    node, findings = read(data, "f")
    assert node is not None or findings
    assert all(finding.line >= 1 for finding in findings)


@given(st.text(alphabet="ab:-[]{}&*!?|>'\"#%@, \n\t0", max_size=120))
def test_any_punctuation_gives_a_tree_or_a_finding(text):
    node, findings = read(text.encode(), "f")
    assert node is not None or findings
    if node is not None:
        node.plain()
