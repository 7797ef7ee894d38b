import asyncio
import wave
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from securityline.simulation import calling, employees
from securityline.simulation.behaviour import Press
from securityline.simulation.calling import Calling, presses_in
from securityline.simulation.carrier import Carrier
from securityline.simulation.control import ControlError, Message
from securityline.simulation.employees import Heard, measure
from securityline.simulation.handset_audio import tone
from securityline.simulation.people import People, read_people
from securityline.simulation.speech import LANGUAGES, speech_file, speech_of
from sip.endpoint import Endpoint, Peer
from sip.events import Cancelled, Ended, IncomingCall
from tests.securityline.exchange import Exchange, running_exchange
from tests.securityline.sound import strength

EXAMPLE = Path(__file__).resolve().parents[2] / "securityline" / "example_directory"
EMPLOYEE, DID = "+32470000001", "+3225550100"
REQUEST: Message = {"did": DID, "from": EMPLOYEE, "handset": "own", "seconds": 30}


@dataclass
class Room:
    exchange: Exchange
    calling: Calling
    folder: Path

    async def run(self, request: Message) -> list[Message]:
        async with asyncio.timeout(40):
            return [message async for message in self.calling.call(request)]

    async def incoming(self) -> IncomingCall:
        found = await self.exchange.until_seen(IncomingCall)
        assert isinstance(found, IncomingCall)
        return found

    def answer(self, call: IncomingCall) -> None:
        theirs = self.exchange.calls[call.leg]
        self.exchange.order("answer", call.leg, theirs.make_answer(call.offer))


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with running_exchange(classify=lambda _source: Peer("trunk", "carrier")) as exchange:
        carrier = Carrier(
            Endpoint("udp", "127.0.0.1", 0),
            exchange.addresses[0],
            on_progress=lambda step: calls.progress(step),
        )
        people = People({EMPLOYEE: "Julie Dupont", DID: "Postes Démo"}, {EMPLOYEE: "fr"})
        calls = Calling(carrier, people, tmp_path / "heard")
        await carrier.start()
        try:
            yield Room(exchange, calls, tmp_path / "heard")
        finally:
            await carrier.stop()


def steps(messages: list[Message]) -> list[str]:
    return [message["what"] for message in messages if "what" in message]


# ---------------------------------------------------------------- a call and its story


async def test_a_call_is_told_from_the_first_ring_to_what_was_heard(room: Room) -> None:
    story = asyncio.create_task(room.run(REQUEST))
    call = await room.incoming()
    room.exchange.order("ring", call.leg)
    room.answer(call)
    theirs = room.exchange.calls[call.leg]
    async with asyncio.timeout(20):
        await theirs.audio.until(lambda: len(theirs.audio.heard) > 8000)
    room.exchange.order("hang_up", call.leg)
    messages = await story
    assert messages[0]["say"] == f"Julie Dupont ({EMPLOYEE}) calls Postes Démo ({DID})"
    assert steps(messages) == ["ringing", "answered", "ended"]
    assert messages[-2]["detail"] == "the other side hung up"
    heard = messages[-1]
    assert heard["loud"] > 0.2
    file = Path(heard["file"])
    assert file.parent == room.folder
    with wave.open(str(file)) as recording:
        assert strength(recording.readframes(16_000), 1000) > 0.5


async def test_he_keys_one_answer_after_the_other(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "FIRST_KEYS", 0.1)
    monkeypatch.setattr(calling, "NEXT_KEYS", 0.1)
    story = asyncio.create_task(room.run({**REQUEST, "keys": "1042# 7 *", "handset": "any"}))
    call = await room.incoming()
    room.answer(call)
    theirs = room.exchange.calls[call.leg]
    async with asyncio.timeout(20):
        await theirs.audio.until(lambda: theirs.audio.digits == "1042#7*")
    room.exchange.order("hang_up", call.leg)
    assert steps(await story)[-1] == "ended"


