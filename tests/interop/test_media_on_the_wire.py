"""RTP as the world sends it: strangers, new sources, wraps, keys, hold, silence."""

import asyncio
import contextlib
import random
import socket
from itertools import count

import pytest
import pytest_asyncio

from securityline.simulation.handset_audio import tone as pcm_tone
from securityline.simulation.phone_call import CallState
from sip.media import g711, rtp
from tests.interop.engine import Lab
from tests.interop.peers import Baresip, band_level, tone
from tests.interop.people import (
    AUDIBLE,
    CALLER_HZ,
    DID,
    OPERATOR_HZ,
    PATIENT,
    PROMPT,
    Log,
    at_the_desk,
    dial,
    hears,
    pcm_of,
    reached,
    telephone,
)
from tests.interop.test_one_call import HEARD, NOT_HEARD
from tests.securityline.sound import loudness, strength

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

FOREIGN_HZ = 2100


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("media"))
    lab.prepare()
    async with lab.running():
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def log(lab):
    async with lab.api() as api, Log.following(api) as log:
        yield log


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(lab):
    speaks = type(PATIENT)(answer_time=None, speech=pcm_tone(CALLER_HZ))
    async with telephone(lab, None, speaks) as phone:
        yield phone


@contextlib.asynccontextmanager
async def operator_on_baresip(lab, log, folder):
    async with (
        Baresip.running(
            folder / "phone",
            user="201",
            password=lab.secrets["201"],
            registrar=lab.registrar,
            says=tone(folder / "operator.wav", OPERATOR_HZ, 60),
        ) as phone,
        at_the_desk(lab, log, "op-1"),
    ):
        yield phone


async def recording_of(lab, log, mark, folder):
    """Fetch the file of the call that was offered behind `mark`, once it is closed."""
    offered = await log.until("CallOffered", after=mark)
    call_id = offered["data"]["call_id"]  # the call before it may end its recording only now
    ended = await log.until("RecordingEnded", after=mark, call_id=call_id)
    path = folder / "recording.wav"
    async with lab.api() as api:
        path.write_bytes(await api.fetch(f"/api/v1/recordings/{ended['data']['recording_id']}"))
    return path


def is_tone(frequency):
    return lambda heard: strength(heard, frequency) > 0.7


def waiting(sock):
    """Return the datagrams that lie at a socket."""
    found = []
    with contextlib.suppress(BlockingIOError):
        while True:
            found.append(sock.recv(2048))
    return found


def foreign_packets(ssrc, sequence, timestamp):
    """Give packets of a loud foreign tone, 20 ms each."""
    speech = g711.pcm_to_alaw(pcm_tone(FOREIGN_HZ, 16000))
    for number in count():
        start = number * 160 % len(speech)
        yield rtp.build(
            rtp.RtpPacket(
                rtp.PCMA, False, sequence + number, timestamp + 160 * number, ssrc,
                speech[start : start + 160],
            )
        )  # fmt: skip


