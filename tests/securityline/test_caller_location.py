import pytest
from hypothesis import given
from hypothesis import strategies as st

from securityline.caller_location import MAX_BYTES, parse_location
from tests.shared import shared

HEAD = (
    '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:gs="http://www.opengis.net/pidflo/1.0">'
)


def document(inside, before=""):
    return f"{before}{HEAD}{inside}</presence>".encode()


def circle(position="50.8466 4.3528", radius="25"):
    return (
        f"<gs:Circle><gml:pos>{position}</gml:pos><gs:radius>{radius}</gs:radius></gs:Circle>"
    )


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (circle(), (50.8466, 4.3528, 25.0)),
        ("<gml:Point><gml:pos>50.8 4.3</gml:pos></gml:Point>", (50.8, 4.3, 0.0)),
        ("<gml:pos>-33.5 151.2 40</gml:pos>", (-33.5, 151.2, 0.0)),
        ("<gml:pos>\n 50.8\n 4.3\n</gml:pos>", (50.8, 4.3, 0.0)),
        (circle(radius="25.5"), (50.8466, 4.3528, 25.5)),
        (circle(radius="-3"), (50.8466, 4.3528, 0.0)),
        (circle(radius="many"), (50.8466, 4.3528, 0.0)),
        (circle(radius="1e99"), (50.8466, 4.3528, 0.0)),
        (
            "<gs:Ellipse><gml:pos>50 4</gml:pos>"
            "<gs:semiMajorAxis>70</gs:semiMajorAxis></gs:Ellipse>",
            (50.0, 4.0, 70.0),
        ),
        # Two devices: the first counts, whole.
        (circle() + circle("1 2", "3"), (50.8466, 4.3528, 25.0)),
    ],
)
def test_points_and_circles(inside, expected):
    assert parse_location(document(inside)) == expected


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<gml:pos/>",
        "<gml:pos>50.8</gml:pos>",
        "<gml:pos>1 2 3 4</gml:pos>",
        "<gml:pos>here there</gml:pos>",
        "<gml:pos>91 4</gml:pos>",
        "<gml:pos>50 181</gml:pos>",
        "<gml:pos>nan 4</gml:pos>",
        "<gml:pos>inf 4</gml:pos>",
        "<pos>50.8 4.3</pos>",
        "<gml:pos>50.8 4.3",
        "<a>" * 50 + "<gml:pos>50.8 4.3</gml:pos>" + "</a>" * 50,
    ],
)
def test_what_is_no_location(inside):
    assert parse_location(document(inside)) is None


BOMB = "<!DOCTYPE x [" + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)
)


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE presence>",
        '<!DOCTYPE x [<!ENTITY a "50.8 4.3">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>',
        BOMB + "]>",
        '<?xml version="1.0" encoding="no-such-encoding"?>',
        '<?xml version="1.0"?><!-- --><!DOCTYPE x>',
    ],
)
def test_document_types_and_entities_are_refused(before):
    assert parse_location(document(circle(), before)) is None


def test_refused_in_another_encoding_as_well():
    text = f"<!DOCTYPE x>{HEAD}{circle()}</presence>"
    assert parse_location(text.encode("utf-16")) is None
    assert parse_location(f"{HEAD}{circle()}</presence>".encode("utf-16")) is not None


def test_an_undeclared_entity_is_an_error():
    assert parse_location(document("<gml:pos>&a; 4</gml:pos>")) is None


def test_size_is_limited():
    padding = "<!--" + "x" * MAX_BYTES + "-->"
    assert parse_location(document(circle() + padding)) is None


def test_breadth_is_no_depth():
    assert parse_location(document("<a></a>" * 100 + circle())) == (50.8466, 4.3528, 25.0)


def test_text_is_limited():
    assert parse_location(document(f"<gml:pos>50 4{' ' * 20_000}</gml:pos>")) == (
        50.0,
        4.0,
        0.0,
    )


@given(st.binary(max_size=200))
def test_any_octets_are_read_without_raising(data):
    parse_location(data)
    parse_location(document(circle()) + data)


def test_the_trunk_sample():
    text = shared("torture/trunk-samples/09-geolocation.sip").read_bytes()
    start, end = text.index(b"<?xml"), text.index(b"</presence>") + len(b"</presence>")
    assert parse_location(text[start:end]) == (50.8466, 4.3528, 25.0)
