"""What DC-09 frames say, and what is answered to them, to the octet."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securityline.alarms.codes import Kind, meaning_of
from securityline.alarms.dc09 import Fault, Outcome, Received, Settings, receive
from securityline.alarms.dc09_crypto import key_of
from securityline.alarms.dc09_frame import Frame, Framer, to_octets
from securityline.alarms.signal import Signal
from tests.securityline.alarms.panels import Panel, panic
from tests.shared import shared

NOW = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)
KEY = bytes(range(1, 17))
KEYS = {"1234": KEY}
PLAIN = Settings()


def frame_of(octets: bytes) -> Frame:
    (frame,) = Framer().feed(octets)
    return frame


def taken(octets: bytes, agreed: Settings = PLAIN, now: datetime = NOW) -> Received:
    return receive(frame_of(octets), now, agreed, path="dc09:tcp", peer="192.0.2.7")


def signal_of(octets: bytes, agreed: Settings = PLAIN) -> Signal:
    (signal,) = taken(octets, agreed).signals
    return signal


def inner(reply: bytes) -> bytes:
    """Return a reply's body, having checked its CRC and length."""
    frame = frame_of(reply)
    assert frame.has_right_crc
    assert frame.has_right_length
    return frame.body


# ---------------------------------------------------------------- what it says


def test_a_panic_button() -> None:
    signal = signal_of(Panel().frame(panic()))

    assert (signal.source, signal.account, signal.path) == ("dc09", "1234", "dc09:tcp")
    assert (signal.code, signal.code_format, signal.qualifier) == ("120", "contact_id", "event")
    assert (signal.zone, signal.area, signal.user) == ("015", "01", "")
    assert signal.extra == {"encryption": "none", "peer": "192.0.2.7"}
    assert (signal.line_prefix, signal.receiver, signal.occurred_at) == ("0", "", None)
    assert meaning_of(signal).kind is Kind.PANIC
    assert not signal.is_heartbeat


def test_a_duress_code_names_a_user() -> None:
    signal = signal_of(Panel().frame("#1234|1121 01 007"))

    assert (signal.user, signal.zone) == ("007", "")


def test_receiver_and_prefix_are_kept_and_repeated() -> None:
    received = taken(Panel(prefix="R579BDFL789ABC").frame(panic()))

    assert received.signals[0].receiver == "579BDF"
    assert received.signals[0].line_prefix == "789ABC"
    reply = inner(received.answer(Outcome.STORED, NOW))
    assert reply == b'"ACK"0001R579BDFL789ABC#1234[]'


def test_several_events_of_a_block_are_several_signals() -> None:
    received = taken(Panel().frame("#1234|Nri1/BA001/ri2/FA002", token="SIA-DCS"))

    assert [(s.code, s.area, s.zone) for s in received.signals] == [
        ("BA", "1", "001"),
        ("FA", "2", "002"),
    ]
    assert len({signal.source_id for signal in received.signals}) == 2


def test_sia_codes_say_what_is_over() -> None:
    qualifiers = {
        code: signal_of(Panel().frame(f"#1234|Nri1/{code}1", token="SIA-DCS")).qualifier
        for code in ("BA", "BR", "CL", "AR")
    }

    assert qualifiers == {"BA": "event", "BR": "restore", "CL": "restore", "AR": "restore"}


def test_an_old_event_is_no_new_alarm() -> None:
    assert signal_of(Panel().frame("#1234|Ori1/BA1", token="SIA-DCS")).qualifier == "status"
    assert signal_of(Panel().frame("#1234|Ori1/BR1", token="SIA-DCS")).qualifier == "restore"


