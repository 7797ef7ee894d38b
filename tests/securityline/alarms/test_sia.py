"""Blocks as the standard has them, and as real panels write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securityline.alarms.sia import MOST_EVENTS, SiaBlock, SiaEvent, parse


@pytest.mark.parametrize(
    ("data", "block"),
    [
        ("#ABCD|Nri01/BA015", SiaBlock("ABCD", (SiaEvent("BA", "015", area="01"),))),
        ("#1234|NFA129", SiaBlock("1234", (SiaEvent("FA", "129"),))),
        ("|Nri2/JC12", SiaBlock("", (SiaEvent("JC", "12", area="2"),))),
        ("Nri1/WA000", SiaBlock("", (SiaEvent("WA", "000", area="1"),))),
        (
            "#123456|Nri1CL0^VX FRONTE ^",
            SiaBlock("123456", (SiaEvent("CL", user="0", area="1", text="VX FRONTE"),)),
        ),
        (
            "#123456|Nri0KR1^TAST. 001 ^",
            SiaBlock("123456", (SiaEvent("KR", "1", area="0", text="TAST. 001"),)),
        ),
        (
            "#006969|Nri04/OP001NM",
            SiaBlock("006969", (SiaEvent("OP", user="001", area="04", text="NM"),)),
        ),
        (
            "#1|Nri1/BA1/BA2/ri2/TA3",
            SiaBlock(
                "1",
                (
                    SiaEvent("BA", "1", area="1"),
                    SiaEvent("BA", "2", area="1"),
                    SiaEvent("TA", "3", area="2"),
                ),
            ),
        ),
        (
            "#1|Nti12:30:05/da12-31-2026/id7/ri1/HA2",
            SiaBlock(
                "1",
                (SiaEvent("HA", "2", user="7", area="1"),),
                modifiers=(("ti", "12:30:05"), ("da", "12-31-2026")),
            ),
        ),
        ("#1|Ori1/BA1", SiaBlock("1", (SiaEvent("BA", "1", area="1"),), is_old=True)),
        ("#1|OP001", SiaBlock("1", (SiaEvent("OP", user="001"),))),
        ("#1|NA001", SiaBlock("1", (SiaEvent("NA", "001"),))),
        ("#1|NOP1", SiaBlock("1", (SiaEvent("OP", user="1"),))),
        ("#1|NNA1", SiaBlock("1", (SiaEvent("NA", "1"),))),
        ("#1|NOG2", SiaBlock("1", (SiaEvent("OG", area="2"),))),
        (
            "#1|NBA1^Stairs / 2nd floor^/TA2",
            SiaBlock(
                "1", (SiaEvent("BA", "1", text="Stairs / 2nd floor"), SiaEvent("TA", "2"))
            ),
        ),
        ("#1|NBA1*'Front door'NM", SiaBlock("1", (SiaEvent("BA", "1", text="Front door'NM"),))),
        ("#1|NBA1A/TA2", SiaBlock("1", (SiaEvent("BA", "1A"), SiaEvent("TA", "2")))),
        ("#1|NBA01Front", SiaBlock("1", (SiaEvent("BA", "01", text="Front"),))),
        ("#1|NQQ7", SiaBlock("1", (SiaEvent("QQ", "7"),))),
        ("#1|N?!/BA1", SiaBlock("1", (SiaEvent("BA", "1"),), unread="N?!")),
    ],
)
def test_blocks(data: str, block: SiaBlock) -> None:
    assert parse(data) == block


@pytest.mark.parametrize("data", ["", "#1234|", "#1234|hello", "|", "123", "^words^", "#1|ri1"])
def test_a_block_without_an_event_is_none(data: str) -> None:
    assert parse(data) is None


def test_a_long_block_is_bounded_and_loses_no_word() -> None:
    block = parse("#1|N" + "/".join(f"BA{n}" for n in range(900)))

    assert block is not None
    assert len(block.events) == MOST_EVENTS
    assert block.unread.split() == [f"BA{n}" for n in range(MOST_EVENTS, 900)]


@settings(deadline=None)
@given(st.text(alphabet="#|/^*NORBAriid019 '\n]é", max_size=60))
def test_any_text_is_read_or_refused_never_an_exception(data: str) -> None:
    block = parse(data)

    assert block is None or block.events


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["BA", "FA", "TA"]), st.integers(1, 9999)),
        min_size=1,
        max_size=9,
    )
)
def test_every_event_written_is_read(events: list[tuple[str, int]]) -> None:
    block = parse("#1234|N" + "/".join(f"{code}{number}" for code, number in events))

    assert block is not None
    assert [(e.code, int(e.zone)) for e in block.events] == events
