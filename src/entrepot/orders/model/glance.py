"""What Home shows of orders: who waits, what is allocated in vain, and what the last weeks sold."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id


class WaitingRow(NamedTuple):
    """How many orders wait, are short, or are to be shipped, with the first of each, as stored."""

    orders: int
    oldest: Id | None
    oldest_reference: str | None
    oldest_placed_at: datetime | None
    short: int
    first_short: Id | None
    first_short_reference: str | None
    to_ship: int
    oldest_to_ship: Id | None
    oldest_to_ship_reference: str | None


class UnmatchedRow(NamedTuple):
    """A partnership with allocations that nothing can draw on, as one side sees it."""

    partnership: Id
    is_wholesaler: bool
    partner_name: str
    allocations: int
    product: str


class SoldRow(NamedTuple):
    """Orders of one part of time: how many, units sold, units held now, and what was sold for."""

    part: int
    orders: int
    sold: Decimal
    held: Decimal
    value: Decimal


class Unmatched(msgspec.Struct, frozen=True):
    """A partnership with open allocations of products that are not matched.

    `product` is one of them, as the wholesaler names it; `is_wholesaler` says on which side one is.
    """

    partnership: str
    is_wholesaler: bool
    partner_name: str
    allocations: int
    product: str


class InvoicesRow(NamedTuple):
    """What is to be done about invoices and refund requests, as it is read."""

    to_ship: int
    first_to_ship: Id | None
    first_to_ship_number: int | None
    to_take_back: int
    first_to_take_back: Id | None
    first_to_take_back_number: int | None
    to_pay: int
    first_to_pay: Id | None
    first_to_pay_number: int | None


class ToDo(msgspec.Struct, frozen=True):
    """How many of something are to be done, with the oldest's invoice and number, if there is one.

    They are counted among the newest 500.
    """

    count: int = 0
    invoice: str | None = None
    number: int | None = None


class InvoicesGlance(msgspec.Struct, frozen=True):
    """What of seller invoices needs a person.

    A seller ships what was ordered and takes back what its refund requests are about; then their
    marketplace pays.
    """

    to_ship: ToDo = ToDo()
    to_take_back: ToDo = ToDo()
    to_pay: ToDo = ToDo()


class OrdersGlance(msgspec.Struct, frozen=True):
    """What of one's orders needs a person: those that wait, and stock that nothing can draw on.

    `waiting`, `short`, the orders that lack what they were promised, and `to_ship`, of which no or
    not all goods have left, are counted no further than `WAITING_COUNTED_MAX`.
    """

    waiting: int
    short: int
    unmatched: tuple[Unmatched, ...]
    oldest: str | None = None
    oldest_reference: str | None = None
    oldest_placed_at: datetime | None = None
    first_short: str | None = None
    first_short_reference: str | None = None
    to_ship: int = 0
    oldest_to_ship: str | None = None
    oldest_to_ship_reference: str | None = None


class SoldPart(msgspec.Struct, frozen=True):
    """What was ordered, sold and received in one part of time.

    `orders` are those placed then that are no drafts and not cancelled; `sold` and `value` (ex VAT)
    are of those that are complete, less what was cancelled or came back; `held` is what is set
    aside for them now; `received` came in then by receipts and returns.
    """

    orders: int = 0
    sold: Decimal = Decimal(0)
    held: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    received: Decimal = Decimal(0)


class SoldParts(msgspec.Struct, frozen=True):
    """One part for each time asked for; those before `whole_from` are not known whole."""

    parts: tuple[SoldPart, ...]
    whole_from: int


def show_glance(waiting: WaitingRow, unmatched: Sequence[UnmatchedRow]) -> OrdersGlance:
    """What needs a person, as it is shown."""
    return OrdersGlance(
        waiting.orders,
        waiting.short,
        tuple([Unmatched(ids.PARTNERSHIP + row.partnership, *row[1:]) for row in unmatched]),
        _order(waiting.oldest),
        waiting.oldest_reference,
        waiting.oldest_placed_at,
        _order(waiting.first_short),
        waiting.first_short_reference,
        waiting.to_ship,
        _order(waiting.oldest_to_ship),
        waiting.oldest_to_ship_reference,
    )


def show_invoices_glance(row: InvoicesRow) -> InvoicesGlance:
    """What is to be done about invoices, as it is shown."""
    return InvoicesGlance(_to_do(*row[:3]), _to_do(*row[3:6]), _to_do(*row[6:]))


def _to_do(count: int, invoice: Id | None, number: int | None) -> ToDo:
    return ToDo(count, None if invoice is None else ids.INVOICE + invoice, number)


def _order(order: Id | None) -> str | None:
    return None if order is None else ids.ORDER + order


def show_parts(
    number: int, sold: Sequence[SoldRow], received: Mapping[int, Decimal], limit: int
) -> SoldParts:
    """The parts of time in their order; what lies before the orders that were read is not known."""
    by_part = {row.part: row for row in sold}
    parts = []
    for part in range(1, number + 1):
        row = by_part.get(part, SoldRow(part, 0, Decimal(0), Decimal(0), Decimal(0)))
        parts.append(SoldPart(*row[1:], received.get(part, Decimal(0))))
    is_whole = sum(row.orders for row in sold) < limit
    return SoldParts(tuple(parts), 0 if is_whole else min(by_part))