def test_extended_data_are_kept_in_our_words() -> None:
    extended = (
        "[H12:00:01,11-21-2026][I2e étage PIR][LHallway][OTower][R2322][SMain St]"
        '[J{"a": [1]}][X006E07.8][Y49S30.0][Z12M][Vhttps://v.example/1][M0026b9][W?]'
    )
    signal = signal_of(Panel().frame(panic(), extended=extended))

    assert signal.occurred_at == datetime(2026, 11, 21, 12, 0, 1, tzinfo=UTC)
    assert signal.text == "2e étage PIR"
    assert signal.location == "Main St, Tower, Hallway, 2322"
    assert dict(signal.extra) == {
        "encryption": "none",
        "peer": "192.0.2.7",
        "json": '{"a": [1]}',
        "longitude": "006E07.8",
        "latitude": "49S30.0",
        "altitude": "12M",
        "verification": "https://v.example/1",
        "mac_address": "0026b9",
        "extended_W": "?",
        "position": "-49.500000,6.130000",
    }


@pytest.mark.parametrize(
    "angle", ["[X006E07.8]", "[X006E07.8][Y99N00.0]", "[XW][YN]", "[X][Y]"]
)
def test_half_a_position_is_none(angle: str) -> None:
    assert "position" not in signal_of(Panel().frame(panic(), extended=angle)).extra


def test_a_key_sent_in_extended_data_is_shown_to_nobody() -> None:
    secret = "00112233445566778899AABBCCDDEEFF"
    signal = signal_of(Panel().frame(panic(), extended=f"[K{secret}]"))

    assert secret not in repr(signal)
    assert signal.extra["extended_K"] == "(not shown)"


def test_words_cannot_break_out_of_their_line() -> None:
    signal = signal_of(Panel().frame(panic(), extended="[Ia\nb\x1b[2J\u202ec]"))

    assert signal.text == "a b [2J c"


def test_old_character_sets_are_read() -> None:
    octets = to_octets('"ADM-CID"0001L0#1234[#1234|1120 01 015][Iétage]'.encode("cp1252"))

    assert signal_of(octets).text == "étage"


@pytest.mark.parametrize("token", ["NULL", "XNM"])
@pytest.mark.parametrize("data", ["", "#0000|0000 00 000"])
def test_supervision_is_a_heartbeat(token: str, data: str) -> None:
    received = taken(Panel().frame(data, sequence=0, token=token))

    (signal,) = received.signals
    assert signal.is_heartbeat
    assert signal.account == "1234"
    assert inner(received.answer(Outcome.STORED, NOW)) == b'"ACK"0000L0#1234[]'


def test_the_account_may_stand_only_in_the_data() -> None:
    received = taken(to_octets(b'"SIA-DCS"4738R0001L0001[#006969|Nri04/OP001]'))

    assert received.signals[0].account == "006969"
    reply = inner(received.answer(Outcome.STORED, NOW))
    assert reply == b'"ACK"4738R0001L0001#006969[]'


def test_a_missing_prefix_is_answered_as_unused() -> None:
    received = taken(to_octets(b'"ADM-CID"0001#1234[#1234|1120 01 015]'))

    assert inner(received.answer(Outcome.STORED, NOW)) == b'"ACK"0001L0#1234[]'


def test_another_account_in_the_data_is_not_lost() -> None:
    signal = signal_of(Panel("AAA").frame(panic("4F39")))

    assert (signal.account, signal.extra["inner_account"]) == ("AAA", "4F39")


def test_accounts_are_compared_in_upper_case_and_repeated_as_written() -> None:
    received = taken(Panel("ab1").frame(panic("ab1")))

    assert received.signals[0].account == "AB1"
    assert "inner_account" not in received.signals[0].extra
    assert inner(received.answer(Outcome.STORED, NOW)) == b'"ACK"0001L0#ab1[]'


# ---------------------------------------------------------------- repeats


def test_a_repeat_has_the_same_name_whatever_its_time_and_padding() -> None:
    agreed = Settings(KEYS)
    panel = Panel(key=KEY)
    first = signal_of(panel.frame(panic(), at=NOW), agreed)
    later = panel.frame(panic(), at=NOW + timedelta(seconds=10), padding="q")

    assert signal_of(later, agreed).source_id == first.source_id


