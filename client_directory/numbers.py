"""Telephone numbers, brought to E.164 once, at the edge.

A number reaches us as a carrier writes it (`+32…`, `0032…`, `02…`, `32…`), as a person
types it (`+32 (0)2 555.01.00`), or as the user part of a `sip:` or `tel:` address with
parameters behind it (RFC 3966). Everything past this file sees `+3225550100` or nothing.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

import phonenumbers
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    shortnumberinfo,
)

_MAX_LENGTH: Final = 64
"Longer text is no number: E.164 has 15 digits, and people add separators."
_MAX_USER: Final = 256
"The same with parameters behind it."

_SEPARATORS: Final = str.maketrans("", "", " -.()/\u00a0\u2011")
_DIGITS: Final = re.compile(r"\+?[0-9]{2,20}", re.ASCII)

# The emergency numbers of the countries around, whatever the country at hand: a foreign one
# dialled by mistake is still one that this engine must not dial.
_EMERGENCY_ANYWHERE: Final = frozenset(
    {"112", "911", "999", "100", "101", "110", "113", "114", "115", "118", "15", "17", "18"}
)
_LONGEST_EMERGENCY_NUMBER: Final = 6


def number_part(user: str) -> str:
    """Return the digits and the plus of a sip or tel user part, `""` when it is no number.

    Parameters (`;phone-context=`, `;verstat=`, `;npdi`), escapes and visual separators are
    taken off (RFC 3966 section 5.1.1, RFC 3261 section 19.1.6).
    """
    if len(user) > _MAX_USER:
        return ""
    text, *parameters = user.split(";")
    if "%" in text:
        text = unquote_to_bytes(text).decode("ascii", "replace")
    if text[:4].lower() == "tel:":
        text = text[4:]
    digits = text.translate(_SEPARATORS)
    if len(digits) > _MAX_LENGTH or not _DIGITS.fullmatch(digits):
        return ""
    return digits if digits[0] == "+" else _context(parameters) + digits


def _context(parameters: list[str]) -> str:
    """Return the `+prefix` that a local number is to be read behind, if one is given."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "phone-context" and value.startswith("+"):
            prefix = value.translate(_SEPARATORS)
            return prefix if _DIGITS.fullmatch(prefix + "00") else ""
    return ""


def normalise(text: str, country: str) -> str | None:
    """Bring a number to E.164, or return `None` when it is none.

    :param text: as received or as typed; a sip or tel user part with parameters is fine.
    :param country: ISO 3166-1 alpha-2, for numbers written the national way.

    A number of a possible length is accepted even if no operator has it in service today:
    numbering plans change faster than tables, and a call must not be lost for that.
    """
    # Before the cache, which would otherwise keep whatever length a stranger sends.
    return _normalise(text, country) if len(text) <= _MAX_USER else None


@lru_cache(maxsize=16_384)
def _normalise(text: str, country: str) -> str | None:
    digits = number_part(text)
    if not digits:
        return None
    if digits.startswith("00"):
        return _possible("+" + digits.lstrip("0"), country) or _possible(digits, country)
    if found := _possible(digits, country):
        return found
    # Carriers also send the international form without its plus.
    if digits[0] not in "+0" and len(digits) >= 8:
        return _possible("+" + digits, country)
    return None


def _possible(digits: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(digits, country)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=16_384)
def is_dialable(number: str) -> bool:
    """Say whether an E.164 number belongs to a numbering plan, as one to be called must.

    For numbers in the directory; a caller's own number is never measured by it.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return False
    kind = phonenumbers.number_type(parsed)
    return kind not in (PhoneNumberType.UNKNOWN, PhoneNumberType.PREMIUM_RATE)


def is_emergency_number(text: str, country: str) -> bool:
    """Say whether dialling this would reach police, fire brigade or ambulance.

    :param country: where the number would be dialled, ISO 3166-1 alpha-2.

    Errs on the side of yes: the emergency numbers of neighbouring countries count, and so
    do disguises (`+32 112`, `0032101`, `tel:112`).
    """
    return _would_reach_one(text, country) if len(text) <= _MAX_USER else False


@lru_cache(maxsize=16_384)
def _would_reach_one(text: str, country: str) -> bool:
    digits = number_part(text)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not digits.startswith("+"):
        return _is_emergency(digits.removeprefix("0"), country)
    return any(
        _is_emergency(digits[1 + length :].removeprefix("0"), region)
        for length in (1, 2, 3)
        for region in COUNTRY_CODE_TO_REGION_CODE.get(_code(digits[1 : 1 + length]), ())
    )


def _code(digits: str) -> int:
    return int(digits) if digits else 0


def _is_emergency(digits: str, country: str) -> bool:
    return digits in _EMERGENCY_ANYWHERE or (
        len(digits) <= _LONGEST_EMERGENCY_NUMBER
        and shortnumberinfo.is_emergency_number(digits, country)
    )


def is_short_number(text: str) -> bool:
    """Say whether this is a service code or an extension and no E.164 number: 2 to 6 digits."""
    digits = number_part(text)
    return digits.isdigit() and len(digits) <= 6 and not digits.startswith("0")


def is_country(country: str) -> bool:
    """Say whether numbers can be read in this country, ISO 3166-1 alpha-2."""
    return country in phonenumbers.SUPPORTED_REGIONS
