from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import ParseError
from sip.grammar import (
    find_parameter,
    format_parameters,
    is_host,
    is_token,
    make_printable,
    match_quoted,
    parse_number,
    parse_parameters,
    parse_port,
    quote,
    split_list,
    unescape,
    unquote,
)

HUGE = 1_000_000


@pytest.mark.parametrize("text", ["INVITE", "z9hG4bK-.!%66*_+`'~", "8", "a-b"])
def test_tokens(text: str) -> None:
    assert is_token(text)


@pytest.mark.parametrize("text", ["", "a b", "a:b", "a;b", "é", "a\0", "a\r", '"a"', "a@b"])
def test_what_is_no_token(text: str) -> None:
    assert not is_token(text)


@pytest.mark.parametrize(
    "text", ["example.com", "192.0.2.1", "[2001:db8::1]", "[::ffff:192.0.2.2]", "my_host", "a."]
)
def test_hosts(text: str) -> None:
    assert is_host(text)


@pytest.mark.parametrize(
    "text", ["", ".com", "-a", "2001:db8::1", "[2001:db8::1", "a b", "[]", "[host]", "a/b"]
)
def test_what_is_no_host(text: str) -> None:
    assert not is_host(text)


@pytest.mark.parametrize(("text", "port"), [("5060", 5060), ("0", 0), ("65535", 65535)])
def test_ports(text: str, port: int) -> None:
    assert parse_port(text) == port


@pytest.mark.parametrize("text", ["", "65536", "-1", "+5", "1_0", "٣", "50 60", "005060", "x"])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(ParseError):
        parse_port(text)


@pytest.mark.parametrize(("text", "number"), [("0068", 68), ("0", 0), ("0" * 500 + "9", 9)])
def test_numbers_may_have_leading_zeros(text: str, number: int) -> None:
    assert parse_number(text, 255, "Max-Forwards") == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1_0", "²", "٣", "1.0", " 1", "0x1"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ParseError, match="Bad Max-Forwards"):
        parse_number(text, 255, "Max-Forwards")


@pytest.mark.parametrize("text", ["256", "4294967296", "9" * HUGE])
def test_numbers_beyond_the_maximum_are_refused_before_they_are_computed(text: str) -> None:
    with pytest.raises(ParseError, match="out of range"):
        parse_number(text, 255, "Max-Forwards")


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("", ()),
        ("  ", ()),
        (";lr", (("lr", None),)),
        (";rport=;x= ;y", (("rport", None), ("x", None), ("y", None))),
        (";a=1;b=2", (("a", "1"), ("b", "2"))),
        (" ; a = 1 ;\tb ", (("a", "1"), ("b", None))),
        (';a="x;y=\\"z\\""', (("a", '"x;y=\\"z\\""'),)),
        (";received=[2001:db8::1]", (("received", "[2001:db8::1]"),)),
        (";tag=MTIz/Lm=@h", (("tag", "MTIz/Lm=@h"),)),
        (";;a=1", None),
        (";a=1;", None),
        (",a=1", None),
        (";a=1,b", None),
        (";a=é", None),
        (';a="x', None),
        (";a=x\x01", None),
        (";a b", None),
        ("a=1", None),
    ],
)
def test_parameters(text: str, parameters: tuple[tuple[str, str | None], ...] | None) -> None:
    if parameters is None:
        with pytest.raises(ParseError):
            parse_parameters(text)
    else:
        assert parse_parameters(text) == parameters


def test_parameters_keep_their_spelling_and_are_found_without_case() -> None:
    parameters = parse_parameters(';Expires=60;LR;+sip.instance="<urn:uuid:1>";empty=""')
    assert find_parameter(parameters, "expires") == "60"
    assert find_parameter(parameters, "lr") == ""
    assert find_parameter(parameters, "+sip.instance") == "<urn:uuid:1>"
    assert find_parameter(parameters, "empty") == ""
    assert find_parameter(parameters, "tag") is None
    written = ';Expires=60;LR;+sip.instance="<urn:uuid:1>";empty=""'
    assert format_parameters(parameters) == written


