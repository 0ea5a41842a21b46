"""Sales sessions as whoever opens and closes them writes them. Pure.

A *selling window* is what the batch locks and reads of a session; its name and its story belong to
the area above.
"""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from entrepot.kernel.ids import Id


class NewWindow(NamedTuple):
    """A session to open: whose, and between which times (UTC) one may order in it."""

    organisation: Id
    id: Id
    opens_at: datetime
    closes_at: datetime


class NewRemoteWindow(NamedTuple):
    """A remote trader's session, known by its times; what is held in it is held until then."""

    organisation: Id
    id: Id
    opens_at: datetime | None
    closes_at: datetime | None
    hold_until: datetime


class SoldProduct(NamedTuple):
    """A product to sell in a session: at most how much of it, in its owner's units (None: all).

    `unit_price` is what a customer pays (None: the variant's own price), `purchase_price` what the
    trader pays its owner.
    """

    variant: Id
    owner: Id
    quantity_max: Decimal | None
    unit_price: Decimal | None
    purchase_price: Decimal | None


class WindowNow(NamedTuple):
    """A locked session as it stands."""

    state: str
    opens_at: datetime
    closes_at: datetime


class ProductNow(NamedTuple):
    """A product of a locked session, how much customers hold, and whether any of them is short."""

    variant: Id
    sku: str
    quantity_max: Decimal | None
    unit_price: Decimal | None
    held: Decimal
    is_short: bool


class WindowChange(NamedTuple):
    """What changes of a locked session: its times (None: they stay), what it sells, what not."""

    times: tuple[datetime, datetime] | None = None
    sold: tuple[SoldProduct, ...] = ()
    removed: tuple[Id, ...] = ()
