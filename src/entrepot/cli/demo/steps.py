"""What a history is made of: steps, each an act of an organisation at a moment, and a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from entrepot.kernel.ids import Id
from entrepot.orders import (
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    CountStock,
    PlaceDraft,
    PlaceOrder,
    PrioritiseOrder,
    ReceiveStock,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
)

ActOnStock: TypeAlias = ReceiveStock | AdjustStock | CountStock
ActOnOrder: TypeAlias = (
    PlaceDraft
    | ChangeOrder
    | RecordPayment
    | CancelOrder
    | ShipOrder
    | ReturnGoods
    | PrioritiseOrder
)


class Allocate(NamedTuple):
    """Keep units for a partner: its slug, one's own variant, how many, and why."""

    partner: str
    variant: Id
    quantity: Decimal
    note: str


class Settle(NamedTuple):
    """Close the weeks with a partner, a retailer, that are over, and write their settlements."""

    partner: str


class Answer(NamedTuple):
    """Acknowledge the newest settlement with a partner, or dispute it for a reason."""

    partner: str
    dispute: str = ""


class ShipInvoices(NamedTuple):
    """Let the sellers of a marketplace order ship what has not left, of each line so much."""

    at_most: Decimal | None = None


class PayBack(NamedTuple):
    """Cancel the first invoice of a marketplace order, or take a unit of it back, for a reason.

    Unless it `is_paid`, the goods have yet to come.
    """

    is_return: bool
    reason: str
    is_paid: bool = True


ActOnInvoices: TypeAlias = ShipInvoices | PayBack
ActOfOne: TypeAlias = PlaceOrder | ActOnOrder | ActOnStock
ActOfPartner: TypeAlias = Allocate | Settle | Answer
Act: TypeAlias = ActOfOne | ActOfPartner | ActOnInvoices
Variants: TypeAlias = Mapping[tuple[str, str], Id]
"""Inner ids of variants, by their owner's slug and their sku."""

DAYS = 21
UNKNOWN: Id = ""
"""Stands for an order's id in a step: it is known once the order has been placed."""


class Step(NamedTuple):
    """An act of an organisation at a moment: on the order with this reference, stock, or partners.

    Without an act, the orders whose limit has passed by then are cancelled.
    """

    at: datetime
    organisation: str
    act: Act | None
    reference: str = ""


class Calendar(NamedTuple):
    """The days before `today` that a history fills; day -1 is yesterday, minutes are local."""

    today: date
    days: int = DAYS

    @property
    def opening(self) -> datetime:
        """When the first goods are there: before the first day begins in any time zone."""
        return self._midnight(-self.days - 1) + timedelta(hours=6)

    @property
    def end(self) -> datetime:
        """What is not over by then has not happened."""
        return self._midnight(0)

    @classmethod
    def opened_at(cls, opening: datetime, days: int) -> Calendar:
        """The calendar whose first goods were there at that moment."""
        return cls(opening.astimezone(UTC).date() + timedelta(days=days + 1), days)

    def at(self, day: int, minute: int, zone: str) -> datetime:
        """A minute of a day in a time zone."""
        moment = time(minute // 60, minute % 60)
        return datetime.combine(self.date_of(day), moment, ZoneInfo(zone)).astimezone(UTC)

    def date_of(self, day: int) -> date:
        """The date of a day, counted from today."""
        return self.today + timedelta(days=day)

    def _midnight(self, day: int) -> datetime:
        return datetime.combine(self.date_of(day), time(), UTC)
