"""Whatever stands in a reason, the desk shows it, at once, and loses none of it."""

from hypothesis import example, given
from hypothesis import strategies as st

from securityline.web.reason_words import HEALTH, IDENTIFICATION, OF_LINES
from securityline.web.reasons import LONGEST, say
from securityline.web.words import WORDS

PIECES = st.sampled_from(
    [
        ". ",
        "; ",
        ", ",
        " excluded: ",
        ": fr 2, idle 3 s",
        " is a number of ",
        "%(name)s",
        "{",
        "é",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join))
@example("x" * (LONGEST + 1))
@example("a. " * 1300)
@example("a; " * 1300)
@example("a: fr 1, idle 1 s; " * 200)
def test_any_text_comes_back_and_a_text_of_ours_comes_back_whole(text: str) -> None:
    for grammar in (IDENTIFICATION, HEALTH, *OF_LINES.values()):
        assert isinstance(say(grammar, text, WORDS["fr"]), str)
    assert say(IDENTIFICATION, text, WORDS["en"]) == text
    assert say(OF_LINES["OperatorChosen"], text, WORDS["en"]) == text