def test_what_is_not_a_repeat_has_another_name() -> None:
    frames = [
        Panel().frame(panic()),
        Panel().frame(panic(), sequence=2),
        Panel().frame(panic(number=16)),
        Panel("1235").frame(panic()),
        Panel(prefix="L1").frame(panic()),
        Panel(prefix="R1L0").frame(panic()),
        Panel().frame(panic(), extended="[IHall]"),
        Panel().frame("#1234|Nri1/PA15", token="SIA-DCS"),
    ]

    assert len({signal_of(octets).source_id for octets in frames}) == len(frames)


# ---------------------------------------------------------------- what is answered


def test_ack_when_stored_and_duh_when_refused() -> None:
    received = taken(Panel().frame(panic(), sequence=17))

    assert received.immediate == b""
    assert inner(received.answer(Outcome.STORED, NOW)) == b'"ACK"0017L0#1234[]'
    assert inner(received.answer(Outcome.REFUSED, NOW)) == b'"DUH"0017L0#1234[]'


@pytest.mark.parametrize("length", [16, 24, 32])
def test_an_encrypted_frame_gets_an_encrypted_ack_with_our_time(length: int) -> None:
    key = bytes(range(length))
    panel = Panel(key=key)
    received = taken(panel.frame(panic(), at=NOW), Settings({"1234": key}))
    reply = received.answer(Outcome.STORED, NOW)

    assert inner(reply).startswith(b'"*ACK"0001L0#1234[')
    assert re.fullmatch(r"[^][|]{16,31}\]_12:34:56,11-21-2026", panel.clear(reply))
    assert received.signals[0].extra["encryption"] == f"aes-{8 * length}"


def test_a_refusal_is_never_encrypted() -> None:
    received = taken(Panel(key=KEY).frame(panic(), at=NOW), Settings(KEYS))

    assert inner(received.answer(Outcome.REFUSED, NOW)) == b'"DUH"0001L0#1234[]'


def test_two_acks_never_have_the_same_octets() -> None:
    received = taken(Panel(key=KEY).frame(panic(), at=NOW), Settings(KEYS))

    assert len({received.answer(Outcome.STORED, NOW) for _ in range(20)}) == 20


@pytest.mark.parametrize("seconds", [-40, -1, 0, 20])
@pytest.mark.parametrize("key", [None, KEY])
def test_inside_the_window_a_frame_is_taken(seconds: int, key: bytes | None) -> None:
    octets = Panel(key=key).frame(panic(), at=NOW + timedelta(seconds=seconds))

    assert taken(octets, Settings(KEYS)).signals


@pytest.mark.parametrize("seconds", [-86400, -41, 21, 3600])
@pytest.mark.parametrize("key", [None, KEY])
def test_outside_the_window_nak_tells_our_time_in_the_clear(
    seconds: int, key: bytes | None
) -> None:
    octets = Panel(key=key).frame(panic(), at=NOW + timedelta(seconds=seconds))
    received = taken(octets, Settings(KEYS))

    assert (received.signals, received.fault) == ((), Fault.CLOCK)
    assert received.account == "1234"
    assert inner(received.immediate) == b'"NAK"0000R0L0A0[]_12:34:56,11-21-2026'
    with pytest.raises(ValueError, match="nothing"):
        received.answer(Outcome.STORED, NOW)


def test_our_time_is_told_in_utc() -> None:
    here = NOW.astimezone(timezone(timedelta(hours=1)))
    octets = Panel().frame(panic(), at=NOW - timedelta(hours=1))

    assert inner(taken(octets, now=here).immediate).endswith(b"_12:34:56,11-21-2026")


def test_an_encrypted_frame_without_a_time_is_a_replay_for_all_we_know() -> None:
    assert taken(Panel(key=KEY).frame(panic()), Settings(KEYS)).fault is Fault.CLOCK


