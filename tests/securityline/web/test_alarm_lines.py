"""Lines of alarms as an operator reads them, in his language."""

from types import SimpleNamespace

import pytest

from callflows import events as e
from callflows.codec import encode
from securityline.web.log_lines import show_line
from securityline.web.log_words import SENTENCES
from tests.securityline.web.test_reasons import NOW, NoNames
from tests.stories.test_alarms_in_a_flood import AlarmLine


def read(fact: e.Event | e.Fact, language: str) -> str:
    line = SimpleNamespace(
        seq=1,
        at=NOW,
        incident_id="inc",
        kind="fact",
        what=type(fact).__name__,
        data=encode(fact),
        is_saved=True,
    )
    rendering = SimpleNamespace(iso=str, moment=str)
    return show_line(line, language, rendering, NoNames()).words  # type: ignore[arg-type]


CONFIRMED = e.AlarmConfirmed(kind="intrusion", detectors=("Hall", "Office"), seconds=9.0)
CANCELLED = e.AlarmCancelled(by="cancel", user="5", hold_time=45.0)
REFUSED = e.CloseRefused(operator=e.OperatorId("ann"), missing=("restore:1", "restore:2"))
QUIET = e.SiteQuiet(until=1.0, reason="police called")


@pytest.mark.parametrize(
    ("fact", "language", "words"),
    [
        (CONFIRMED, "fr", "Confirmée par deux détecteurs : Hall, Office"),
        (CANCELLED, "de", "Innerhalb der Wartezeit storniert: Stornocode, Benutzer 5"),
        (REFUSED, "nl", "herstel van zone 1, herstel van zone 2"),
        (QUIET, "fr", "appel fait : police"),
        (e.RestoreOverdue(zones=("1", "2"), waiting_time=1800.0), "en", "zones 1, 2, since"),
    ],
)
def test_a_line_is_read_in_the_operator_s_language(
    fact: e.Fact, language: str, words: str
) -> None:
    assert words in read(fact, language)


@pytest.mark.parametrize("language", ["en", "fr", "nl", "de"])
def test_every_line_of_a_night_of_alarms_reads_without_a_hole(language: str) -> None:
    line = AlarmLine()
    line.alarm()
    line.user("cancel")
    line.alarm("technical", zone="2")
    line.alarm("technical", zone="2", zone_name="Cold room")
    line.again()
    line.alarm("holdup", zone="7")
    line.on_test("9", minutes=10)
    line.alarm(zone="9")
    line.test_ends("9")
    for _ in range(30):
        line.alarm("technical", site="cold")
    line.fast_forward(3600)
    line.restores("2")
    texts = {type(what).__name__: read(what, language) for _, what in line.said}
    assert len(texts) > 15
    for name, text in texts.items():
        if name in SENTENCES:
            assert text != name, name
            assert "%(" not in text
            assert "['" not in text
