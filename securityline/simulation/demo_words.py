"""What the demo prints: where the desk is, who may sign in, what to try."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from securityline.simulation.demo_data import DemoAccount, DemoData

FIRST: Final = "op-1"
"The operator whom a visitor plays."
DID, CALLER = "+3225550100", "+32470000001"
INSTALLER: Final = ("--did +3225550180 --from +32470000009", "1042# 907153# 1 2#")
LONE_WORKER: Final = ("--did +3225550190 --from +32470000002", "1 45#")
SITE, KEYHOLDER = "bru-centre", "+32470000002 --does accept --pin 7310"


def introduction(
    data: DemoData, free: DemoAccount, command: str, seated: str, where: str = ""
) -> str:
    """Return all of it.

    :param free: the account whose phone is nobody's.
    :param command: how to call `securityline simulate`.
    :param seated: operator who sits at the desk by himself, or nothing.
    :param where: option that names the demo's folder, or nothing.
    """
    return "\n".join(
        [
            "",
            "Security Line, the demo. Nothing here can reach a real telephone.",
            "",
            f"  The desk    {data.desk}   in English: {data.desk}/sign-in?language=en",
            *_logins(data, free),
            "",
            "  Try this",
            f"  1. Open the desk, sign in as {FIRST}, press Ready.",
            "  2. In another terminal, let an employee call:",
            f"       {command} call{where} --did {DID} --from {CALLER}",
            *_what_happens(data, free, seated),
            *_alarms(command, where),
            "",
            *_softphone(data, free),
            "",
            *_programs(data),
            "",
            "  Ctrl-C stops everything. What happens outside is told below.",
            "",
        ]
    )


def _logins(data: DemoData, free: DemoAccount) -> Iterator[str]:
    yield ""
    yield "  operator             languages      sees   password         phone"
    for account in data.accounts:
        who = account.operator
        languages = " ".join(sorted(who.languages, key=lambda x: -who.languages[x]))
        sees = "all" if "high_security" in who.clearances else "std"
        phone = "yours" if account is free else "pretend"
        yield (
            f"  {who.operator:6}{who.name:<15}{languages:<15}{sees:<7}"
            f"{account.desk_password:<17}{who.extension}, {phone}"
        )


def _what_happens(data: DemoData, free: DemoAccount, seated: str) -> Iterator[str]:
    yield "     His card is on the screen before the phone rings. Press Answer, or wait: the"
    yield "     pretend phone picks up after 4 s. Tick the steps, write a note, close the case."
    if seated:
        yield f"     {seated} sits at the desk too, and is ready (--staffed)."
    else:
        yield "     Nobody ready? Then the caller hears he is not forgotten, and after 30 s"
        yield "     the client's guard post is rung too. Press Ready and he is yours at once."
    yield "  3. Other calls: --withheld; --did +3235550400 (a bank: operators who see all);"
    yield "     --did +3225559999 (nobody's number); several at once."


def _alarms(command: str, where: str) -> Iterator[str]:
    yield "  4. A panel reports a break-in, and the engine calls the keyholders by itself:"
    yield f"       {command} alarm{where} --site {SITE} --kind intrusion"
    yield "     For 45 s it may be a mistake (--kind cancel: it was one). Then the case shows"
    yield "     who is called: Julie (of an evening) declines, Piet's voicemail is nobody,"
    yield "     Karl takes charge. Add --restore and the panel is back to normal."
    yield "     Also: --site ant-hq --kind holdup, which nothing holds back; --via http."
    yield "  5. Let a keyholder do something else the next time he is called:"
    yield f"       {command} keyholder{where} {KEYHOLDER}"
    yield "     or decline, operator, busy, no-answer, voicemail, hang-up, rings-back; without"
    yield "     a number it tells what everybody does."
    yield "  6. An installer puts that site on test by key; who works alone starts a timer:"
    for call, keys in (INSTALLER, LONE_WORKER):
        yield f"       {command} call{where} {call} \\"
        yield f"         --keys '{keys}'"


def _softphone(data: DemoData, free: DemoAccount) -> Iterator[str]:
    where = f"{data.exchange.host}:{data.exchange.port}"
    user, name = free.operator.extension, free.operator.operator
    here = "machine" if ip_address(data.exchange.host).is_loopback else "network"
    yield f"  Answer on a real softphone (Linphone, MicroSIP, baresip; on this {here})"
    yield f"     server/domain {where}, UDP      user name {user}"
    yield f"     password {free.phone_password}   (realm {data.config.sip.domain})"
    yield f"     baresip: <sip:{user}@{where}>;auth_pass={free.phone_password}"
    yield f"     Sign in at the desk as {name} and press Ready: calls ring on it."


def _programs(data: DemoData) -> Iterator[str]:
    yield "  The API"
    yield f"     curl -H 'Authorization: Bearer {data.token}' \\"
    yield f"       {data.desk}/api/v1/incidents"
