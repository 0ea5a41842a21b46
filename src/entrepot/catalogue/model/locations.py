"""Rules of locations."""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.catalogue import errors
from entrepot.catalogue.model.text import CODE_LENGTH_MAX, NAME_LENGTH_MAX, name_fault
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather
from entrepot.kernel.text import is_plain

RANK_MAX: Final = 1_000_000


class NewLocation(msgspec.Struct, frozen=True):
    """A location to make. Orders ship from the lowest rank first."""

    code: str
    name: str
    rank: int = 0
    ships_orders: bool = True


class LocationChanges(msgspec.Struct, frozen=True):
    """What to change of a location; what is UNSET stays."""

    code: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    rank: int | UnsetType = UNSET
    ships_orders: bool | UnsetType = UNSET


class Location(msgspec.Struct, frozen=True):
    """A place where an organisation keeps stock, with its id as on the wire."""

    id: str
    code: str
    name: str
    rank: int
    ships_orders: bool

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.LOCATION)


def check_location(location: NewLocation | Location) -> Refusal | None:
    """Name everything that is wrong with a location, to make or as it would be changed."""
    return gather(_faults(location), errors.PRECEDENCE)


def code_taken(code: str) -> Fault:
    """Say that an organisation has a location with this code already."""
    return Fault(
        errors.CODE_TAKEN,
        f"You have a location {code} already; choose another code.",
        "code",
        {"code": code},
    )


def _faults(location: NewLocation | Location) -> Iterator[Fault]:
    if not is_plain(location.code, CODE_LENGTH_MAX):
        yield Fault(
            errors.CODE_NOT_VALID,
            f"A code is 1 to {CODE_LENGTH_MAX} printable characters, without outer spaces.",
            "code",
            {"code": location.code[:CODE_LENGTH_MAX]},
        )
    if not is_plain(location.name, NAME_LENGTH_MAX):
        yield name_fault(location.name, "name")
    if not 0 <= location.rank <= RANK_MAX:
        yield Fault(
            errors.RANK_NOT_VALID,
            f"A rank is a whole number from 0 to {RANK_MAX}; orders ship from the lowest.",
            "rank",
            {"rank": location.rank},
        )
