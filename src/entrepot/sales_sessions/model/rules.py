"""What a sales session may be: its name, reference and times, what is sold in it, and how much.

A session sells producers' goods that session rights open to the trader. A limit bounds what its
customers hold together, so it never falls below that; nothing is removed that somebody ordered.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO, is_too_precise, quantity_text
from entrepot.kernel.refusal import Fact, Fault, Refusal, refuse
from entrepot.sales_sessions import errors
from entrepot.sales_sessions.model.rows import Offered, Sold

# What orders say of the same things, as this is decided without asking them.
UNKNOWN_SALES_SESSION: Final = "orders.unknown_sales_session"
UNKNOWN_VARIANT: Final = "orders.unknown_variant"

NAME_LENGTH_MAX: Final = 200
REFERENCE_LENGTH_MAX: Final = 36
"""A session order's reference is this, a colon and a slug (63 at most), in 100 characters."""
PRODUCTS_MAX: Final = 1_000
"""Products of one session; all of them are shown at once."""
LASTS_MAX: Final = timedelta(days=366)
PRICE_PLACES: Final = 4
PRICE_MAX: Final = Decimal("99999999999.9999")


class SessionProduct(msgspec.Struct, frozen=True):
    """A product to sell: at most how much of it (None: what there is), and what a customer pays.

    Without `unit_price`, what its producer asks of customers. Quantities are in the producer's
    units, prices ex VAT.
    """

    variant: Id
    quantity_max: Decimal | None = None
    unit_price: Decimal | None = None


class NewSalesSession(msgspec.Struct, frozen=True):
    """A session to open: between two times (UTC) customers may order these products in it."""

    name: str
    reference: str
    opens_at: datetime
    closes_at: datetime
    products: tuple[SessionProduct, ...] = ()


class SalesSessionChanges(msgspec.Struct, frozen=True):
    """What to change of a session; what is UNSET stays."""

    name: str | UnsetType = UNSET
    opens_at: datetime | UnsetType = UNSET
    closes_at: datetime | UnsetType = UNSET


def unknown_sales_session(session: Id) -> Refusal:
    """Answer for a session that is not there, and for one of somebody else."""
    return refuse(
        UNKNOWN_SALES_SESSION,
        "There is no such sales session. Check its id.",
        field="sales_session",
        facts={"sales_session": ids.SALES_SESSION + session} if session else {},
    )


def already_closed(name: str) -> Refusal:
    """Refuse to change a session that has closed."""
    return refuse(
        errors.ALREADY_CLOSED,
        f"The sales session {name} has closed; open another one.",
        facts={"name": name},
    )


def has_closed(state: str, closes_at: datetime, now: datetime) -> bool:
    """Whether a session takes no more orders: it was closed, or its end has come."""
    return state != "open" or closes_at <= now


def reference_taken(reference: str) -> Refusal:
    """Refuse a reference that another session has."""
    return refuse(
        errors.REFERENCE_TAKEN,
        f"You already have a sales session {reference}; give each its own reference.",
        field="reference",
        facts={"reference": reference},
    )


def check_new(new: NewSalesSession, now: datetime) -> list[Fault]:
    """List what is wrong with a new session, but for what it sells."""
    faults = check_name(new.name)
    reference = new.reference
    if not 0 < len(reference) <= REFERENCE_LENGTH_MAX or not _is_plain(reference, also="#"):
        says = (
            f"A session's reference is 1 to {REFERENCE_LENGTH_MAX} printable characters, without #"
            " and outer spaces."
        )
        facts: dict[str, Fact] = {"reference": reference[:REFERENCE_LENGTH_MAX]}
        faults.append(Fault(errors.REFERENCE_NOT_VALID, says, "reference", facts))
    return faults + check_times(new.opens_at, new.closes_at, now)


def check_name(name: str) -> list[Fault]:
    """A name is a line of text."""
    if 0 < len(name) <= NAME_LENGTH_MAX and _is_plain(name):
        return []
    says = f"A session's name is 1 to {NAME_LENGTH_MAX} printable characters, without outer spaces."
    return [Fault(errors.NAME_NOT_VALID, says, "name", {"max": NAME_LENGTH_MAX})]


def check_times(opens_at: datetime, closes_at: datetime, now: datetime) -> list[Fault]:
    """A session closes after now and after it opens, at most 366 days later."""
    if closes_at <= opens_at:
        says = "A session closes after it opens."
    elif closes_at <= now:
        says = "A session closes at a time that is still to come."
    elif closes_at - opens_at > LASTS_MAX:
        says = f"A session lasts {LASTS_MAX.days} days at most."
    else:
        return []
    return [
        Fault(
            errors.TIMES_NOT_VALID,
            says,
            "closes_at",
            {
                "opens_at": opens_at.isoformat(),
                "closes_at": closes_at.isoformat(),
                "now": now.isoformat(),
            },
        )
    ]


