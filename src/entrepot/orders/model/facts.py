"""What a batch knows when it decides: everything read after its locks were granted."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from entrepot.kernel.demand import AllocationKey, Partner, PositionKey
from entrepot.kernel.ids import Id
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


class LocationFacts(msgspec.Struct, frozen=True):
    """A location of an owner: its rank among those that ship, and whether orders ship from it."""

    id: Id
    rank: int
    ships_orders: bool


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
    youngest first.
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
