"""Reads what people type: text into numbers, days and choices, with a fault beside each mistake.

Numbers are read as the person's language writes them (1.234,5 or 1,234.5); what was typed is kept,
so that a refused form comes back as it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from babel.numbers import NumberFormatError, parse_decimal

from entrepot.kernel.refusal import Fault, Refusal

NUMBER_NOT_VALID: Final = "portal.number_not_valid"
DAY_NOT_VALID: Final = "portal.day_not_valid"
MOMENT_NOT_VALID: Final = "portal.moment_not_valid"
MOMENT_SKIPPED: Final = "portal.moment_skipped"
FIELD_MISSING: Final = "portal.field_missing"
CHOICE_NOT_VALID: Final = "portal.choice_not_valid"
NUMBER_LENGTH_MAX: Final = 40


class Upload(msgspec.Struct, frozen=True):
    """A file that was sent: its name as the browser says it, and its bytes."""

    name: str
    content: bytes


class Typed:
    """The fields of a form or of an address, and what is wrong with them so far.

    A field that is not there reads as empty. `faults` collects what the readers found, in the order
    in which they were asked.
    """

    def __init__(
        self,
        fields: Mapping[str, Sequence[str]],
        language: str = "en",
        uploads: Mapping[str, Upload] | None = None,
    ) -> None:
        """Keep what was typed, in a language."""
        self.fields = fields
        self.language = language
        self.uploads = uploads or {}
        self.faults: list[Fault] = []

    def text(self, name: str, usual: str = "") -> str:
        """What stands in a field, without blanks around it."""
        values = self.fields.get(name)
        return values[-1].strip() if values else usual

    def raw(self, name: str) -> str:
        """What stands in a field, blanks and all: passwords may begin with one."""
        values = self.fields.get(name)
        return values[-1] if values else ""

    def all(self, name: str) -> list[str]:
        """What stands in each of the fields of one name, in their order."""
        return [each.strip() for each in self.fields.get(name, ())]

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.text(name))

    def needed(self, name: str) -> str:
        """What stands in a field that must not be empty. Finds `portal.field_missing`."""
        text = self.text(name)
        if not text:
            self.find(FIELD_MISSING, "Fill this in.", name)
        return text

    def choice(self, name: str, choices: Sequence[str], usual: str = "") -> str:
        """One of some words. Finds `portal.choice_not_valid`."""
        text = self.text(name) or usual
        if text not in choices:
            self.find(CHOICE_NOT_VALID, "Choose one of these.", name)
            return choices[0]
        return text

    def number(self, name: str) -> Decimal | None:
        """A number, or None where nothing stands. Finds `portal.number_not_valid`."""
        return self.number_of(self.text(name), name)

    def number_of(self, text: str, field: str) -> Decimal | None:
        """The number that a text is, for fields of which there are several."""
        if not text:
            return None
        value = read_number(text, self.language)
        if value is None:
            self.find(
                NUMBER_NOT_VALID, "This is not a number.", field, typed=text[:NUMBER_LENGTH_MAX]
            )
        return value

    def whole(self, name: str) -> int | None:
        """A whole number, or None where nothing stands. Finds `portal.number_not_valid`."""
        value = self.number(name)
        if value is None:
            return None
        if value != value.to_integral_value():
            typed = self.text(name)[:NUMBER_LENGTH_MAX]
            self.find(NUMBER_NOT_VALID, "This is not a whole number.", name, typed=typed)
            return None
        return int(value)

    def day(self, name: str) -> date | None:
        """A day (yyyy-mm-dd, as browsers send it), or None. Finds `portal.day_not_valid`."""
        text = self.text(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.find(DAY_NOT_VALID, "Write the day as 2026-12-31.", name, typed=text[:40])
            return None

    def moment(self, name: str, zone: ZoneInfo) -> datetime | None:
        """A day and a time by the clock of a zone (yyyy-mm-ddThh:mm, as browsers send it), in UTC.

        None where nothing stands. A time that the clock shows twice is the first of both. Finds
        `portal.moment_not_valid`, and `portal.moment_skipped` for a time that it never shows.
        """
        text = self.text(name)
        if not text:
            return None
        try:
            read = datetime.strptime(text.replace(" ", "T"), "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - the zone is the person's
            moment = read.replace(tzinfo=zone).astimezone(UTC)
            is_shown = moment.astimezone(zone).replace(tzinfo=None) == read
        except (ValueError, OverflowError):
            says = "Write the time as 2026-12-31T18:00."
            self.find(MOMENT_NOT_VALID, says, name, typed=text[:NUMBER_LENGTH_MAX])
            return None
        if not is_shown:
            says = "This time does not exist: the clock goes forward then. Choose another."
            self.find(MOMENT_SKIPPED, says, name, typed=text[:NUMBER_LENGTH_MAX])
            return None
        return moment

    def find(self, code: str, message: str, field: str | None, **facts: str) -> None:
        """Note something that is wrong."""
        self.faults.append(Fault(code, message, field, facts))

    @property
    def refusal(self) -> Refusal | None:
        """Everything that is wrong with what was typed; None when nothing is."""
        return Refusal(tuple(self.faults)) if self.faults else None


def read_number(text: str, language: str) -> Decimal | None:
    """The number that a text is in a language; None when it is none.

    A single point before one or two last digits is a decimal point in Dutch too: 1.5 is what
    programs and people who copy from them write, and nobody groups thousands like that.
    """
    if len(text) > NUMBER_LENGTH_MAX or not text.isascii():
        return None
    text = text.replace(" ", "")
    try:
        value = parse_decimal(text, locale=language, strict=True)
    except NumberFormatError:
        try:
            value = Decimal(text)
        except InvalidOperation:
            return None
    return value if value.is_finite() else None
