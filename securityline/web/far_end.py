"""Who asks, when a proxy stands between: the address that limits and log lines go by."""

from ipaddress import ip_address

from aiohttp import web

from securityline.web.context import CONTEXT


def address_of(request: web.Request) -> str:
    """Return the address from which a request came; empty when it is not known.

    Of `X-Forwarded-For` only what our own proxies wrote is believed: the last address that
    is none of theirs. Whatever stands before it anybody may have sent.
    """
    proxies = request.app[CONTEXT].services.proxies
    known = request.remote or ""
    if known not in proxies:
        return known
    named = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    for one in reversed(named):
        try:
            address = str(ip_address(one.strip()))
        except ValueError:
            return known
        if address not in proxies:
            return address
        known = address
    return known