async def test_rtp_of_strangers_changes_nothing(lab, log, carrier, tmp_path):
    mark = log.mark
    async with operator_on_baresip(lab, log, tmp_path) as phone:
        caller = dial(carrier, lab)
        await log.until("OperatorAnswered", after=mark)
        await hears(caller, is_tone(OPERATOR_HZ), "the operator")
        heard_before = len(caller.audio.heard)
        target, own = caller.session.remote, caller.audio
        with contextlib.ExitStack() as sockets:
            strangers = [
                sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                for _ in range(3)
            ]
            for stranger, host in zip(
                strangers, ("127.0.0.1", "127.0.0.2", "127.9.9.9"), strict=True
            ):
                stranger.bind((host, 0))
                stranger.setblocking(False)
            # As the caller himself, from elsewhere; and as somebody new.
            as_he = foreign_packets(own._ssrc, own._sequence + 5, own._timestamp + 800)
            as_new = foreign_packets(0xBAD, 1, 1)
            while len(caller.audio.heard) < heard_before + 2 * 8000 * 4:
                for stranger in strangers:
                    stranger.sendto(next(as_he), target)
                    stranger.sendto(next(as_new), target)
                await asyncio.sleep(0.005)
            bled = [len(waiting(stranger)) for stranger in strangers]
        # One at the caller's own address may be taken for him behind NAT until he is heard.
        assert bled[0] <= 5, bled
        assert bled[1:] == [0, 0]
        assert caller.state is CallState.TALKING
        carrier.hang_up(caller)
        await phone.event("CALL_CLOSED")
        recording = await recording_of(lab, log, mark, tmp_path)
        assert band_level(recording, 1, CALLER_HZ, 1.5, 2.5) > HEARD
        assert band_level(recording, 2, OPERATOR_HZ, 1.5, 2.5) > HEARD
        for channel in (1, 2):
            assert band_level(recording, channel, FOREIGN_HZ, 1, 3.5) < NOT_HEARD
    heard = phone.heard(tmp_path / "phone")
    assert band_level(heard, 1, CALLER_HZ, 1, 2.5) > HEARD
    assert band_level(heard, 1, FOREIGN_HZ, 1, 2.5) < NOT_HEARD
    assert strength(caller.audio.heard[-16000:], FOREIGN_HZ) < 0.01


async def test_another_ssrc_and_a_wrap_in_mid_call_go_on(lab, log, carrier, tmp_path):
    mark = log.mark
    async with telephone(lab, "201", PROMPT) as phone, at_the_desk(lab, log, "op-1"):
        caller = dial(carrier, lab)
        caller.audio._sequence, caller.audio._timestamp = 0xFFFF - 40, 0xFFFFFFFF - 160 * 60
        await log.until("OperatorAnswered", after=mark)
        there = phone.calls[-1]
        await there.audio.until(lambda: caller.audio._sequence > 0xFFFF + 60)
        await hears(there, is_tone(CALLER_HZ), "the caller after both wraps")
        caller.audio._ssrc ^= 0x5A5A5A5A
        caller.audio._sequence, caller.audio._timestamp = 7, 12345
        await there.audio.until(lambda: caller.audio._sequence > 60)
        await hears(there, is_tone(CALLER_HZ), "the caller as another source")
        carrier.hang_up(caller)
        recording = await recording_of(lab, log, mark, tmp_path)
    assert band_level(recording, 1, CALLER_HZ, -1, 0.8) > HEARD
    assert band_level(recording, 1, CALLER_HZ, 0.5, 0.8) > HEARD
    assert not log.said("AudioLost", after=mark)


class BadLine:
    """A socket on a bad line: of the packets of keys a third is lost, the rest comes twice."""

    def __init__(self, inner, payload_type):
        self._inner, self._payload_type = inner, payload_type
        self._chance = random.Random(4733)
        self.lost = 0

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def sendto(self, data, address):
        if data[1] & 0x7F != self._payload_type:
            return self._inner.sendto(data, address)
        if self._chance.random() < 1 / 3:
            self.lost += 1
            return len(data)
        self._inner.sendto(data, address)
        return self._inner.sendto(data, address)


async def test_every_key_is_logged_once_also_on_a_bad_line(lab, log, carrier):
    mark, keys = log.mark, "15590#*"
    async with telephone(lab, "201", PROMPT) as phone, at_the_desk(lab, log, "op-1"):
        caller = dial(carrier, lab)
        await log.until("OperatorAnswered", after=mark)
        await reached(caller, CallState.TALKING)
        line = BadLine(caller.audio._socket, caller.session.dtmf_payload_type)
        caller.audio._socket = line
        caller.audio.press(keys)
        there = phone.calls[-1]
        async with asyncio.timeout(60):
            await there.audio.until(lambda: len(there.audio.digits) >= len(keys))
        await hears(there, is_tone(CALLER_HZ), "his voice again")
        carrier.hang_up(caller)
        await log.until("CallEnded", after=mark)
    offered = await log.until("CallOffered", after=mark, did=DID)
    pressed = log.said("DigitPressed", after=mark)
    assert "".join(one["data"]["digit"] for one in pressed) == keys
    assert {one["data"]["leg_id"] for one in pressed} == {offered["data"]["leg_id"]}
    assert there.audio.digits == keys
    assert line.lost > 5


