"""Which orders and invoices of marketplaces programs ask for, and the pages that they are given.

An invoice is read by its marketplace and by its seller. Where something stands in a list is a
moment, in microseconds, and an id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST
from entrepot.orders.model.invoice_status import InvoiceStatus
from entrepot.orders.model.market_showing import Side

Row = TypeVar("Row")
MarketSort: TypeAlias = Literal["created_at", "paid_at", "updated_at"]
OwnerType: TypeAlias = Literal["order", "invoice", "line"]
Numbered: TypeAlias = Literal["invoice", "line", "shipment", "refund", "refund_line"]
"""What has a number by which the invoice is found that it is on."""
Place: TypeAlias = tuple[int, Id]
"""Microseconds since 1970, and an id."""

BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
END: Final = datetime(9000, 1, 1, tzinfo=UTC)
EXTERNAL_IDS_MAX: Final = 500
"""How many external ids are found at once."""


class InvoicesWanted(msgspec.Struct, frozen=True):
    """Which invoices to read, from after a place on: all that is given must fit; ends count in.

    `order_number` is told to marketplaces only, so a seller that names one finds nothing.
    `external_id` is what others call the order, under whatever key; `external_id_part` is in it.
    """

    side: Side
    sort: MarketSort = "created_at"
    descending: bool = False
    after: Place | None = None
    limit: int = 50
    created_since: datetime | None = None
    created_until: datetime | None = None
    updated_since: datetime | None = None
    updated_until: datetime | None = None
    paid_since: datetime | None = None
    paid_until: datetime | None = None
    legacy_id: int | None = None
    order_number: int | None = None
    external_id: str | None = None
    external_id_part: str | None = None
    buyer_email: str | None = None
    buyer_name: str | None = None
    not_dispatched: bool = False
    statuses: tuple[InvoiceStatus, ...] | None = None
    awaiting_return: bool = False
    awaiting_collection: bool = False

    def on(self, after: Place | None, limit: int) -> InvoicesWanted:
        """The same, on the page after a place."""
        return msgspec.structs.replace(self, after=after, limit=limit)

    @property
    def is_named(self) -> bool:
        """Whether they are found by what they are called, so that there are few."""
        names = (self.legacy_id, self.order_number, self.external_id)
        return any(name is not None for name in names)

    @property
    def must_look(self) -> bool:
        """Whether invoices must be looked through, because no index says which fit."""
        moments = {
            "created_at": (self.created_since, self.created_until),
            "updated_at": (self.updated_since, self.updated_until),
            "paid_at": (self.paid_since, self.paid_until),
        }
        unsorted = [
            moment for sort, some in moments.items() if sort != self.sort for moment in some
        ]
        others = (self.external_id_part, self.buyer_email, self.buyer_name, self.statuses)
        far = self.not_dispatched or self.awaiting_return or self.awaiting_collection
        return far or any(each is not None for each in (*unsorted, *others))

    @property
    def start(self) -> tuple[datetime, Id]:
        """The moment and id after which to begin."""
        return start_of(self.after, descending=self.descending)


class Found(msgspec.Struct, Generic[Row], frozen=True):
    """A page of a list: rows, the place of each, and the place to go on after if there is more."""

    rows: tuple[Row, ...]
    places: tuple[Place, ...]
    following: Place | None


class SoughtRow(NamedTuple):
    """An invoice that was looked at: where it stands, and whether it fits."""

    organisation: Id
    order_id: Id
    id: Id
    at: datetime
    fits: bool
    looked_at: int

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        return place_of(self.at, self.id)


class ChangedOrderRow(NamedTuple):
    """An order of a marketplace, and when it was changed last."""

    id: Id
    at: datetime


class InvoiceKeyRow(NamedTuple):
    """An invoice that was found, by one of its numbers."""

    number: int
    organisation: Id
    order_id: Id
    invoice: Id


class NamedRow(NamedTuple):
    """What others call an order, an invoice or a line, and the number of that."""

    owner_type: OwnerType
    number: int
    key: str
    value: str


def place_of(at: datetime, ident: Id) -> Place:
    """Where something stands in a list, by a moment and its id."""
    return int((at - BEGIN) / timedelta(microseconds=1)), ident


def start_of(after: Place | None, *, descending: bool = False) -> tuple[datetime, Id]:
    """The moment and id after which a page begins."""
    if after is not None:
        micros, ident = after
        return BEGIN + timedelta(microseconds=micros), ident
    return (END, HIGHEST) if descending else (BEGIN, LOWEST)


def cut_sought(
    looked: Sequence[SoughtRow], wanted: InvoicesWanted, most: int
) -> tuple[Sequence[SoughtRow], Place | None]:
    """Cut what was looked at to those that fit, with the place to go on after if there is more.

    The last row may be there only to say how far was looked; at most `most` are, of those that are
    not named: these are all there.
    """
    rows = [row for row in looked if row.fits]
    if wanted.is_named and wanted.after is not None:
        after = wanted.after
        rows = [
            row for row in rows if (row.place < after if wanted.descending else row.place > after)
        ]
    if len(rows) > wanted.limit:
        return rows[: wanted.limit], rows[wanted.limit - 1].place
    if not wanted.is_named and looked and looked[-1].looked_at >= most:
        return rows, looked[-1].place
    return rows, None
