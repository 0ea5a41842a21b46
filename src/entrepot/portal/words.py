"""Speaks a person's language: texts, refusals, numbers, money, days and times.

Texts are written in English where they are used and translated by `locale/nl/*.po`, one
file a subject; refusals, notices and acts by their codes from `locale/*.nl.toml` (and `.en.toml`,
where the areas have no sentence). A test fails for a text without a translation.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import NullTranslations, Translations

from entrepot.kernel.refusal import Fact, Fault

LANGUAGES: Final = ("nl", "en")
LANGUAGE_NAMES: Final[Mapping[str, str]] = {"nl": "Nederlands", "en": "English"}
NOTHING: Final = "\N{EN DASH}"
"""What stands where there is nothing to tell."""
_USUAL: Final = "en"
_LOCALE: Final = resources.files("entrepot.portal") / "locale"
# British English writes days as people here do.
_LOCALES: Final[Mapping[str, str]] = {"nl": "nl_NL", "en": "en_GB"}
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")
_QUANTITY: Final = "#,##0.######"
_AMOUNTS: Final = frozenset(
    {
        "allocated",
        "available",
        "held",
        "max",
        "on_hand",
        "open_allocations",
        "order_quantity_min",
        "order_quantity_multiple",
        "quantity",
        "quantity_max",
        "remaining",
        "reversible_lines",
        "rows",
        "unpriced_lines",
        "used",
    }
)
"""Facts that are amounts. Others stand as they are: a sku or a reference may be all digits, too."""


class Words:
    """One language in one time zone."""

    def __init__(self, language: str, time_zone: str = "Europe/Amsterdam") -> None:
        """Speak `language` (nl or en), and tell times as in `time_zone`."""
        self.language = language if language in LANGUAGES else _USUAL
        self.time_zone = time_zone
        self.zone = ZoneInfo(time_zone)
        self.locale = Locale.parse(_LOCALES[self.language])
        translations = translations_of(self.language)
        self.gettext = translations.ugettext
        self.ngettext = translations.ungettext

    def __call__(self, text: str, **facts: object) -> str:
        """A text in this language, with the facts that it names as `%(fact)s`."""
        return self.gettext(text) % facts if facts else self.gettext(text)

    def in_zone(self, time_zone: str) -> Words:
        """The same language, with times as a clock of another zone tells them."""
        return words_of(self.language, time_zone)

    def quantity(self, value: Decimal | str | int | None) -> str:
        """A quantity, with as many decimals as it has; a dash for none."""
        if value is None:
            return NOTHING
        return format_decimal(Decimal(value), format=_QUANTITY, locale=self.locale)

    def unit(self, unit: str) -> str:
        """A unit as people say it: our own word for pieces, else what the organisation calls it."""
        return self.gettext("piece") if unit == "piece" else unit

    def unit_typed(self, text: str) -> str:
        """What a person typed for a unit, in any of our languages: a piece is one unit everywhere.

        Otherwise two partners' pieces would be different units, and their products no match.
        """
        return "piece" if text.casefold() in {"piece", self.gettext("piece")} else text

    def money(self, value: Decimal | str | None, currency: str) -> str:
        """An amount of money; a price may have more decimals than a coin."""
        if value is None:
            return NOTHING
        amount = Decimal(value)
        exponent = amount.normalize().as_tuple().exponent
        digits = max(2, -exponent if isinstance(exponent, int) else 2)
        pattern = re.sub(
            r"0\.00", "0." + "0" * digits, self.locale.currency_formats["standard"].pattern
        )
        return format_currency(
            amount, currency, format=pattern, locale=self.locale, currency_digits=False
        )

    def percentage(self, value: Decimal | str | None) -> str:
        """A number of hundredths, as a percentage."""
        if value is None:
            return NOTHING
        return format_percent(Decimal(value) / 100, format="#,##0.##%", locale=self.locale)

    def moment(self, at: datetime | None) -> str:
        """A day and a time, to the minute."""
        if at is None:
            return NOTHING
        return format_datetime(at, "d MMM y HH:mm", tzinfo=self.zone, locale=self.locale)

    def weekday(self, at: datetime) -> str:
        """A day of the week with its date and a time: when something soon happens."""
        return format_datetime(at, "EEEE d MMM HH:mm", tzinfo=self.zone, locale=self.locale)

    def typed_moment(self, at: datetime) -> str:
        """A day and a time as browsers fill them in, by the clock of this time zone."""
        return at.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    def clock(self, at: datetime) -> str:
        """A time of day."""
        return format_time(at, "HH:mm", tzinfo=self.zone, locale=self.locale)

    def day(self, at: date | datetime | None) -> str:
        """A day: of a moment, as it is in this time zone."""
        if at is None:
            return NOTHING
        if isinstance(at, datetime):
            at = at.astimezone(self.zone).date()
        return format_date(at, "d MMM y", locale=self.locale)

    def short_day(self, at: date) -> str:
        """A day without its year, where that is plain."""
        return format_date(at, "d MMM", locale=self.locale)

    def since(self, at: datetime, now: datetime) -> str:
        """How long ago something was, or how soon it will be, roughly."""
        return format_timedelta(at - now, add_direction=True, locale=self.locale)

    def fault(self, fault: Fault) -> str:
        """What is wrong and what to do about it, in this language."""
        told = self.told("refusals", fault.code, fault.facts)
        return fault.message if told is None else told

    def told(self, topic: str, code: str, facts: Mapping[str, Fact]) -> str | None:
        """The sentence of a topic (`refusals`, `notices`, `acts`) for a code.

        Of several sentences the first whose facts are all there; None when there is none.
        """
        for sentence in _sentences(self.language).get(topic, {}).get(code, ()):
            if all(name in facts for name in _PLACE.findall(sentence)):
                return _PLACE.sub(lambda place: self._fact(place[1], facts[place[1]]), sentence)
        return None

    def notice(self, kind: str, facts: Mapping[str, Fact]) -> str:
        """What a notice says; its kind, where nobody wrote a sentence for it."""
        reason = facts.get("reason")
        said = self.told("notices", f"{kind}.{reason}", facts) or self.told("notices", kind, facts)
        return said or kind

    def _fact(self, name: str, fact: Fact) -> str:
        """A fact as it is read in this language: amounts by their names, moments by their form."""
        if isinstance(fact, bool) or fact is None:
            return self.gettext("yes") if fact else self.gettext("no") if fact is False else NOTHING
        text = str(fact)
        if name in _AMOUNTS and re.fullmatch(r"-?\d+(\.\d+)?", text):
            return self.quantity(text)
        if re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)", text):
            return self.moment(datetime.fromisoformat(text))
        return text


@cache
def words_of(language: str, time_zone: str) -> Words:
    """A language in a time zone; made once, for there are few."""
    return Words(language, time_zone)


@cache
def translations_of(language: str) -> NullTranslations:
    """The translated texts of a language, read from its catalogue."""
    if language == _USUAL:
        return NullTranslations()
    merged = Translations()
    for file in sorted((_LOCALE / language).iterdir(), key=lambda each: each.name):
        if file.name.endswith(".po"):
            compiled = BytesIO()
            write_mo(compiled, read_po(BytesIO(file.read_bytes()), locale=language))
            compiled.seek(0)
            merged.merge(Translations(compiled))
    return merged


@cache
def _sentences(language: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What is told by code in a language, by topic; English refusals come from the areas."""
    read: dict[str, dict[str, Any]] = {}
    for topic in ("refusals", "notices", "acts"):
        file = _LOCALE / f"{topic}.{language}.toml"
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        read[topic] = {
            code: [said] if isinstance(said, str) else said
            for code, said in tomllib.loads(text).items()
        }
    return read


def preferred_language(header: str) -> str:
    """The language that a browser asks for first of those we speak; English without one."""
    ranked: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        name, _, weight = part.strip().partition(";q=")
        code = name.partition("-")[0].lower()
        try:
            rank = float(weight or 1)
        except ValueError:
            continue
        if code in LANGUAGES:
            ranked.append((-rank, code))
    return min(ranked, key=lambda each: each[0])[1] if ranked else _USUAL
