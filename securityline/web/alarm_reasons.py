"""Why an alarm, or what the clock showed, wants an operator: the shapes of those sentences.

Beside `reason_words`, which says how such shapes are used.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from securityline.web.reasons import Grammar, one_of
from securityline.web.vocabulary import ALARM_KINDS
from securityline.web.words import N_

_KIND: Final = one_of(
    N_("unknown code %(code)s"), *ALARM_KINDS, said_as=ALARM_KINDS, is_open=True
)
_ZONES: Final = one_of(N_("no zone"), N_("%(zones)s and %(num)d more"), is_open=True)
_IN_ALARM: Final = "%(kind)s: %(in_alarm)s"
_UNKNOWN_ACCOUNT: Final = N_("unknown account %(account)s: %(code)s")
_LOST_CAMERA: Final = "camera_offline, %(camera)s"
_ALARM: Final = Grammar(
    _UNKNOWN_ACCOUNT,
    N_("%(kind)s, zone %(zone)s"),
    _LOST_CAMERA,
    "%(kind)s",
    inside={"kind": _KIND},
    said_as={_LOST_CAMERA: N_("Camera lost: %(camera)s")},
)
"What is in alarm."

_WHERE: Final = one_of(N_("carrier %(carrier)s"), is_open=True)
_USER: Final = one_of(N_("user %(user)s"), is_open=True)
_ASK: Final = one_of(N_("nobody is registered to be asked"), N_("ask %(people)s"))
_RED: Final = one_of(N_("no sign of life"), N_("duress PIN"), N_("%(num)d wrong PINs"))
_STALLED: Final = one_of(
    N_("it has waited for an operator for more than %(num)d s"),
    N_("nobody was called back within %(num)d s of leaving"),
    N_("a call tree runs and calls nobody"),
    N_("the call is not recorded"),
    N_("a time limit passed and nothing followed"),
    is_open=True,
)
"What the auditor found standing still."
_UNDONE: Final = one_of(
    N_("no answer"),
    N_("no answer in time"),
    N_("no connection"),
    N_("address not allowed"),
    N_("status %(num)d"),
    N_("certificate not accepted"),
    N_("no webhook is configured for it"),
    is_open=True,
)
_STOOD_STILL: Final = "should have moved and did not: %(stalled)s"

ATTENTION: Final = (
    # alarms
    N_("a flood of %(alarm)s"),
    N_("confirmed by %(first)s and %(second)s"),
    N_("cameras are lost (%(where)s)"),
    N_("cameras are lost"),
    N_("not back to normal (%(zones)s, %(num)d min)"),
    # alarm paths
    N_("no sign of life (%(num)d lines, the last %(path)s)"),
    N_("no sign of life (%(path)s)"),
    # opening and closing
    N_("opened outside the hours by %(user)s (%(ask)s)"),
    N_("the site did not close (%(ask)s)"),
    N_("the site is late to close (%(ask)s)"),
    # people alone
    N_("call %(name)s and ask for the PIN (%(numbers)s)"),
    N_("call %(name)s and ask for the PIN"),
    N_("no sign from %(name)s (%(numbers)s)"),
    N_("no sign from %(name)s"),
    N_("the unit was promised a call (%(num)d min left)"),
    N_("wrong PINs on the line for installers (%(place)s)"),
    N_("wrong PINs on the line for installers"),
    N_("DURESS: %(name)s is forced to put the site on test"),
    N_("DURESS, alarm about %(name)s: %(red)s (%(numbers)s)"),
    N_("DURESS, alarm about %(name)s: %(red)s"),
    N_("alarm about %(name)s: %(red)s (%(numbers)s)"),
    N_("alarm about %(name)s: %(red)s"),
    # tasks, actions, what stands still
    N_("task %(title)s (to be done)"),
    N_("task %(title)s (late: it was not done in time)"),
    N_("%(action)s was not done: %(undone)s"),
    _STOOD_STILL,
    # an alarm as such: these fit nearly anything, so they come last
    N_("%(alarm)s (signal %(num)d)"),
    _UNKNOWN_ACCOUNT,
    _IN_ALARM,
    "%(alarm)s",
)
"Why a case wants an operator, as far as no call is the reason."

INSIDE: Final[Mapping[str, Grammar]] = MappingProxyType(
    {
        "alarm": _ALARM,
        "kind": _KIND,
        "in_alarm": _ZONES,
        "where": _WHERE,
        "user": _USER,
        "ask": _ASK,
        "red": _RED,
        "undone": _UNDONE,
        "stalled": _STALLED,
    }
)
SAID_AS: Final[Mapping[str, str]] = MappingProxyType(
    {
        _STOOD_STILL: "%(stalled)s",
        _IN_ALARM: N_("%(kind)s, zones in alarm: %(in_alarm)s"),
    }
)
NOTED: Final = one_of(N_("%(path)s is heard again"), is_open=True)
"What is noted in the case of a thing that the clock showed."