def test_the_answers_come_some_seconds_apart() -> None:
    assert presses_in({"keys": "1042# 7"}) == (Press(4.0, "1042#"), Press(9.0, "7"))
    assert presses_in({}) == ()


async def test_patience_ends_a_call_that_only_rings(room: Room) -> None:
    story = asyncio.create_task(room.run({**REQUEST, "seconds": 1}))
    call = await room.incoming()
    room.exchange.order("ring", call.leg)
    messages = await story
    await room.exchange.until_seen(Cancelled)
    assert steps(messages) == ["ringing", "ended"]


async def test_leaving_the_story_hangs_up(room: Room) -> None:
    async with aclosing(room.calling.call(REQUEST)) as messages:
        assert "say" in await anext(messages)
        ahead = asyncio.ensure_future(anext(messages))
        room.answer(await room.incoming())
        async with asyncio.timeout(20):
            assert (await ahead)["what"] == "answered"
    await room.exchange.until_seen(Ended)
    assert "say" in (await _first(room))


async def _first(room: Room) -> Message:
    """The same handset may call again."""
    async with aclosing(room.calling.call(REQUEST)) as messages:
        return await anext(messages)


async def test_a_refused_call_is_told(room: Room) -> None:
    story = asyncio.create_task(room.run(REQUEST))
    call = await room.incoming()
    room.exchange.order("refuse", call.leg, 503)
    messages = await story
    assert messages[-1] | {"at": 0} == {"at": 0, "what": "refused", "detail": "503"}


async def test_one_handset_makes_one_call_at_a_time(room: Room) -> None:
    story = asyncio.create_task(room.run(REQUEST))
    await room.incoming()
    with pytest.raises(ControlError, match="in a call already"):
        await room.run(REQUEST)
    story.cancel()
    await asyncio.gather(story, return_exceptions=True)
    await room.exchange.until_seen(Cancelled)


async def test_a_withheld_number_is_said_so(room: Room) -> None:
    story = asyncio.create_task(room.run({**REQUEST, "withheld": True}))
    call = await room.incoming()
    assert call.request.headers.get("Privacy") == "id"
    room.exchange.order("refuse", call.leg, 480)
    assert "number withheld" in (await story)[0]["say"]


async def test_what_he_says_may_be_a_file(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "words.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(tone(850))
    story = asyncio.create_task(room.run({**REQUEST, "say": str(path)}))
    call = await room.incoming()
    room.answer(call)
    theirs = room.exchange.calls[call.leg]
    async with asyncio.timeout(20):
        await theirs.audio.until(lambda: len(theirs.audio.heard) > 8000)
    assert strength(theirs.audio.heard, 850) > 0.8
    room.exchange.order("hang_up", call.leg)
    await story


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"did": "nobody"}, "did: 'nobody' is no telephone number"),
        ({"did": None}, "did: a text is wanted"),
        ({"from": ""}, "from: '' is no telephone number"),
        ({"did": "112"}, "did: 112 is an emergency number"),
        ({"from": "+32101"}, r"from: \+32101 is an emergency number"),
        ({"seconds": 0}, "lasts from 1 to 3600 seconds"),
        ({"seconds": float("inf")}, "lasts from 1 to 3600 seconds"),
        ({"seconds": float("nan")}, "lasts from 1 to 3600 seconds"),
        ({"seconds": "long"}, "lasts from 1 to 3600 seconds"),
        ({"handset": "banana"}, "handsets are: pyvoip, own, any"),
        ({"keys": "12a"}, "keys: 0 to 9"),
        ({"keys": 12}, "keys: 0 to 9"),
        ({"keys": "1" * 101}, "keys: 0 to 9"),
        ({"keys": "1", "handset": "pyvoip"}, "our own softphone alone"),
        ({"say": "/nowhere.wav"}, "/nowhere.wav: "),
        ({"say": __file__}, "test_simulation_calling.py: "),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(
    room: Room, wrong: Message, why: str
) -> None:
    with pytest.raises(ControlError, match=why):
        await room.run({**REQUEST, **wrong})


