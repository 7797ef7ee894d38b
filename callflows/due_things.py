"""What is done for a thing whose time has come, by its class."""

from collections.abc import Callable
from typing import Any, Final

from callflows import (
    action_flow,
    alarm_intake,
    alarm_restore,
    alerting,
    call_back,
    check_call,
    handing_over,
    handing_shift_over,
    parking,
    self_service_flow,
    services,
    trees,
    visiting,
)
from callflows.action import Action
from callflows.alarm_book import AlarmCase, Times
from callflows.board import Board
from callflows.call import CallBack
from callflows.call_tree import CallTree
from callflows.check_call import CheckCall
from callflows.handed_over import Handover
from callflows.parked import Parking
from callflows.self_service import SelfService
from callflows.service_call import ServiceCall
from callflows.shift_list import ShiftList
from callflows.visit import Visit

DUE: Final[dict[type, Callable[[Board, Any], None]]] = {
    CallTree: trees.due,
    CallBack: call_back.due,
    CheckCall: check_call.due,
    SelfService: self_service_flow.due,
    AlarmCase: alarm_restore.due,
    Times: alarm_intake.times_due,
    Action: action_flow.due,
    ServiceCall: services.due,
    Visit: visiting.due,
    alerting.CaseWatch: alerting.due,
    Parking: parking.due,
    Handover: handing_over.due,
    ShiftList: handing_shift_over.due,
}
