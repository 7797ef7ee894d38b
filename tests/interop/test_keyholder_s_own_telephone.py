"""A keyholder whose telephone is baresip: he takes charge by a key, and talks as one of three.

Baresip is the carrier's far end; the operator's telephone is another one. What each heard is
measured, at the caller while they speak and in what the keyholder's telephone recorded.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from securityline.accounts import Accounts
from securityline.simulation.handset_audio import tone
from securityline.simulation.phone_call import CallState
from tests.interop.engine import DOMAIN, Lab
from tests.interop.peers import PATIENCE, Baresip, band_level, free_port
from tests.interop.peers import tone as spoken
from tests.interop.people import (
    AUDIBLE,
    PATIENT,
    Log,
    at_the_desk,
    dial,
    hears,
    outside,
    reached,
)
from tests.interop.test_keyholders import Night, directory
from tests.securityline.sound import RATE, loudness, strength

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, OPERATOR_HZ, KEYHOLDER_HZ = 700, 1300, 1700
HEARD, NOT_HEARD = -40.0, -55.0  # dB of full scale, in a band of 120 Hz
NUMBER, SECURITY_LINE = "+32470000011", "+3225550402"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def night(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Night]:
    lab = Lab(tmp_path_factory.mktemp("keyholder"), outside_port=free_port())
    lab.prepare()
    line = '\n  - {number: "+32 2 555 04 02", service: security_line, label: Ligne}\nsites:'
    bank = lab.folder / "directory" / "organisations" / "bank.yaml"
    bank.write_text(directory().replace("\nsites:", line, 1))
    accounts = Accounts(lab.data, realm=DOMAIN)
    token = accounts.create_token(["alarms:write"], "alarms")
    accounts.close()
    async with lab.running(), lab.api() as api, Log.following(api) as log:
        yield Night(lab, api, log, {"token": f"Bearer {token}"})


@asynccontextmanager
async def keyholder(lab: Lab, folder: Path) -> AsyncIterator[Baresip]:
    """He picks up whatever number the engine dials."""
    async with Baresip.running(
        folder / "keyholder",
        user=NUMBER,
        password="none",
        registrar=f"127.0.0.1:{lab.trunk_port}",
        says=spoken(folder / "keyholder.wav", KEYHOLDER_HZ, 60),
        port=lab.trunk_port,
    ) as phone:
        yield phone


async def test_he_hears_what_it_is_about_and_takes_charge_by_a_key(
    night: Night, tmp_path: Path
) -> None:
    async with keyholder(night.lab, tmp_path) as phone:
        _, mark = await night.alarm("keys")
        await phone.event("CALL_ESTABLISHED")
        await night.log.until("KeyholderAnswered", after=mark, person="k11")
        await phone.command("sndcode", "1")
        accepted = await night.log.until("KeyholderAccepted", after=mark)
        assert accepted["data"]["person"] == "k11"
        pressed = night.log.said("DigitPressed", after=mark)
        assert [x["data"]["digit"] for x in pressed] == ["1"], "counted once"
        ended = await night.log.until("LegEnded", after=mark)
        assert ended["data"]["cause"] == "released", "after the spoken confirmation"
        await phone.event("CALL_CLOSED")


def hears_both(heard: bytes) -> bool:
    """Whether two tones of one loudness filled the whole half second: 0.5 each."""
    is_loud = len(heard) >= RATE and loudness(heard) > AUDIBLE
    return is_loud and min(strength(heard, f) for f in (OPERATOR_HZ, KEYHOLDER_HZ)) > 0.4


async def test_the_operator_brings_him_into_the_call_and_three_hear_each_other(
    night: Night, tmp_path: Path
) -> None:
    lab, log = night.lab, night.log
    async with (
        keyholder(lab, tmp_path) as phone,
        Baresip.running(
            tmp_path / "operator",
            user="201",
            password=lab.secrets["201"],
            registrar=lab.registrar,
            says=spoken(tmp_path / "operator.wav", OPERATOR_HZ, 60),
        ) as own,
        outside(lab, replace(PATIENT, speech=tone(CALLER_HZ))) as street,
        at_the_desk(lab, log, "op-1") as desk,
    ):
        mark = log.mark
        caller = dial(street, lab, did=SECURITY_LINE)
        answered = await log.until("OperatorAnswered", after=mark, operator="op-1")
        await hears(caller, lambda x: strength(x, OPERATOR_HZ) > 0.7, "the operator")

        await desk.press("tree_start", incident=answered["incident_id"], call_tree="keys")
        there = await log.until("KeyholderAnswered", after=mark, person="k11")
        tree, leg = there["data"]["tree_id"], there["data"]["leg_id"]
        await desk.press("tree_join", tree=tree, leg=leg)
        await log.until("CallsJoined", after=mark)
        await hears(caller, hears_both, "the operator and the keyholder at once")
        until = len(caller.audio.heard) + 2 * RATE
        async with asyncio.timeout(PATIENCE):  # one second more, for the keyholder's ears
            await caller.audio.until(lambda: len(caller.audio.heard) > until)
        await phone.command("hangup")
        await log.until("LegEnded", after=mark, leg_id=leg)
        await hears(caller, lambda x: strength(x, OPERATOR_HZ) > 0.7, "the operator alone")
        street.hang_up(caller)
        await reached(caller, CallState.ENDED)
        await own.event("CALL_CLOSED")
    heard = phone.heard(tmp_path / "keyholder")
    for hertz in (CALLER_HZ, OPERATOR_HZ):
        assert band_level(heard, 1, hertz, -0.9, 0.5) > HEARD
    assert band_level(heard, 1, KEYHOLDER_HZ, -0.9, 0.5) < NOT_HEARD, "nobody hears himself"