async def test_keys_of_a_stranger_are_not_the_caller_s(lab, log, carrier):
    mark = log.mark
    async with telephone(lab, "201", PROMPT), at_the_desk(lab, log, "op-1"):
        caller = dial(carrier, lab)
        await log.until("OperatorAnswered", after=mark)
        await hears(caller, is_tone(OPERATOR_HZ), "the operator")
        own, kind = caller.audio, caller.session.dtmf_payload_type
        # Until a packet of the caller's own came, anybody at his address may be his NAT.
        caller.audio.press("4")
        await log.until("DigitPressed", after=mark, digit="4")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for number in range(5):
                payload = bytes((9, 0x80, 0x03, 0x20))
                packet = rtp.RtpPacket(
                    kind, False, own._sequence + number, own._timestamp, own._ssrc, payload
                )
                stranger.sendto(rtp.build(packet), caller.session.remote)
        caller.audio.press("5")
        await log.until("DigitPressed", after=mark, digit="5")
        carrier.hang_up(caller)
        await log.until("CallEnded", after=mark)
    pressed = [one["data"]["digit"] for one in log.said("DigitPressed", after=mark)]
    assert pressed == ["4", "5"]


async def test_hold_and_resume_by_the_phone_let_the_caller_hear_music(
    lab, log, carrier, tmp_path
):
    mark = log.mark
    async with operator_on_baresip(lab, log, tmp_path) as phone:
        caller = dial(carrier, lab)
        await log.until("OperatorAnswered", after=mark)
        await hears(caller, is_tone(OPERATOR_HZ), "the operator")
        await phone.command("hold")
        held = await log.until("LegHeld", after=mark)
        await log.until("CallHeld", after=mark)
        await hears(
            caller,
            lambda x: loudness(x) > AUDIBLE and strength(x, OPERATOR_HZ) < 0.2,
            "hold audio",
        )
        held_for = len(caller.audio.heard) + 2 * 8000 * 2
        await caller.audio.until(lambda: len(caller.audio.heard) >= held_for)
        await phone.command("resume")
        resumed = await log.until("LegResumed", after=mark)
        assert resumed["data"]["leg_id"] == held["data"]["leg_id"]
        await hears(caller, is_tone(OPERATOR_HZ), "the operator again")
        carrier.hang_up(caller)
        recording = await recording_of(lab, log, mark, tmp_path)
    right = pcm_of(recording, 2)
    quarters = [right[at : at + 4000] for at in range(0, len(right) - 4000, 2000)]
    assert any(loudness(x) > AUDIBLE and strength(x, OPERATOR_HZ) < 0.2 for x in quarters)
    assert band_level(recording, 2, OPERATOR_HZ, -1, 0.8) > HEARD


async def test_one_way_audio_is_noticed_and_its_return_too(lab, log, carrier):
    mark = log.mark
    async with telephone(lab, "201", PROMPT) as phone, at_the_desk(lab, log, "op-1") as desk:
        caller = dial(carrier, lab)
        offered = await log.until("CallOffered", after=mark)
        await log.until("OperatorAnswered", after=mark)
        there = phone.calls[-1]
        await hears(there, is_tone(CALLER_HZ), "the caller")
        session, caller.audio._session = caller.audio._session, None
        lost = await log.until("AudioLost", after=mark)
        assert lost["data"]["leg_id"] == offered["data"]["leg_id"]
        caller.audio._session = session
        await log.until("AudioBack", after=mark, leg_id=offered["data"]["leg_id"])
        await hears(there, is_tone(CALLER_HZ), "the caller again")
        assert caller.state is CallState.TALKING
        await desk.press("hang_up", call=offered["data"]["call_id"])
        await log.until("CallEnded", after=mark, ended_by="operator")
