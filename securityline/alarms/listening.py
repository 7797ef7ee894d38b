"""The sockets on which alarm panels are heard."""

from collections.abc import Callable
from dataclasses import replace

from securityline.alarms.door import AlarmDoor
from securityline.alarms.panels import read_settings
from securityline.alarms.receiver import Dc09Receiver, ReceiverLimits
from securityline.config import AlarmsConfig
from securityline.files import room
from securityline.listening import naming, str_endpoint


async def listen_to_panels(
    alarms: AlarmsConfig, door: AlarmDoor, clock: Callable[[], float]
) -> Dc09Receiver | None:
    """Listen where the settings say; `None` when they name no address.

    :param clock: engine time, seconds.
    :raises AddressTaken: an address is in use, or not of this machine.
    """
    if not alarms.dc09:
        return None
    agreed = read_settings(
        alarms.dc09_keys, alarms.dc09_binary_crc, alarms.dc09_unchecked_clock
    )
    usual = ReceiverLimits()
    most = room("panels", usual.most_connections)
    limits = replace(
        usual,
        most_connections=most,
        most_from_one_source=min(usual.most_from_one_source, most // 2),
    )
    receiver = Dc09Receiver(
        door.take, agreed, limits=limits, clock=clock, on_fault=door.note_fault
    )
    try:
        for endpoint in alarms.dc09:
            with naming("alarms.dc09", [str_endpoint(endpoint)]):
                await receiver.listen(endpoint)
    except OSError:
        await receiver.close()
        raise
    return receiver
