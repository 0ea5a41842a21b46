"""Numbers, dates and addresses as clients write them, read exactly or not at all."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from entrepot.apis.dfc.documents import RELATIVE
from entrepot.apis.dfc.vocabulary import SYMBOLS

IRI_LENGTH_MAX: Final = 2000

# Wide enough for every price and quantity, and for what a sum of binary fractions looks like.
_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?"
)
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")

_MONTHS: Final = (
    *("", "jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_CLOCK: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})(?:\.\d+)?"
_ZONE: Final = r"(?:UTC|GMT|Z)?\s*(?P<offset>[+-]\d{2}:?\d{2})?(?:\s*\(.*\))?"
# Ruby and JavaScript: `Mon Dec 16 2024 02:30:56 UTC`, `... GMT+0100 (Central European Time)`.
_MONTH_FIRST: Final = re.compile(
    rf"(?:[A-Za-z]{{3,9}},?\s+)?(?P<month>[A-Za-z]{{3}})[a-z]*\s+(?P<day>\d{{1,2}}),?\s+"
    rf"(?P<year>\d{{4}})\s+{_CLOCK}\s*{_ZONE}"
)
# E-mail and HTTP: `Mon, 16 Dec 2024 02:30:56 GMT`.
_DAY_FIRST: Final = re.compile(
    rf"(?:[A-Za-z]{{3,9}},?\s+)?(?P<day>\d{{1,2}})[\s-](?P<month>[A-Za-z]{{3}})[a-z]*[\s-]"
    rf"(?P<year>\d{{4}})\s+{_CLOCK}\s*{_ZONE}"
)
# Ruby's own: `2024-12-16 02:30:56 UTC`, `2024-12-16 02:30:56 +0100`.
_YEAR_FIRST: Final = re.compile(
    rf"(?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})\s+{_CLOCK}\s*{_ZONE}"
)
_DATE_LENGTH_MAX: Final = 100


def read_number(value: object) -> Decimal | None:
    """A finite number from JSON or from text such as `2.5E0`; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).removeprefix(RELATIVE).strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def read_amount(value: object) -> tuple[Decimal, str | None] | None:
    """An amount of money, with the currency of a sign as in `£0.27` if it has one."""
    currency = None
    if isinstance(value, str):
        value = value.removeprefix(RELATIVE).strip()
        for sign, code in SYMBOLS.items():
            if value.startswith(sign) or value.endswith(sign):
                value, currency = value.strip(sign), code
    number = read_number(value)
    return None if number is None else (number, currency)


def read_instant(value: object) -> datetime | None:
    """A moment in UTC from ISO 8601 or a form that a client is known to send; None otherwise.

    A time without a zone is in UTC. A day alone is no moment: a session that ends on it would end
    as it begins.
    """
    if not isinstance(value, str) or len(value) > _DATE_LENGTH_MAX or ":" not in value:
        return None
    text = value.strip()
    readers: tuple[Callable[[str], datetime | None], ...] = (_iso, _written)
    for reader in readers:
        try:
            found = reader(text)
            if found is not None:
                return found.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def is_iri(text: str) -> bool:
    """Whether text is an absolute IRI that can be kept and compared; blank nodes are none."""
    return (
        len(text) <= IRI_LENGTH_MAX
        and text.isprintable()
        and not text.startswith(RELATIVE)
        and _IRI.fullmatch(text) is not None
    )


def _iso(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _written(text: str) -> datetime | None:
    for pattern in (_MONTH_FIRST, _DAY_FIRST, _YEAR_FIRST):
        found = pattern.fullmatch(text)
        if found is None:
            continue
        named = found["month"].lower()
        month = int(named) if named.isdecimal() else _MONTHS.index(named)
        return datetime(
            int(found["year"]),
            month,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            int(found["second"]),
            tzinfo=_zone(found["offset"]),
        )
    return None


def _zone(offset: str | None) -> timezone:
    if offset is None:
        return UTC
    digits = offset[1:].replace(":", "")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-ahead if offset[0] == "-" else ahead)
