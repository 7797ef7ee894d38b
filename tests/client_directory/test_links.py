"""Addresses on a card: each site fills them in, and nothing can turn them elsewhere."""

import re
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_directory.alarm_model import Camera
from client_directory.links import links_of, unknown_places
from client_directory.model import Address, Link, Organisation, Site
from client_directory.schema_values import URL

MAP = Link(label={"en": "Map"}, url="https://maps.example/?q={lat},{lon}")
VIDEO = Link(label={"en": "Video"}, url="https://nvr.example/live/{camera}?of={site}")


def organisation(**values: object) -> Organisation:
    return Organisation(
        organisation="acme", name="Acme", country="BE", time_zone="Europe/Brussels",
        languages=("en",), **values,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_client_s_template_is_filled_in_by_each_site() -> None:
    site = Site(site="hq", name="HQ", location=(50.8, -4.3))
    [link] = links_of(organisation(links=(MAP,)), site)
    assert link.url == "https://maps.example/?q=50.8,-4.3"


def test_a_template_for_cameras_gives_one_address_each() -> None:
    cameras = (Camera(camera="c/1", name="Gate"), Camera(camera="c2", name="Hall"))
    site = Site(site="hq", name="HQ", cameras=cameras, links=(VIDEO,))
    assert [(x.camera, x.url) for x in links_of(organisation(), site)] == [
        ("Gate", "https://nvr.example/live/c%2F1?of=hq"),
        ("Hall", "https://nvr.example/live/c2?of=hq"),
    ]


def test_what_a_site_does_not_have_gives_no_address() -> None:
    assert links_of(organisation(links=(MAP, VIDEO)), Site(site="hq", name="HQ")) == []


@given(st.text(min_size=1, max_size=60))
def test_no_value_becomes_part_of_the_address(value: str) -> None:
    link = Link(label={}, url="https://maps.example/p/{town}?q={street}&k=1#x")
    address = Address(street=value, postal_code="1000", town=value)
    try:
        [found] = links_of(
            organisation(), Site(site="hq", name="HQ", address=address, links=(link,))
        )
    except UnicodeEncodeError:
        return  # a lone surrogate, which no YAML file can hold
    parts = urlsplit(found.url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "maps.example", "x")
    assert parts.path.count("/") == 2
    assert unquote(parts.path[3:]) == value
    assert parts.query.count("&") == 1


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://{site}.example/",
        "https://user:word@maps.example/",
        "//maps.example/",
        'https://maps.example/"onclick="x',
        "https://maps.example/ x",
        "https://maps.example\\@evil.example/",
    ],
)
def test_an_address_with_a_host_that_is_not_written_out_is_refused(url: str) -> None:
    assert re.match(URL, url) is None


def test_unknown_places_are_found() -> None:
    assert unknown_places("https://x.example/{site}/{pin}") == ["pin"]
