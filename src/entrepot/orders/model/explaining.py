"""Why an order waits: what it misses, who holds that, and what would release it.

From the fulfilment reference, section 15, need 11, and E13, E17 and E36: one's own orders are
named, another company's holds are only a quantity, and a partner's part is only what it offers.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.orders.model.record import Order

GOODS_MAX: Final = 100
"""Variants that are explained; an order may wait for more."""
HOLDERS_MAX: Final = 10
PARTNERS_MAX: Final = 20
LOOKED_AT_MAX: Final = 1000
"""Holds, and lines before this order's, that are looked at for one variant."""

PARTNERSHIP_INACTIVE: Final = "partnership_inactive"
MoreBy: TypeAlias = Literal["receipt", "allocation", "cap"]


class MissingRow(NamedTuple):
    """What an order misses of one variant, what is available, and who is served before it."""

    variant: Id
    sku: str
    unlimited: bool
    line_nos: Sequence[int]
    missing_each: Sequence[Decimal]
    missing: Decimal
    own: Decimal
    orders_before: int
    missing_before: Decimal
    lines_looked_at: int


class HoldersRow(NamedTuple):
    """Who holds a variant besides the order that waits."""

    variant: Id
    orders: Sequence[Id]
    order_references: Sequence[str]
    quantities: Sequence[Decimal]
    more_orders: int
    more: Decimal
    others: Decimal
    holds_looked_at: int


class OfferRow(NamedTuple):
    """What one partner offers of a variant, and what all of them do.

    `cap` is the most that it may offer, None without one or without a match that counts.
    """

    variant: Id
    partnership: Id
    wholesaler: Id
    partner_name: str
    partnership_state: str
    factor: int
    reason: str | None
    offered: Decimal
    is_boundless: bool
    cap: Decimal | None
    sharing_policy: str
    offered_by_all: Decimal
    is_boundless_by_all: bool
    partners: int


class MissingLine(msgspec.Struct, frozen=True):
    """What one line of the order misses."""

    line: int
    missing: str


class Holder(msgspec.Struct, frozen=True):
    """One of one's own orders that holds a variant, and how much."""

    order: str
    reference: str
    quantity: str


class PartnerOffer(msgspec.Struct, frozen=True):
    """What a partner offers in one's own units (None is unlimited).

    Each of one's own units is `factor` of the partner's.
    `reason` says why it offers nothing: `partnership_inactive`, or that a product was deactivated.
    `more_by` says what would let it offer what lacks: goods that come in there (`receipt`), an
    `allocation`, where it shares only what it allocates, or first of all a higher `cap`, the most
    that it may offer. None where nothing lacks, or where `reason` says what keeps it.
    """

    partnership: str
    partner: str
    partner_name: str
    state: str
    offered: str | None
    reason: str | None = None
    factor: int = 1
    cap: str | None = None
    more_by: MoreBy | None = None


class MissingGoods(msgspec.Struct, frozen=True):
    """What an order misses of one variant, and why.

    `own_available` and `offered` (by all partners together) are what there is now, None where it is
    unlimited. At least `lacking` more must be there, were nobody served before it; of an order that
    is not paid that is one's own, and `lacking_once_paid` what partners do not offer either.
    `held_by` names those of one's own orders that hold most; `held_by_more_orders` others hold
    `held_by_more`. `held_by_others` is held for other companies. `orders_before` are served before
    this order and miss `missing_before`. `counted_all` False: there are more than were counted.
    """

    variant: str
    sku: str
    lines: tuple[MissingLine, ...]
    missing: str
    own_available: str | None
    offered: str | None
    lacking: str
    lacking_once_paid: str
    held_by: tuple[Holder, ...]
    held_by_more_orders: int
    held_by_more: str
    held_by_others: str
    orders_before: int
    missing_before: str
    counted_all: bool
    partners: tuple[PartnerOffer, ...]
    more_partners: int
    says: str


