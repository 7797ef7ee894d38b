"""JSON text, written by an encoder that is made once.

`json.JSONEncoder.encode` builds its C encoder anew for every value. For the short lines of
the logbook that costs three times what the writing itself does, and a call has fifty.
"""

import json.encoder
from collections.abc import Callable
from typing import Any


def json_writer(
    *, is_ascii: bool = False, is_nan_allowed: bool = True, default: Callable[[Any], Any] | None
) -> Callable[[Any], str]:
    """Return what writes values as `JSONEncoder(separators=(",", ":")).encode` does.

    Nothing may contain itself: that is not looked for, and ends in a `RecursionError`.

    :param default: makes a value that JSON knows of one that it does not; `None` for a
        `TypeError`.
    """
    encoder = json.JSONEncoder(
        ensure_ascii=is_ascii,
        check_circular=False,
        allow_nan=is_nan_allowed,
        separators=(",", ":"),
        default=default,
    )
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # an interpreter without the C part
        return encoder.encode
    quote = json.encoder.encode_basestring_ascii if is_ascii else json.encoder.encode_basestring
    write = make(None, encoder.default, quote, None, ":", ",", False, False, is_nan_allowed)
    return lambda value: "".join(write(value, 0))
