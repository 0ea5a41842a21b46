"""Loading and saving transfers, their legs and the allocations they draw on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from entrepot.infra.arrays import columns, literal
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.demand import AllocationKey, Leg, LiveTransfer, Partner, PositionKey
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO
from entrepot.stock.model import Allocated, Book

SQL = load_statements("entrepot.stock.store", "transfers.sql")


class TransferLegRow(NamedTuple):
    """A leg of a transfer with the transfer it belongs to, and how much of that was reversed."""

    organisation: Id
    order_id: Id
    id: Id
    partnership: Id
    match: Id
    line_no: int
    wholesaler: Id
    wholesaler_variant: Id
    retailer: Id
    variant: Id
    location: Id
    quantity: Decimal
    factor: int
    unit_price: Decimal | None
    vat_rate: Decimal | None
    week: date
    step: Decimal
    reversed: Decimal
    leg_location: Id
    allocation: Id | None
    leg_quantity: Decimal


ROWS: Mapping[str, type] = {"read_order_transfers": TransferLegRow}


async def read_open_allocations(
    connection: Connection, variants: Sequence[tuple[Id, Id]], now: datetime
) -> tuple[list[Allocated], list[AllocationKey]]:
    """Read the open allocations of locked (owner, variant) pairs, and which are past their time."""
    rows = await connection.fetch(SQL["read_open_allocations"], *columns(variants, 2))
    found, expired = [], []
    for owner, id_, partnership, variant, location, quantity, remaining, made_at, until in rows:
        key = AllocationKey(owner, id_)
        position = PositionKey(owner, variant, location)
        found.append(Allocated(key, partnership, position, quantity, remaining, made_at))
        if until is not None and until <= now:
            expired.append(key)
    return found, expired


async def write_transfers(connection: Connection, now: datetime, book: Book) -> None:
    """Write transfers, legs and what is left of allocations. Row counts are asserted."""
    transfers, legs = book.effects.transfers, book.effects.legs
    reallocated = list(book.reallocated.values())
    assert not any(each.is_closed for each in reallocated), "a batch ends no allocation"
    if not (transfers or reallocated):
        return
    # By all the terms, not by the match: a reversal has those of the transfer that it undoes.
    numbers: dict[Partner, int] = {}
    partners: list[Partner] = []
    for each in transfers:
        if each.partner not in numbers:
            partners.append(each.partner)
            numbers[each.partner] = len(partners)
    counts = await connection.fetchrow(
        SQL["write_transfers"],
        now,
        [each.positions[0].owner for each in partners],
        [each.partnership for each in partners],
        [each.target.owner for each in partners],
        [each.match for each in partners],
        [each.positions[0].variant for each in partners],
        [each.target.variant for each in partners],
        [each.target.location for each in partners],
        [each.factor for each in partners],
        [each.unit_price for each in partners],
        [each.vat_rate for each in partners],
        literal([numbers[each.partner] for each in transfers]),
        [each.id for each in transfers],
        literal([each.week for each in transfers]),
        [each.organisation for each in transfers],
        [each.order for each in transfers],
        literal([each.line_no for each in transfers]),
        literal([each.version for each in transfers]),
        literal([each.quantity for each in transfers]),
        [each.reverses for each in transfers],
        [each.act for each in transfers],
        [each.owner for each in legs],
        [each.transfer for each in legs],
        literal([each.leg_no for each in legs]),
        [each.location for each in legs],
        [each.allocation for each in legs],
        literal([each.quantity for each in legs]),
        literal([each.version for each in legs]),
        [each.key.owner for each in reallocated],
        [each.key.allocation for each in reallocated],
        literal([each.quantity for each in reallocated]),
        literal([each.remaining for each in reallocated]),
    )
    assert counts is not None, "the statement counts what it wrote"
    assert tuple(counts) == (len(transfers), len(legs), len(reallocated)), (
        "every transfer, leg and allocation is written once"
    )


async def read_order_transfers(
    connection: Connection, orders: Sequence[tuple[Id, Id]]
) -> dict[tuple[Id, Id], list[LiveTransfer]]:
    """Read what was transferred for (organisation, order) pairs and not reversed, oldest first."""
    rows = await connection.fetch(SQL["read_order_transfers"], *columns(orders, 2))
    found: dict[tuple[Id, Id], list[LiveTransfer]] = {}
    legs = groupby((TransferLegRow(*row) for row in rows), lambda each: each.id)
    for _, some in legs:
        transfer = _transfer(list(some))
        first = transfer[0]
        if first.quantity > first.reversed:
            found.setdefault((first.organisation, first.order_id), []).append(transfer[1])
    return found


def _transfer(rows: Sequence[TransferLegRow]) -> tuple[TransferLegRow, LiveTransfer]:
    """Make a transfer of its legs' rows, with the terms that it carried."""
    first = rows[0]
    legs = tuple([_leg(row) for row in rows])
    partner = Partner(
        first.match,
        first.partnership,
        _places(legs),
        PositionKey(first.retailer, first.variant, first.location),
        first.factor,
        first.step,
        ZERO,
        None,
        is_all_stock=True,
        week=first.week,
        unit_price=first.unit_price,
        vat_rate=first.vat_rate,
    )
    left = first.quantity - first.reversed
    return first, LiveTransfer(first.id, partner, first.line_no, left, first.quantity, legs)


def _leg(row: TransferLegRow) -> Leg:
    position = PositionKey(row.wholesaler, row.wholesaler_variant, row.leg_location)
    key = None if row.allocation is None else AllocationKey(row.wholesaler, row.allocation)
    return Leg(position, key, row.leg_quantity)


def _places(legs: Iterable[Leg]) -> tuple[PositionKey, ...]:
    return tuple(dict.fromkeys(leg.position for leg in legs))