def test_a_panel_without_a_clock_may_be_excused() -> None:
    agreed = Settings(KEYS, unchecked_clock_accounts=frozenset({"1234"}))

    assert taken(Panel(key=KEY).frame(panic()), agreed).signals
    assert taken(Panel().frame(panic(), at=NOW - timedelta(days=900)), agreed).signals


def test_an_impossible_date_is_kept_for_people() -> None:
    received = taken(to_octets(b'"NULL"0000L0#1234[]_25:61:00,13-32-2026'))

    assert received.signals[0].extra["unread"] == "_25:61:00,13-32-2026"


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        (b'\n7BE80028"ADM-CID"0001L0#1234[#1234|1120 01 015]\r', Fault.LENGTH),
        (b'\n7BE70027"ADM-CID"0001L0#1234[#1234|1120 01 015]\r', Fault.CRC),
        (b'\n7BE80027"ADM-CID"0001L0#1234[#1234|1120 01 016]\r', Fault.CRC),
        (to_octets(b'"ADM-CID"1L0#1234[#1234|1120 01 015]'), Fault.HEADER),
        (to_octets(b'"ADM-CID"0001L0#1234'), Fault.HEADER),
        (to_octets(b'"'), Fault.HEADER),
        (to_octets(b'"ACK"0001L0#1234[]'), Fault.REPLY),
        (to_octets(b'"*ACK"0001L0#1234[00]'), Fault.REPLY),
        (to_octets(b'"NAK"0000R0L0A0[]_12:34:56,11-21-2026'), Fault.REPLY),
        (to_octets(b'"DUH"0001L0#1234[]'), Fault.REPLY),
        (Panel(is_binary_crc=True).frame(panic()), Fault.BINARY_CRC),
    ],
)
def test_these_get_no_answer(octets: bytes, fault: Fault) -> None:
    received = taken(octets)

    assert (received.fault, received.signals, received.immediate) == (fault, (), b"")
    with pytest.raises(ValueError, match="nothing"):
        received.answer(Outcome.STORED, NOW)


def test_lower_case_digits_are_digits() -> None:
    assert taken(b'\n7be80027"ADM-CID"0001L0#1234[#1234|1120 01 015]\r').signals


def test_a_binary_crc_is_answered_in_kind_where_agreed() -> None:
    agreed = Settings(binary_crc_accounts=frozenset({"1234"}))
    octets = Panel(is_binary_crc=True).frame(panic())
    received = taken(octets, agreed)
    reply = received.answer(Outcome.STORED, NOW)

    assert frame_of(reply).is_binary_crc
    assert inner(reply) == b'"ACK"0001L0#1234[]'
    assert reply[3:7] == b"0012"
    plain = taken(Panel().frame(panic()), agreed).answer(Outcome.STORED, NOW)
    assert not frame_of(plain).is_binary_crc
    late = taken(out_of_time(octets), agreed).immediate
    assert frame_of(late).is_binary_crc


def out_of_time(octets: bytes) -> bytes:
    body = frame_of(octets).body + b"_00:00:00,01-01-2020"
    return to_octets(body, is_binary_crc=True)


# ---------------------------------------------------------------- nothing is lost


def test_an_unknown_code_is_an_alarm_for_an_operator() -> None:
    received = taken(Panel().frame("#1234|1999 01 015"))
    odd = taken(Panel().frame("#1234|1998 01 015"))

    for each in (received, odd):
        assert meaning_of(each.signals[0]).kind is Kind.OTHER
        assert meaning_of(each.signals[0]).urgency == 2
        assert inner(each.answer(Outcome.STORED, NOW)) == b'"ACK"0001L0#1234[]'
    assert not meaning_of(odd.signals[0]).is_known


