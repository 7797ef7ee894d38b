"""Clients built in memory, for what needs no file."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from client_directory.model import (
    CallTreePlan,
    Did,
    Level,
    Organisation,
    Person,
    Phone,
    Rota,
    Site,
)

BRUSSELS = "Europe/Brussels"


def at(text: str, time_zone: str = "UTC", fold: int = 0) -> datetime:
    """Read a moment; with a zone it is the time on the wall there."""
    zone = UTC if time_zone == "UTC" else ZoneInfo(time_zone)
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def seconds(text: str, time_zone: str = "UTC", fold: int = 0) -> float:
    """Read a moment as engine time."""
    return at(text, time_zone, fold).timestamp()


def person(name: str, *numbers: str, **more) -> Person:
    """Make a keyholder of the site `hq`; without numbers he has one that ends like nobody's."""
    phones = tuple(Phone(number=number) for number in numbers or (number_of(name),))
    more = {"sites": ("hq",), "languages": ("fr",), **more}
    return Person(person=name, name=name.title(), phones=phones, **more)


def number_of(name: str) -> str:
    """Return the telephone number that `person` gives."""
    return f"+3247{sum(ord(c) * 31**i for i, c in enumerate(name)) % 10_000_000:07}"


def rota(*members: str, **more) -> Rota:
    """Make a rota that hands over on Monday morning."""
    more = {
        "rota": "duty",
        "time_zone": BRUSSELS,
        "handover": "Mo 08:00",
        "first_week": date(2026, 1, 5),
        **more,
    }
    return Rota(members=members, **more)


def level(*call: str, **more) -> Level:
    """Make a level of a call tree."""
    return Level(call=call, **more)


def client(*people: Person, levels=(), rounds=1, leave_message=False, **more) -> Organisation:
    """Make a client with one site, `hq`, and one call tree, `tree`."""
    tree = CallTreePlan(
        call_tree="tree", levels=tuple(levels), rounds=rounds, may_leave_message=leave_message
    )
    more = {
        "time_zone": BRUSSELS,
        "languages": ("fr", "nl"),
        "sites": (Site(site="hq", name="Head office"),),
        "dids": (Did(number="+3225554000", service="security_line", label={"": "Line"}),),
        "call_trees": (tree,),
        **more,
    }
    return Organisation(
        organisation="acme", name="Acme", country="BE", people=tuple(people), **more
    )
