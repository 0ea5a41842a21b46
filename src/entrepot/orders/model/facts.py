"""What a batch knows when it decides: everything read after its locks were granted."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from entrepot.kernel.demand import AllocationKey, Partner, PositionKey
from entrepot.kernel.ids import Id
from entrepot.orders.model.pricing import MarketFacts
from entrepot.orders.model.record import Order


class VariantFacts(msgspec.Struct, frozen=True):
    """What the rules need to know about a variant."""

    owner: Id
    id: Id
    sku: str
    unit: str
    is_orderable: bool
    whole_units: bool
    order_quantity_min: Decimal
    order_quantity_multiple: Decimal
    retail_price: Decimal | None
    wholesale_price: Decimal | None = None


class LocationFacts(msgspec.Struct, frozen=True):
    """A location of an owner: its rank among those that ship, and whether orders ship from it."""

    id: Id
    rank: int
    ships_orders: bool


class WindowProduct(msgspec.Struct):
    """What is sold in a sales session: at most how much, at what prices, and how much is held.

    `unit_price` is what a customer pays (None: what the producer asks of its own customers),
    `purchase_price` what the trader pays the producer. `held` runs with the batch.
    """

    quantity_max: Decimal | None
    unit_price: Decimal | None
    purchase_price: Decimal | None
    held: Decimal


class Window(msgspec.Struct, frozen=True):
    """A sales session: when one may place in it, and what; a remote trader's may have anything."""

    state: str
    is_remote: bool
    opens_at: datetime | None
    closes_at: datetime | None
    hold_until: datetime | None
    products: dict[Id, WindowProduct] = {}


class PartnershipFacts(msgspec.Struct, frozen=True):
    """What says where a transfer is settled, and whether a cancellation reverses it."""

    retailer: Id
    state: str
    time_zone: str
    closed_through: date
    on_cancel_open_week: str
    on_cancel_later: str


class Facts(msgspec.Struct):
    """The facts of one batch, and small look-ups over them.

    `locked` maps (owner, variant) to the keys of its locked positions; `partners` to those whose
    stock may meet it too, best first. `allocations` are the open ones at each locked position, the
    youngest first. `windows` are by (trader, session), `session_orders` those that are not
    cancelled by (trader, session, producer); `counted` says what each customer order in a session
    counts for in what its window's products hold, by variant. `unfinished` are sessions with
    customers who have paid or may pay, beside those that the batch gathers. `market` is about what
    marketplaces order.
    """

    now: datetime
    variants: dict[Id, VariantFacts]
    rights: set[tuple[Id, Id, str]]
    locations: dict[Id, dict[Id, LocationFacts]]
    locked: dict[tuple[Id, Id], list[PositionKey]]
    live_tokens: set[Id]
    references: dict[tuple[Id, str], Id] = {}
    waits_holding: dict[Id, bool] = {}
    orders: dict[tuple[Id, Id], Order] = {}
    partners: dict[tuple[Id, Id], tuple[Partner, ...]] = {}
    partnerships: dict[Id, PartnershipFacts] = {}
    allocations: dict[PositionKey, tuple[AllocationKey, ...]] = {}
    windows: dict[tuple[Id, Id], Window] = {}
    session_orders: dict[tuple[Id, Id, Id], Id] = {}
    counted: dict[tuple[Id, Id], dict[Id, Decimal]] = {}
    unfinished: set[tuple[Id, Id]] = set()
    market: MarketFacts = msgspec.field(default_factory=MarketFacts)
    _sources: dict[tuple[Id, Id], tuple[PositionKey, ...]] = {}

    def sources(self, owner: Id, variant: Id) -> tuple[PositionKey, ...]:
        """The positions an order may ship from, best location first."""
        key = (owner, variant)
        found = self._sources.get(key)
        if found is None:
            locations = self.locations.get(owner, {})
            shipping = [
                each
                for each in self.locked.get(key, ())
                if each.location in locations and locations[each.location].ships_orders
            ]
            if len(shipping) > 1:
                shipping.sort(key=lambda each: (locations[each.location].rank, each.location))
            found = self._sources[key] = tuple(shipping)
        return found

    def default_location(self, owner: Id) -> Id | None:
        """The first location orders ship from."""
        shipping = [each for each in self.locations.get(owner, {}).values() if each.ships_orders]
        return min(shipping, key=lambda each: (each.rank, each.id)).id if shipping else None
