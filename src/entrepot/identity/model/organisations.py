"""Organisations: what a good one looks like, and the rules of names that others share."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from entrepot.identity import errors
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather
from entrepot.kernel.text import is_plain

NAME_LENGTH_MAX: Final = 200
SLUG: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


WHOLESALE_COUNTRIES: Final = ("AU", "NZ")
"""Where marketplaces offer wholesale prices, unless they are set up otherwise."""


class NewOrganisation(msgspec.Struct, frozen=True):
    """An organisation to make.

    One that runs a marketplace offers wholesale prices if its country is in `wholesale_countries`.
    """

    slug: str
    name: str
    time_zone: str = "Europe/Amsterdam"
    country: str = "NL"
    currency: str = "EUR"
    wholesale_countries: tuple[str, ...] = WHOLESALE_COUNTRIES


class Organisation(msgspec.Struct, frozen=True):
    """An organisation on this network, with its id as on the wire."""

    id: str
    slug: str
    name: str
    time_zone: str
    country: str
    currency: str
    created_at: datetime

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.ORGANISATION)


def check_organisation(new: NewOrganisation) -> Refusal | None:
    """Name everything that is wrong with an organisation to make."""
    return gather(_organisation_faults(new), errors.PRECEDENCE)


def _organisation_faults(new: NewOrganisation) -> Iterator[Fault]:
    if not SLUG.fullmatch(new.slug):
        yield Fault(
            errors.SLUG_NOT_VALID,
            "A slug is 1 to 63 lower-case letters, digits and inner hyphens.",
            "slug",
            {"slug": new.slug},
        )
    if not is_plain(new.name, NAME_LENGTH_MAX):
        yield name_fault(new.name)
    yield from time_zone_faults(new.time_zone)
    yield from _country_faults("country", new.country)
    for country in new.wholesale_countries:
        yield from _country_faults("wholesale_countries", country)
    if not CURRENCY.fullmatch(new.currency):
        yield Fault(
            errors.CURRENCY_NOT_VALID,
            "A currency is its three capital letters, such as EUR.",
            "currency",
            {"currency": new.currency},
        )


def _country_faults(field: str, country: str) -> Iterator[Fault]:
    if not COUNTRY.fullmatch(country):
        yield Fault(
            errors.COUNTRY_NOT_VALID,
            "A country is its two capital letters, such as NL.",
            field,
            {"country": country},
        )


def time_zone_faults(name: str) -> Iterator[Fault]:
    """What is wrong with the name of a time zone, if anything."""
    if not _is_time_zone(name):
        yield Fault(
            errors.TIME_ZONE_NOT_VALID,
            "There is no such time zone; give one such as Europe/Amsterdam.",
            "time_zone",
            {"time_zone": name},
        )


def name_fault(name: str) -> Fault:
    """Say what a name must be."""
    return Fault(
        errors.NAME_NOT_VALID,
        f"A name is 1 to {NAME_LENGTH_MAX} printable characters, without outer spaces.",
        "name",
        {"name": name[:NAME_LENGTH_MAX]},
    )


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