class WaitingExplained(msgspec.Struct, frozen=True):
    """Why an order waits, in a sentence and by what it misses.

    `missing` is empty for an order that waits for nothing; `more_missing` says that it lacks more
    than is explained here.
    """

    id: str
    reference: str
    status: str
    payment_status: str
    says: str
    missing: tuple[MissingGoods, ...] = ()
    more_missing: bool = False


class Reach(NamedTuple):
    """What an order could have of a variant now; None is unlimited."""

    own: Decimal | None
    offered: Decimal | None
    draws: bool

    def lacking(self, missing: Decimal) -> Decimal:
        """What must come at least."""
        if self.own is None or (self.draws and self.offered is None):
            return ZERO
        there = self.own + (self.offered or ZERO if self.draws else ZERO)
        return max(missing - there, ZERO)

    def once_paid(self) -> "Reach":
        """What it could have were it paid."""
        return self._replace(draws=True)


class Lacking(NamedTuple):
    """What lacks of one sku, now and once the order is paid, and how partners might offer it."""

    sku: str
    units: Decimal
    once_paid: Decimal
    ways: frozenset[str]


def explain_waiting(
    order: Order,
    rows: Sequence[MissingRow],
    holders: Mapping[Id, HoldersRow],
    offers: Sequence[OfferRow],
) -> WaitingExplained:
    """Say why an order waits. What is not paid draws on no partner."""
    is_paid = order.payment_status == "paid"
    by_variant: dict[Id, list[OfferRow]] = {}
    for offer in offers:
        by_variant.setdefault(offer.variant, []).append(offer)
    reaches = [_reach(row, by_variant.get(row.variant, ()), draws=is_paid) for row in rows]
    goods = [
        _goods(row, reach, holders[row.variant], by_variant.get(row.variant, ()))
        for row, reach in zip(rows[:GOODS_MAX], reaches, strict=False)
    ]
    ways = [
        _ways(by_variant.get(row.variant, ()), reach.lacking(row.missing), draws=is_paid)
        for row, reach in zip(rows, reaches, strict=True)
    ]
    lacking = [
        Lacking(row.sku, units, reach.once_paid().lacking(row.missing), way)
        for row, reach, way in zip(rows, reaches, ways, strict=True)
        if (units := reach.lacking(row.missing))
    ]
    return WaitingExplained(
        ids.ORDER + order.id,
        order.reference,
        order.status,
        order.payment_status,
        _sentence(order, rows, lacking),
        tuple(goods),
        len(rows) > GOODS_MAX,
    )


def _reach(row: MissingRow, offers: Sequence[OfferRow], *, draws: bool) -> Reach:
    offered: Decimal | None = ZERO
    if offers:
        offered = None if offers[0].is_boundless_by_all else offers[0].offered_by_all
    return Reach(None if row.unlimited else row.own, offered, draws)


def _goods(
    row: MissingRow, reach: Reach, holders: HoldersRow, offers: Sequence[OfferRow]
) -> MissingGoods:
    counted = max(row.lines_looked_at, holders.holds_looked_at) < LOOKED_AT_MAX
    lacking = reach.once_paid().lacking(row.missing)
    return MissingGoods(
        ids.VARIANT + row.variant,
        row.sku,
        tuple(
            [
                MissingLine(line, quantity_text(missing))
                for line, missing in zip(row.line_nos, row.missing_each, strict=True)
            ]
        ),
        quantity_text(row.missing),
        _text(reach.own),
        _text(reach.offered),
        quantity_text(reach.lacking(row.missing)),
        quantity_text(lacking),
        tuple(
            [
                Holder(ids.ORDER + order, reference, quantity_text(quantity))
                for order, reference, quantity in zip(
                    holders.orders, holders.order_references, holders.quantities, strict=True
                )
            ]
        ),
        holders.more_orders,
        quantity_text(holders.more),
        quantity_text(holders.others),
        row.orders_before,
        quantity_text(row.missing_before),
        counted,
        tuple([_offer(each, lacking) for each in offers]),
        max(offers[0].partners - len(offers), 0) if offers else 0,
        _says(row, reach),
    )