@pytest.mark.parametrize(
    ("octets", "fault", "words"),
    [
        (
            to_octets(b'"ZZZ-ZZZ"0001L0#1234[abc]'),
            Fault.TOKEN,
            "ZZZ-ZZZ cannot be read (token): abc",
        ),
        (
            to_octets(b'"ADM-CID"0001L0#1234[#1234|help]'),
            Fault.DATA,
            "ADM-CID cannot be read (data): #1234|help",
        ),
        (
            to_octets(b'"SIA-DCS"0001L0#1234[#1234|]'),
            Fault.DATA,
            "SIA-DCS cannot be read (data): #1234|",
        ),
        (
            to_octets(b'"ADM-CID"0001L0#1234[#1234|1120 01 015'),
            Fault.DATA,
            "ADM-CID cannot be read (data): #1234|1120 01 015",
        ),
        (
            to_octets(b'"*ADM-CID"0001L0#1234[#1234|1120 01 015]'),
            Fault.KEY,
            "ADM-CID cannot be read (key)",
        ),
        (Panel(key=KEY).frame(panic(), at=NOW), Fault.KEY, "ADM-CID cannot be read (key)"),
    ],
)
def test_what_we_cannot_read_goes_to_an_operator_and_the_panel_is_told(
    octets: bytes, fault: Fault, words: str
) -> None:
    received = taken(octets)

    (signal,) = received.signals
    assert (received.fault, signal.code, signal.text) == (fault, "unreadable", words)
    assert not meaning_of(signal).is_known
    assert inner(received.answer(Outcome.STORED, NOW)) == b'"DUH"0001L0#1234[]'


@pytest.mark.parametrize("key", [b"x" * 16, b"x" * 24, b"x" * 32])
def test_a_wrong_key_is_noticed(key: bytes) -> None:
    received = taken(Panel(key=KEY).frame(panic(), at=NOW), Settings({"1234": key}))

    assert received.fault in (Fault.KEY, Fault.CLOCK)


def test_padding_with_a_bracket_is_no_padding() -> None:
    octets = Panel(key=KEY).frame(panic(), at=NOW, padding="[")

    assert taken(octets, Settings(KEYS)).fault is Fault.KEY


def test_formats_of_installers_are_shown_as_they_are() -> None:
    received = taken(Panel().frame("#1234|55 3", token="ADM-41E"))

    assert received.signals[0].text == "ADM-41E: #1234|55 3"
    assert inner(received.answer(Outcome.STORED, NOW)) == b'"ACK"0001L0#1234[]'


def test_a_frame_in_the_clear_from_a_panel_with_a_key_is_marked() -> None:
    signal = signal_of(Panel().frame(panic()), Settings(KEYS))

    assert signal.extra["encryption"] == "none, though a key is agreed"


# ---------------------------------------------------------------- settings


def test_a_default_key_is_for_accounts_without_their_own() -> None:
    agreed = Settings({"1234": KEY}, default_key=b"d" * 16)

    assert taken(Panel("77", b"d" * 16).frame(panic("77"), at=NOW), agreed).fault is None
    assert taken(Panel("1234", KEY).frame(panic(), at=NOW), agreed).fault is None


def test_a_key_of_a_wrong_length_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="account 1234, 77") as refused:
        Settings({"1234": b"short", "77": b"s" * 17})
    assert "sss" not in str(refused.value)
    with pytest.raises(ValueError, match="default"):
        Settings(default_key=b"x")
    assert "xxxx" not in repr(Settings(default_key=b"x" * 16))
    with pytest.raises(ValueError, match="hexadecimal"):
        key_of("0011")
    assert key_of("00" * 24) == bytes(24)


# ---------------------------------------------------------------- published vectors


def vectors(group: str) -> list[dict[str, Any]]:
    found = json.loads(shared("alarm-data/dc09_vectors.json").read_text())[group]
    assert found
    return list(found)