# ---------------------------------------------------------------- the pyVoIP program


def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Put another program in the place of `phones/employee.py`."""
    path = tmp_path / "employee.py"
    path.write_text(f"import sys, time\n{text}\n")
    monkeypatch.setattr(employees, "PROGRAM", path)


async def test_without_pyvoip_our_own_softphone_calls_and_says_so(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'print(\'{"is": "failed", "why": "pyVoIP is not installed"}\'); sys.exit(3)'
    program(tmp_path, monkeypatch, text)
    story = asyncio.create_task(room.run({**REQUEST, "handset": "any"}))
    room.exchange.order("refuse", (await room.incoming()).leg, 480)
    said = [message["say"] for message in await story if "say" in message]
    assert said[1] == "pyVoIP is not installed: our own softphone calls instead"


async def test_without_the_program_our_own_softphone_calls(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(employees, "PROGRAM", tmp_path / "nothing.py")
    story = asyncio.create_task(room.run({**REQUEST, "handset": "any"}))
    room.exchange.order("refuse", (await room.incoming()).leg, 480)
    assert "nothing.py is not there" in (await story)[1]["say"]
    with pytest.raises(ControlError, match=r"nothing.py is not there"):
        await room.run({**REQUEST, "handset": "pyvoip"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sys.exit(7)", "ended with 7"),
        ('print(\'{"is": "failed", "why": "no line"}\'); sys.exit(1)', "no line"),
        ('print("pyVoIP says hello"); print("[]"); print("{}"); sys.exit(9)', "ended with 9"),
    ],
)
async def test_a_handset_that_fails_is_told(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    program(tmp_path, monkeypatch, text)
    with pytest.raises(ControlError, match=why):
        await room.run({**REQUEST, "handset": "pyvoip"})


async def test_a_handset_that_says_nothing_is_ended(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(employees, "START_TIME", 0.2)
    program(tmp_path, monkeypatch, "time.sleep(600)")
    with pytest.raises(ControlError, match="does not answer any more"):
        await room.run({**REQUEST, "handset": "pyvoip"})


# ---------------------------------------------------------------- words and people


@pytest.mark.parametrize("language", LANGUAGES)
def test_callers_and_operators_say_something_in_every_language(language: str) -> None:
    for role in ("caller", "operator"):
        assert speech_file(role, language) is not None
        said = speech_of(role, language)
        assert 5 < len(said) / 16_000 < 20
    assert speech_of("caller", language)[: 16_000 * 2] == bytes(32_000)


def test_where_there_are_no_words_there_is_a_tone() -> None:
    assert speech_file("caller", "xx") is None
    assert strength(speech_of("caller", "xx"), 660) > 0.9


def test_the_example_s_people_are_known_by_their_numbers() -> None:
    people = read_people(EXAMPLE)
    assert people.shown(EMPLOYEE) == f"Julie Dupont ({EMPLOYEE})"
    assert people.shown(DID) == f"Postes Démo ({DID})"
    assert people.shown("+3229999999") == "+3229999999"
    assert people.shown("+32470000035").startswith("Sara Aerts or Ulla Bogaert")
    assert people.language_of("+32470000033", DID) == "de"
    assert people.language_of("+3229999999", "+3235550400") == "nl"
    assert people.language_of("+3229999999", "+3229999998") == "fr"
    assert EMPLOYEE in people.keyholders
    assert [each.operator for each in people.operators][:2] == ["op-1", "op-2"]


def test_a_folder_without_clients_gives_nobody(tmp_path: Path) -> None:
    assert read_people(tmp_path) == People()


def test_silence_is_not_counted_as_heard(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16_000) + tone(440) + b"\x00\x01" * 8000)
    assert measure(path) == Heard(3.0, 1.0, path)
