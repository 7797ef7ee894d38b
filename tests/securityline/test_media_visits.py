"""A supervisor in the real media process: what each phone hears, and what is recorded.

Caller, operator and supervisor speak one tone each. What a phone heard, and what stands in
the file, is measured; the process is killed in the middle, and it is measured again.
"""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sip.media.g711 import alaw_to_pcm
from sip.media.protocol import FromLeg, MediaBack, Mix, Silence
from tests.securityline.sound import strength
from tests.securityline.test_media_conference import Singer
from tests.securityline.test_media_process import Media, channels

pytestmark = pytest.mark.interop  # real sound in real time

PITCHES = {"caller": 500, "operator": 900, "supervisor": 1300}
BOTH = ("caller", "operator")
ENOUGH = 40
"Packets (0.8 s) that are listened to."


class Three:
    """Three telephones, and how the engine tells the media process what they are."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self.phones = {name: Singer(pitch) for name, pitch in PITCHES.items()}
        media.phones.extend(self.phones.values())
        self.listen()
        for phone in self.phones.values():
            phone.start(phone.port)

    def listen(self) -> None:
        self._talk()
        self._put("supervisor", Mix(BOTH), is_closed=True)

    def whisper(self) -> None:
        self._talk()
        self._put("operator", Mix(("caller", "supervisor")))
        self._put("supervisor", Mix(BOTH))

    def barge(self) -> None:
        for name in PITCHES:
            self._put(name, Mix(tuple(other for other in PITCHES if other != name)))

    def _talk(self) -> None:
        self._put("caller", FromLeg("operator"))
        self._put("operator", FromLeg("caller"))

    def _put(
        self, name: str, source: FromLeg | Mix | Silence, *, is_closed: bool = False
    ) -> None:
        self.media.put(name, self.phones[name], source, can_receive=not is_closed)

    async def heard(self) -> dict[str, set[str]]:
        """Whose tones each phone hears from now on."""
        return {name: await self._heard_by(phone) for name, phone in self.phones.items()}

    async def _heard_by(self, phone: Singer) -> set[str]:
        since = len(phone.heard) + 10
        await self.media.until(lambda: len(phone.heard) > since + ENOUGH)
        sound = alaw_to_pcm(b"".join(data[12:] for data in phone.heard[since:]))
        return {name for name, pitch in PITCHES.items() if strength(sound, pitch) > 0.01}


LISTENED = {"caller": {"operator"}, "operator": {"caller"}, "supervisor": set(BOTH)}
WHISPERED = LISTENED | {"operator": {"caller", "supervisor"}}
BARGED = {name: set(PITCHES) - {name} for name in PITCHES}


@pytest.fixture
async def media(tmp_path: Path) -> AsyncIterator[Media]:
    media = Media(tmp_path)
    await media.client.start()
    yield media
    await media.client.stop()
    for phone in media.phones:
        phone.close()


async def test_each_way_and_back(media: Media) -> None:
    three = Three(media)
    assert await three.heard() == LISTENED
    three.whisper()
    assert await three.heard() == WHISPERED
    three.barge()
    assert await three.heard() == BARGED
    three.listen()
    assert await three.heard() == LISTENED


async def test_a_closed_phone_is_heard_by_nobody_even_if_somebody_is_told_to_hear_it(
    media: Media,
) -> None:
    """The second lock alone: not one packet with energy of his leaves the media process."""
    three = Three(media)
    for name in BOTH:
        others = tuple(other for other in PITCHES if other != name)
        media.put(name, three.phones[name], Mix(others))
    assert await three.heard() == LISTENED
    media.put("caller", three.phones["caller"], FromLeg("supervisor"))
    assert (await three.heard())["caller"] == set()


async def test_killed_in_the_middle_it_is_as_it_was(media: Media) -> None:
    three = Three(media)
    for order, expected in ((three.listen, LISTENED), (three.whisper, WHISPERED)):
        order()
        assert await three.heard() == expected
        media.events.clear()
        assert media.client.pid is not None
        os.kill(media.client.pid, signal.SIGKILL)
        await media.event(MediaBack)
        assert await three.heard() == expected


async def test_the_recording_keeps_caller_left_and_operator_right(media: Media) -> None:
    media.record()
    three = Three(media)
    assert await three.heard() == LISTENED
    three.whisper()
    assert await three.heard() == WHISPERED
    await media.end()
    left, right = (alaw_to_pcm(side) for side in channels(media.store.path_of("r1")))
    for side, name in ((left, "caller"), (right, "operator")):
        middle = side[len(side) // 8 : -len(side) // 8]
        assert strength(middle, PITCHES[name]) > 0.9
        assert strength(middle, PITCHES["supervisor"]) < 0.001, "what is whispered is not in it"


async def test_who_barges_in_is_heard_in_the_recording_as_the_caller_hears_him(
    media: Media,
) -> None:
    media.record()
    three = Three(media)
    three.barge()
    assert await three.heard() == BARGED
    await media.end()
    left, right = (alaw_to_pcm(side) for side in channels(media.store.path_of("r1")))
    assert strength(left[8000:], PITCHES["caller"]) > 0.9
    assert strength(right[-16000:-4000], PITCHES["operator"]) > 0.2
    assert strength(right[-16000:-4000], PITCHES["supervisor"]) > 0.2