def answers(vector: dict[str, Any], binary: frozenset[str] = frozenset()) -> list[str]:
    """Return what we answer to each frame of a vector: token and sequence."""
    key = bytes.fromhex(vector["key_hex"]) if "key_hex" in vector else None
    agreed = Settings(default_key=key, binary_crc_accounts=binary)
    replies = []
    for frame in Framer().feed(bytes.fromhex(vector["frame_hex"])):
        received = receive(frame, NOW, agreed)
        reply = received.immediate
        if received.signals:
            reply = received.answer(Outcome.STORED, NOW)
        if reply:
            found = re.match(rb'"(\*?[A-Z]+)"(\d{4})', inner(reply))
            assert found is not None
            replies.append(f"{found[1].decode()} {found[2].decode()}")
    return replies


def test_every_constructed_vector_gets_its_answer() -> None:
    for vector in vectors("constructed"):
        expect, name = vector["expect"], vector["name"]
        given = answers(vector)
        tokens = [answer.split()[0] for answer in given]
        match expect.split()[0]:
            case "-" | "no":
                assert given == [], name
            case "accept":
                assert given == [], name
                assert answers(vector, frozenset({"1234"})) == ["ACK 0001"], name
            case _ if "then" in expect:
                assert given == ["ACK 0001", "ACK 0002"], name
            case token:
                assert tokens == [token], name


def test_our_nak_and_duh_are_the_vectors() -> None:
    by_name = {v["name"]: bytes.fromhex(v["frame_hex"]) for v in vectors("constructed")}
    late = Panel().frame(panic(), at=NOW - timedelta(hours=1))

    assert taken(late).immediate == by_name["nak"]
    assert taken(Panel().frame(panic())).answer(Outcome.REFUSED, NOW) == by_name["duh"]


def test_published_frames_that_are_whole_are_taken_and_broken_ones_get_silence() -> None:
    for vector in vectors("published"):
        key = bytes.fromhex(vector["key_hex"]) if "key_hex" in vector else None
        (frame,) = Framer().feed(bytes.fromhex(vector["frame_hex"]))
        assert frame.has_right_crc is vector["crc_ok"]
        assert frame.has_right_length is vector["len_ok"]
        received = receive(frame, NOW, Settings(default_key=key))
        if not (vector["crc_ok"] and vector["len_ok"]):
            assert received.fault in (Fault.CRC, Fault.LENGTH)
        else:
            assert received.signals or received.fault is Fault.CLOCK, vector["name"]


def test_published_frames_say_something_once_their_numbers_are_mended() -> None:
    """Their habits are those of real panels, whatever their CRC."""
    for vector in vectors("published"):
        (broken,) = Framer().feed(bytes.fromhex(vector["frame_hex"]))
        body = re.sub(rb"_[\d:,-]+\Z", b"", broken.body)
        received = taken(to_octets(body))
        (signal,) = received.signals
        assert signal.account
        is_encrypted = body.startswith(b'"*')
        assert (received.fault is Fault.KEY) is is_encrypted, vector["name"]
        is_code = meaning_of(signal).is_known or signal.code == "JC"  # in no table of DC-03
        assert is_encrypted or signal.is_heartbeat or is_code


# ---------------------------------------------------------------- hostile


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=120), st.sampled_from([None, KEY]))
def test_any_body_is_read_or_refused_never_an_exception(body: bytes, key: bytes | None) -> None:
    frame = frame_of(to_octets(b'"' + body.translate(None, b"\r\n")))
    received = receive(frame, NOW, Settings(default_key=key))

    assert received.signals or received.fault is not None


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(["ADM-CID", "SIA-DCS", "NULL", "XNM", "RSP", "ZZZ"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60),
)
def test_nothing_well_formed_is_dropped(token: str, data: str) -> None:
    octets = to_octets(f'"{token}"0001L0#1234[{data}]'.encode())
    received = taken(octets)

    assert received.signals or received.fault is Fault.CLOCK
    for signal in received.signals:
        shown = [signal.text, signal.location, *signal.extra.values()]
        assert all(text.isprintable() for text in shown)


def test_a_signal_can_be_told_from_its_copy() -> None:
    signal = signal_of(Panel().frame(panic()))

    assert replace(signal) == signal
    assert hash(replace(signal)) == hash(signal)
