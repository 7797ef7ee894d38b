"""A SCAIP request as people read it, and the body it came in. Pure."""

from dataclasses import replace

from securityline.alarms import scaip_xml as xml
from securityline.alarms.scaip import Request, ScaipError, Status, parse_request, signal_of
from securityline.alarms.signal import Signal, one_line


def open_request(body: bytes, encoding: str = "") -> Request:
    """Read the body of a MESSAGE.

    :param encoding: value of Content-Encoding.
    :raises ScaipError: with the status to answer.
    """
    try:
        return parse_request(xml.unzipped(body, encoding))
    except xml.TooLong:
        raise ScaipError(Status.TOO_LONG, f"over {xml.LONGEST} octets") from None
    except xml.XmlError as fault:
        raise ScaipError(Status.INVALID_FORMAT, str(fault)) from None


def told_signal(request: Request, peer: str) -> Signal:
    """Return what a request says, with all that an operator needs in its text.

    Where the unit is, and that it wants to be called, have no field of their own in a case.
    """
    signal = signal_of(request, peer)
    wants = " ".join(request.call_back) if request.is_call_back else ""
    words = (
        signal.text,
        f"at {signal.location}" if signal.location else "",
        f"position {position}" if (position := signal.extra.get("position")) else "",
        f"asks to be called: {wants or 'no address given'}" if request.is_call_back else "",
    )
    return replace(signal, text=one_line("; ".join(filter(None, words))))
