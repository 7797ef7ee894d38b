"""How calls move besides by what their table says; the stories and the drawn tables read it."""

from typing import Final

from callflows.call import CallState

MOVES: Final = {
    (CallState.WAITING, CallState.OFFERED): "an operator is free",
    (CallState.FALLBACK, CallState.OFFERED): "an operator is free",
    (CallState.OFFERED, CallState.WAITING): "no phone is left",
    (CallState.OFFERED, CallState.FALLBACK): "no operator is left",
    (CallState.WAITING, CallState.FALLBACK): "no operator is left",
    (CallState.TALKING, CallState.WAITING): "the operator's phone is gone",
    (CallState.OFFERED, CallState.DIALLING): "an operator picks up to call back",
    (CallState.DIALLING, CallState.WAITING): "the operator's phone is gone",
    (CallState.TALKING, CallState.DIALLING): "the caller hangs up while a service is called",
    (CallState.HELD, CallState.DIALLING): "the caller hangs up while a service is called",
    (CallState.DIALLING, CallState.ENDED): "the service does not pick up",
    (CallState.TALKING, CallState.HELD): "the operator calls a service, or offers him another",
    (CallState.HELD, CallState.TALKING): "the service is gone, or the other operator",
    (CallState.TALKING, CallState.OFFERED): "the caller is given to another operator",
    (CallState.HELD, CallState.OFFERED): "the caller is given to another operator",
    (CallState.TALKING, CallState.PARKED): "his operator parks the case",
    (CallState.HELD, CallState.PARKED): "his operator parks the case",
    (CallState.PARKED, CallState.WAITING): "the time is over, or the case is taken back",
    (CallState.WAITING, CallState.ENDED): "an operator brings him into the call he is in",
    (CallState.OFFERED, CallState.ENDED): "he is in another call now, or it was for a service",
}
"What moves a call besides its own events: who comes, who goes, who is more urgent."