def check_products(
    products: Sequence[SessionProduct],
    offered: Mapping[Id, Offered],
    sold: Mapping[Id, Sold],
    already: int,
) -> list[Fault]:
    """List what is wrong with products to sell.

    `offered` are those that a session right opens, `sold` those of them that the session sells
    already, of `already` products in all.
    """
    faults: list[Fault] = []
    count = already + len({each.variant for each in products} - sold.keys())
    if count > PRODUCTS_MAX:
        says = f"A session sells {PRODUCTS_MAX} products at most; open another one for the rest."
        known: dict[str, Fact] = {"products": count, "max": PRODUCTS_MAX}
        faults.append(Fault(errors.TOO_MANY_PRODUCTS, says, "products", known))
    seen: set[Id] = set()
    for number, each in enumerate(products):
        field = f"products[{number}]"
        variant = offered.get(each.variant)
        if variant is None:
            faults.append(_unknown_variant(each.variant, field))
        elif each.variant in seen:
            says = f"{variant.sku} is named twice; name each product once."
            faults.append(Fault(errors.NAMED_TWICE, says, f"{field}.variant", {"sku": variant.sku}))
        else:
            seen.add(each.variant)
            faults += _check_limit(each, variant, sold.get(each.variant), field)
        faults += _check_price(each, field)
    return faults


def check_removed(variants: Sequence[Id], sold: Mapping[Id, Sold]) -> list[Fault]:
    """List what keeps products from being removed: that they are not sold, or that somebody has."""
    faults: list[Fault] = []
    for number, variant in enumerate(variants):
        product = sold.get(variant)
        field = f"variants[{number}]"
        if product is None:
            known: dict[str, Fact] = {"variant": ids.VARIANT + variant} if variant else {}
            says = "This sales session sells no such product. Check its id."
            faults.append(Fault(UNKNOWN_VARIANT, says, field, known))
        elif product.held > ZERO or product.is_short:
            says = (
                f"Customers have ordered {product.sku}; cancel their orders first, or set its limit"
                " to what they hold."
            )
            known = {"sku": product.sku, "held": quantity_text(product.held)}
            faults.append(Fault(errors.PRODUCT_HAS_ORDERS, says, field, known))
    return faults


def _unknown_variant(variant: Id, field: str) -> Fault:
    return Fault(
        UNKNOWN_VARIANT,
        "No producer with a session right sells you such a variant. Check its id.",
        f"{field}.variant",
        {"variant": ids.VARIANT + variant} if variant else {},
    )


def _check_limit(
    product: SessionProduct, variant: Offered, sold: Sold | None, field: str
) -> Iterable[Fault]:
    """A limit is a quantity of the variant's, and never below what customers hold."""
    limit = product.quantity_max
    if limit is None:
        return
    place = f"{field}.quantity_max"
    if not limit.is_finite() or not ZERO < limit <= QUANTITY_MAX or is_too_precise(limit):
        says = "A limit is a quantity above zero, with three decimal places at most."
        yield Fault(errors.LIMIT_NOT_VALID, says, place, {"sku": variant.sku})
    elif variant.whole_units and limit != limit.to_integral_value():
        says = f"{variant.sku} is sold in whole units; so is its limit."
        yield Fault(errors.LIMIT_NOT_VALID, says, place, {"sku": variant.sku})
    elif sold is not None and limit < sold.held:
        held = quantity_text(sold.held)
        says = f"Customers hold {held} of {variant.sku}; its limit cannot be lower."
        known: dict[str, Fact] = {
            "sku": variant.sku,
            "held": held,
            "quantity_max": quantity_text(limit),
        }
        yield Fault(errors.LIMIT_BELOW_HELD, says, place, known)


def _check_price(product: SessionProduct, field: str) -> Iterable[Fault]:
    """A price has four decimal places at most."""
    price = product.unit_price
    if price is None:
        return
    exponent = price.as_tuple().exponent
    if (
        not price.is_finite()
        or not ZERO <= price <= PRICE_MAX
        or (isinstance(exponent, int) and exponent < -PRICE_PLACES)
    ):
        says = "A price is zero or more, with four decimal places at most."
        yield Fault(errors.PRICE_NOT_VALID, says, f"{field}.unit_price")


def _is_plain(text: str, also: str = "") -> bool:
    """Whether a text is one printable line without these characters."""
    return text.isprintable() and text == text.strip() and not any(each in text for each in also)
