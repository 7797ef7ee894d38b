"""Who may put sites on test by telephone, and the number by which a site is keyed."""

from typing import TYPE_CHECKING, Final

from client_directory.model import Organisation, Person, Site

if TYPE_CHECKING:
    from client_directory.directory import Directory

ROLE: Final = "installer"


def installers_of(organisation: Organisation) -> tuple[Person, ...]:
    """Return the client's people who may put sites on test by key: those with a PIN."""
    return tuple(
        person
        for person in organisation.people
        if ROLE in person.roles and person.pin_hash is not None
    )


def numbers_of(site: Site) -> tuple[str, ...]:
    """Return what may be keyed for a site: its accounts and its code, where all are figures."""
    wanted = (*site.alarm_accounts, site.code or "")
    return tuple(one for one in wanted if one.isascii() and one.isdecimal())


def site_of_number(directory: "Directory", number: str) -> tuple[Organisation, Site] | None:
    """Return the site that a keyed number stands for: by its account, else by its code.

    A code that two clients use stands for neither: they have accounts.
    """
    account = directory.alarm_account(number)
    if account is not None:
        return account
    found = [
        (client, site)
        for client in directory.organisations.values()
        for site in client.sites
        if site.code == number
    ]
    return found[0] if len(found) == 1 else None
