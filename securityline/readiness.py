"""Whether calls can be taken, recorded and logged now, and what is broken all the same."""

from collections.abc import Callable, Mapping, Sequence


class Readiness:
    """Asks every room for its faults.

    :param rooms: each says why nothing can be taken, recorded or logged; empty when it can.
    :param watchers: each says what stands still although calls can be taken. A balancer that
        took the engine away because a case waits too long would leave it waiting for good.
    :param trunks_up: the carriers that were heard of, and whether they answer.
    :param trunks: every carrier, and whether calls go out by it. Who is never asked may still
        bring calls; so may one that only brings calls, since not all of those answer.
    """

    def __init__(
        self,
        rooms: Sequence[Callable[[], list[str]]],
        watchers: Sequence[Callable[[], list[str]]],
        trunks_up: Callable[[], Mapping[str, bool]],
        trunks: Mapping[str, bool],
    ) -> None:
        self._rooms = rooms
        self._watchers = watchers
        self._trunks_up = trunks_up
        self._trunks = trunks

    def reasons(self) -> list[str]:
        """Say why calls cannot be taken, recorded or logged: `/readyz` is 503."""
        reasons = [reason for room in self._rooms for reason in room()]
        return reasons + self._silent_trunks() if self._is_cut_off else reasons

    def degraded(self) -> list[str]:
        """Say what is broken although calls can be taken: a carrier of several, a case."""
        found = [reason for watcher in self._watchers for reason in watcher()]
        return found if self._is_cut_off else found + self._silent_trunks()

    @property
    def _is_cut_off(self) -> bool:
        """Whether no carrier is there, and one of those that are not takes our calls."""
        is_all = len(self._silent_trunks()) == len(self._trunks)
        return is_all and any(self._trunks.values())

    def _silent_trunks(self) -> list[str]:
        up = self._trunks_up()
        return [f"trunk {name} does not answer" for name, is_up in up.items() if not is_up]