def _more_by(row: OfferRow, lacking: Decimal) -> MoreBy | None:
    """What would let a partner offer so much more than it does."""
    if not lacking or row.reason is not None or row.is_boundless:
        return None
    if row.cap is not None and row.cap - row.offered < lacking:
        return "cap"
    return "allocation" if row.sharing_policy == "allocated_only" else "receipt"


def _ways(offers: Sequence[OfferRow], lacking: Decimal, *, draws: bool) -> frozenset[str]:
    """What would let any of the partners offer what lacks; nothing where none may be drawn on."""
    return frozenset([_more_by(each, lacking) or "" for each in offers] if draws else [])


def _offer(row: OfferRow, lacking: Decimal) -> PartnerOffer:
    reason = row.reason
    if reason is not None and reason.startswith("partnership_"):
        reason = PARTNERSHIP_INACTIVE
    return PartnerOffer(
        ids.PARTNERSHIP + row.partnership,
        ids.ORGANISATION + row.wholesaler,
        row.partner_name,
        row.partnership_state,
        None if row.is_boundless else quantity_text(row.offered),
        reason,
        row.factor,
        None if row.cap is None else quantity_text(row.cap),
        _more_by(row, lacking),
    )


def _says(row: MissingRow, reach: Reach) -> str:
    """Say what is missing of a variant, what there is of it, and what must arrive."""
    lacking = reach.lacking(row.missing)
    offered = "any number" if reach.offered is None else quantity_text(reach.offered)
    own = "any number" if reach.own is None else quantity_text(reach.own)
    says = f"{quantity_text(row.missing)} of {row.sku} missing, {own} of your own available"
    if reach.offered != ZERO:
        says += f", {offered} offered by partners"
        if not reach.draws:
            says += " (for paid orders only)"
    says += ": "
    says += f"at least {quantity_text(lacking)} must come" if lacking else "there is enough"
    once_paid = reach.once_paid().lacking(row.missing)
    if once_paid != lacking:
        says += f", or {quantity_text(once_paid) if once_paid else 'nothing'} once it is paid"
    says += "."
    if row.orders_before:
        orders = "1 order is" if row.orders_before == 1 else f"{row.orders_before} orders are"
        says += f" {orders} served before it."
    return says


def _sentence(order: Order, rows: Sequence[MissingRow], lacking: Sequence[Lacking]) -> str:
    """Say what would release the order."""
    if not rows:
        return f"Order {order.reference} waits for nothing."
    if not lacking:
        says = "What it misses is there: it goes as soon as it is looked at again"
        rivalled = any(row.orders_before for row in rows)
        return f"{says}, unless orders before it take it." if rivalled else f"{says}."
    if not any(each.once_paid for each in lacking):
        return "It waits for payment: once it is paid it can go, for partners offer what it misses."
    named = [f"{quantity_text(each.units)} of {each.sku}" for each in lacking[:3]]
    if len(lacking) > len(named):
        named.append(f"{len(lacking) - len(named)} other goods")
    return f"It can go once at least {_joined(named)} arrive {_where(lacking)}."


def _where(lacking: Sequence[Lacking]) -> str:
    """Where what lacks may come in, or from whom else it may come."""
    if all("receipt" in each.ways for each in lacking):
        return "here or at a partner"
    if all("allocation" in each.ways for each in lacking):
        return "here, or a partner allocates that much more to you"
    if any(each.ways & {"receipt", "allocation"} for each in lacking):
        return "here, or come from partners in the way that is said of each"
    return "here"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _text(quantity: Decimal | None) -> str | None:
    return None if quantity is None else quantity_text(quantity)
