"""Reading what partners open to a batch. Nothing of theirs is written here."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.demand import WantedPosition
from entrepot.kernel.ids import Id
from entrepot.orders.model import MatchFacts, PartnershipFacts
from entrepot.orders.store.orders import OrderKey

SQL = load_statements("entrepot.orders.store", "partners.sql")


class Drawn(NamedTuple):
    """A wholesaler's variant that may meet a retailer's, and the partnership between the two."""

    partnership: Id
    wholesaler: Id
    wholesaler_variant: Id
    retailer: Id
    variant: Id
    is_unlimited: bool

    def places(self) -> Iterator[WantedPosition]:
        """The positions to be made where there are none: where units go, and unlimited ones leave.

        What is tracked and has no position has no units either.
        """
        yield WantedPosition(self.retailer, self.variant, None, self.retailer, any_will_do=False)
        if self.is_unlimited:
            seller, goods = self.wholesaler, self.wholesaler_variant
            yield WantedPosition(seller, goods, None, seller, any_will_do=False)


class PartnershipRow(NamedTuple):
    """The terms of a partnership that a transfer or reversal goes by."""

    id: Id
    retailer: Id
    state: str
    time_zone: str
    closed_through: date
    on_cancel_open_week: str
    on_cancel_later: str


ROWS: Mapping[str, type] = {
    "read_drawn": Drawn,
    "read_partners": MatchFacts,
    "read_partnerships": PartnershipRow,
}


async def read_drawn(
    connection: Connection, variants: Sequence[tuple[Id, Id]], orders: Sequence[OrderKey]
) -> list[Drawn]:
    """Read, without locks, what (owner, variant) pairs may draw on and orders have drawn."""
    rows = await connection.fetch(SQL["read_drawn"], *columns(variants, 2), *columns(orders, 2))
    return [Drawn(*row) for row in rows]


async def lock_partnerships(
    connection: Connection, partnerships: Sequence[tuple[Id, Id]]
) -> list[tuple[Id, Id]]:
    """Keep (wholesaler, partnership) pairs as they are, locking in key order."""
    rows = await connection.fetch(SQL["lock_partnerships"], *columns(partnerships, 2))
    return [(row[0], row[1]) for row in rows]


async def read_partnerships(
    connection: Connection, partnerships: Sequence[tuple[Id, Id]]
) -> dict[Id, PartnershipFacts]:
    """Read the terms of locked (wholesaler, partnership) pairs."""
    rows = await connection.fetch(SQL["read_partnerships"], *columns(partnerships, 2))
    return {row[0]: PartnershipFacts(*row[1:]) for row in rows}


async def read_partners(
    connection: Connection, variants: Sequence[tuple[Id, Id]]
) -> list[MatchFacts]:
    """Read the active matches of (owner, variant) pairs, with their prices now."""
    rows = await connection.fetch(SQL["read_partners"], *columns(variants, 2))
    return [MatchFacts(*row) for row in rows]
