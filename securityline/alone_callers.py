"""Whose timer a caller may serve by key, on a line for people who work alone."""

from collections.abc import Callable, Iterable

from callflows.events import AloneCaller, CallOffered
from callflows.lone_line import SERVICE
from callflows.watch.alone import TimerView
from callflows.watch.plans import LoneWorkerPlan, lone_worker_plans
from client_directory.directory import Directory


class AloneCallers:
    """Recognise a lone worker by his number, and say how his timer stands.

    :param timers: every timer that runs or is red.
    """

    def __init__(
        self, directory: Callable[[], Directory], timers: Callable[[], Iterable[TimerView]]
    ) -> None:
        self._directory = directory
        self._timers = timers

    def __call__(self, offered: CallOffered) -> AloneCaller | None:
        """Return what he may serve; `None`: nobody knows him, or which of his timers it is."""
        whose = offered.identification
        if offered.service != SERVICE or not whose.organisation or not whose.person:
            return None
        client = self._directory().organisations.get(whose.organisation)
        plans = lone_worker_plans(client) if client is not None else []
        his = [plan for plan in plans if plan.who.person == whose.person]
        shown = (timer.as_shown() for timer in self._timers())
        running = {timer.who.timer_id: timer for timer in shown if timer is not None}
        up = [plan for plan in his if plan.who.timer_id in running]
        if client is None or not his or len(up) > 1:
            return None
        plan = up[0] if up else his[0]
        person = next((one for one in client.people if one.person == whose.person), None)
        timer = running.get(plan.who.timer_id)
        return _caller(plan, timer, has_pin=person is not None and person.pin_hash is not None)


def _caller(plan: LoneWorkerPlan, timer: TimerView | None, *, has_pin: bool) -> AloneCaller:
    # Under duress his timer is as a good PIN leaves it: whoever stands beside him may listen.
    who = timer.who if timer is not None else plan.who
    return AloneCaller(
        timer_id=who.timer_id,
        organisation=who.organisation,
        person=who.person,
        name=who.name,
        site=who.site,
        stage=timer.stage if timer is not None else "idle",
        run_time=plan.run_time,
        has_pin=has_pin,
    )
