"""What the feed says of a variant."""

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text

AVAILABILITY_CHANGED: Final = "stock.availability_changed"
"""The event by which others are told of a number as it is published. The feed does not follow it:
it is the feed's own."""


class PublishedNumber(msgspec.Struct, frozen=True):
    """What the organisation can promise of a variant: an absolute number, as it was published.

    `available_to_promise` is None where the stock is unlimited. `version` rises by one with each
    publication of this variant to this organisation: of two messages the one with the higher
    version is true, in whatever order they come.
    """

    variant: str
    sku: str
    available_to_promise: str | None
    unlimited: bool
    version: int
    published_at: datetime


class PublishedRow(NamedTuple):
    """A number as it was published, at its place in the feed."""

    place: int
    variant: Id
    sku: str
    available_to_promise: Decimal | None
    version: int
    published_at: datetime

    def to_show(self) -> PublishedNumber:
        """The number as shops are told it."""
        number = self.available_to_promise
        return PublishedNumber(
            ids.VARIANT + self.variant,
            self.sku,
            None if number is None else quantity_text(number),
            number is None,
            self.version,
            self.published_at,
        )
