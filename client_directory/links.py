"""Addresses that a card links to: a site's cameras, its map, a client's own pages.

The client writes a template once, `https://maps.example/?q={lat},{lon}`; each place fills in
its own values, encoded so that none of them can become part of the address itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from client_directory.alarm_model import Camera
from client_directory.model import Link, Organisation, Site, Text

PLACE: Final = re.compile(r"\{([a-z_]*)\}")
PLACES: Final = frozenset(
    {"organisation", "site", "code", "lat", "lon", "street", "postal_code", "town"}
    | {"camera", "camera_name"}
)
"What may stand in braces."
OF_A_CAMERA: Final = frozenset({"camera", "camera_name"})
MOST_LINKS: Final = 12
"Of one site on a card."


@dataclass(frozen=True, slots=True)
class SiteLink:
    """One address to go to."""

    label: Text
    camera: str
    "Name of the camera that it shows; empty for any other address."
    url: str


def unknown_places(url: str) -> list[str]:
    """Return what stands in braces and means nothing."""
    return [name for name in PLACE.findall(url) if name not in PLACES]


def links_of(organisation: Organisation, site: Site) -> list[SiteLink]:
    """Return a site's addresses, its own templates before the client's.

    A template whose values the site does not have gives no address.
    """
    found: list[SiteLink] = []
    for link in (*site.links, *organisation.links):
        is_of_cameras = not OF_A_CAMERA.isdisjoint(PLACE.findall(link.url))
        for camera in site.cameras if is_of_cameras else (None,):
            found += _fill(link, organisation, site, camera)
    return found[:MOST_LINKS]


def _fill(
    link: Link, organisation: Organisation, site: Site, camera: Camera | None
) -> Iterator[SiteLink]:
    values = _values(organisation, site, camera)
    if all(values.get(name) for name in PLACE.findall(link.url)):
        url = PLACE.sub(lambda match: quote(values[match[1]], safe=""), link.url)
        yield SiteLink(link.label, camera.name if camera is not None else "", url)


def _values(organisation: Organisation, site: Site, camera: Camera | None) -> dict[str, str]:
    lat, lon = site.location or ("", "")
    address = site.address
    return {
        "organisation": organisation.organisation,
        "site": site.site,
        "code": site.code or "",
        "lat": str(lat),
        "lon": str(lon),
        "street": address.street if address else "",
        "postal_code": address.postal_code if address else "",
        "town": address.town if address else "",
        "camera": camera.camera if camera else "",
        "camera_name": camera.name if camera else "",
    }