@pytest.mark.parametrize("text", [";tag=a;tag=b", ";tag=a;x=1;TAG=a", ";Tag;tag"])
def test_a_second_parameter_of_a_kind_that_must_be_unique_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="twice"):
        parse_parameters(text, frozenset({"tag"}))
    assert len(parse_parameters(text)) > 1


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("", []),
        (" , ,", []),
        ("a", ["a"]),
        ("a, b ,\tc", ["a", "b", "c"]),
        ('"a, b" <sip:c@d>, <sip:e,f@g>;x="1,2"', ['"a, b" <sip:c@d>', '<sip:e,f@g>;x="1,2"']),
        ('"\\",<" <sip:a@b>, c', ['"\\",<" <sip:a@b>', "c"]),
        ("<sip:a@b>,<sip:c@d>", ["<sip:a@b>", "<sip:c@d>"]),
    ],
)
def test_lists_are_split_outside_quotes_and_brackets(text: str, elements: list[str]) -> None:
    assert split_list(text) == elements


@pytest.mark.parametrize("text", ['"a, b', "<sip:a@b, c", 'a, "b\\"', "a,<"])
def test_lists_whose_quotes_never_close_are_refused(text: str) -> None:
    with pytest.raises(ParseError, match="Unbalanced"):
        split_list(text)


def test_quoted_strings_end_at_their_own_quote() -> None:
    text = '"a \\" b\\\\" <sip:x@y> "c"'
    assert text[: match_quoted(text)] == '"a \\" b\\\\"'
    assert unquote('"a \\" b\\\\"') == 'a " b\\'


@pytest.mark.parametrize("text", ['"', '"abc', '"abc\\"', "abc"])
def test_unbalanced_quotes_are_refused(text: str) -> None:
    with pytest.raises(ParseError, match="Unbalanced"):
        match_quoted(text)


@given(st.text())
def test_what_is_quoted_is_one_line_and_reads_back(text: str) -> None:
    quoted = quote(text)
    assert match_quoted(quoted) == len(quoted)
    assert "\r" not in quoted
    assert "\n" not in quoted
    if text.isprintable():
        assert unquote(quoted) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ann", "Ann"),
        ("a\0b", "a\ufffdb"),
        ("a\r\nb", "a\ufffd\ufffdb"),
        ("\x1b[31m", "\ufffd[31m"),
        ("né", "né"),
        ("a\u2028b", "a\ufffdb"),
        ("a\u200bb", "a\u200bb"),
    ],
)
def test_control_characters_are_made_visible(text: str, shown: str) -> None:
    assert make_printable(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("I%20have", "I have"),
        ("caf%C3%A9", "café"),
        ("%00", "\ufffd"),
        ("%0d%0aX", "\ufffd\ufffdX"),
        ("%ff", "\ufffd"),
        ("%zz%4", "%zz%4"),
        ("%2500", "%00"),
    ],
)
def test_escapes_are_undone_once_and_for_the_eye_only(text: str, shown: str) -> None:
    assert unescape(text) == shown


@pytest.mark.parametrize(
    "parse",
    [
        lambda: parse_parameters(";a" * HUGE),
        lambda: parse_parameters(';a="' + '\\"' * HUGE),
        lambda: parse_parameters(";" + " " * HUGE),
        lambda: split_list('"' * (HUGE + 1)),
        lambda: split_list("<" * HUGE + ","),
        lambda: split_list('\\"' * HUGE + ","),
        lambda: match_quoted('"' + "\\" * HUGE),
        lambda: unescape("%41" * HUGE),
    ],
)
def test_hostile_text_takes_linear_time(parse: Callable[[], object]) -> None:
    """One pass is some milliseconds; anything quadratic would not come back in an hour."""
    with suppress(ParseError):
        parse()
