"""One test for many kinds of event: six thousand tests cost minutes in bookkeeping alone."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from callflows.events import Event


def each(kinds: Iterable[type[Event]]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test's body for each kind of event; a failure names the kind that it met."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def of_each(**values: Any) -> None:
            for kind in kinds:
                try:
                    test(**values, kind=kind)
                except BaseException as error:
                    error.add_note(f"it met {kind.__name__}")
                    raise

        given = inspect.signature(test).parameters.values()
        others = [parameter for parameter in given if parameter.name != "kind"]
        of_each.__signature__ = inspect.Signature(others)  # type: ignore[attr-defined]
        del of_each.__wrapped__  # type: ignore[attr-defined]
        return of_each

    return decorate
