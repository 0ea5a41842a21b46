"""Adjustments: what was taken off or put on, of a line or of an invoice as a whole."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from entrepot.apis.graphql.ids import ADJUSTMENT, write_id
from entrepot.apis.graphql.money import cents
from entrepot.apis.graphql.resolving import Resolvers
from entrepot.orders import ShownAdjustment, ShownInvoice

_PLACES: Final = 1 << 20
"""More than an invoice has adjustments."""


class WrittenAdjustment(NamedTuple):
    """An adjustment and where it stands: `place` in its invoice, the number of its line or none."""

    invoice: ShownInvoice
    place: int
    line: int | None
    adjustment: ShownAdjustment

    @property
    def currency(self) -> str:
        """What its amounts are in."""
        return self.invoice.currency

    @property
    def minor_digits(self) -> int:
        """How many digits minor units are."""
        return self.invoice.minor_digits


def adjusted(invoice: ShownInvoice) -> list[WrittenAdjustment]:
    """All adjustments of an invoice: those of its lines, then its own; they never change."""
    some = [(line.line, each) for line in invoice.lines for each in line.adjustments]
    own = [(None, each) for each in invoice.adjustments]
    return [
        WrittenAdjustment(invoice, place, line, each)
        for place, (line, each) in enumerate([*some, *own])
    ]


def adjustment_number(number: int) -> tuple[int, int]:
    """What an adjustment's number says: its invoice's number, and its place there."""
    return divmod(number, _PLACES)


def discount(adjustments: Iterable[ShownAdjustment]) -> int:
    """What was taken off in all: zero or below."""
    return sum(each.amount for each in adjustments if each.kind == "promotion")


def whole_discount(invoice: ShownInvoice) -> int:
    """What was taken off an invoice and its lines: zero or below."""
    return discount(each.adjustment for each in adjusted(invoice))


FIELDS: Final[Resolvers] = {
    "id": lambda each, _: write_id(ADJUSTMENT, each.invoice.legacy_id * _PLACES + each.place),
    "adjustmentType": lambda each, _: each.adjustment.kind.upper(),
    "description": lambda each, _: each.adjustment.description,
    "sourceId": lambda each, _: each.adjustment.source,
    **cents("amount", lambda each: each.adjustment.amount),
    **cents("amountToWithholdFromSellerRemittance", lambda each: each.adjustment.withheld),
}
"""Adjustment."""
