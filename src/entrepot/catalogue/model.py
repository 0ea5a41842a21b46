"""Rules of the catalogue: what a good location, product and variant look like."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from entrepot.catalogue import errors
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO, is_too_precise
from entrepot.kernel.refusal import Fault, Refusal, gather
from entrepot.kernel.text import is_plain

CODE_LENGTH_MAX: Final = 64
NAME_LENGTH_MAX: Final = 200
UNIT_LENGTH_MAX: Final = 20
RANK_MAX: Final = 1_000_000
VARIANTS_MAX: Final = 10_000
PRICE_MAX: Final = Decimal("99999999999.9999")
PRICE_PLACES: Final = 4
PRICING_MODELS: Final = ("marketplace", "wholesale")
STATES: Final = ("active", "deactivated", "deleted")


class NewLocation(msgspec.Struct, frozen=True):
    """A location to make. Orders ship from the lowest rank first."""

    code: str
    name: str
    rank: int = 0
    ships_orders: bool = True


class Location(msgspec.Struct, frozen=True):
    """A place where an organisation keeps stock, with its id as on the wire."""

    id: str
    code: str
    name: str
    rank: int
    ships_orders: bool

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.LOCATION)


class NewVariant(msgspec.Struct, frozen=True):
    """A variant to make; a minimum or multiple of zero asks for nothing."""

    sku: str
    name: str
    unit: str = "piece"
    pricing_model: str = "wholesale"
    retail_price: Decimal | None = None
    whole_units: bool = False
    unlimited: bool = False
    is_orderable: bool = True
    order_quantity_min: Decimal = ZERO
    order_quantity_multiple: Decimal = ZERO


class NewProduct(msgspec.Struct, frozen=True):
    """A product to make, with at least one variant."""

    name: str
    variants: tuple[NewVariant, ...]


class Variant(msgspec.Struct, frozen=True):
    """What is stocked, priced and ordered, with its ids as on the wire."""

    id: str
    product: str
    sku: str
    name: str
    unit: str
    pricing_model: str
    retail_price: str | None
    whole_units: bool
    unlimited: bool
    is_orderable: bool
    order_quantity_min: str
    order_quantity_multiple: str
    state: str
    created_at: datetime

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.VARIANT)


class Product(msgspec.Struct, frozen=True):
    """A product just made, with its variants."""

    id: str
    name: str
    variants: tuple[Variant, ...]


def check_location(new: NewLocation) -> Refusal | None:
    """Name everything that is wrong with a location to make."""
    faults = []
    if not is_plain(new.code, CODE_LENGTH_MAX):
        faults.append(
            Fault(
                errors.CODE_NOT_VALID,
                f"A code is 1 to {CODE_LENGTH_MAX} printable characters, without outer spaces.",
                "code",
                {"code": new.code[:CODE_LENGTH_MAX]},
            )
        )
    if not is_plain(new.name, NAME_LENGTH_MAX):
        faults.append(_name_fault(new.name, "name"))
    if not 0 <= new.rank <= RANK_MAX:
        faults.append(
            Fault(
                errors.RANK_NOT_VALID,
                f"A rank is a whole number from 0 to {RANK_MAX}; orders ship from the lowest.",
                "rank",
                {"rank": new.rank},
            )
        )
    return gather(faults, errors.PRECEDENCE)


def check_products(products: Sequence[NewProduct]) -> Refusal | None:
    """Name everything that is wrong with products to make, in all of them at once."""
    if not products:
        return gather(
            [Fault(errors.NO_PRODUCTS, "Give at least one product.", "products")], errors.PRECEDENCE
        )
    count = sum(len(product.variants) for product in products)
    if count > VARIANTS_MAX:
        fault = Fault(
            errors.TOO_MANY_VARIANTS,
            f"Make at most {VARIANTS_MAX} variants at once.",
            "products",
            {"variants": count, "max": VARIANTS_MAX},
        )
        return gather([fault], errors.PRECEDENCE)
    return gather(_product_faults(products), errors.PRECEDENCE)


def _product_faults(products: Sequence[NewProduct]) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, product in enumerate(products):
        field = f"products[{number}]"
        if not is_plain(product.name, NAME_LENGTH_MAX):
            yield _name_fault(product.name, field + ".name")
        if not product.variants:
            yield Fault(
                errors.NO_VARIANTS, "A product has at least one variant.", field + ".variants"
            )
        for place, variant in enumerate(product.variants):
            inner = f"{field}.variants[{place}]"
            yield from _variant_faults(variant, inner)
            if variant.sku in seen:
                yield sku_taken(variant.sku, inner)
            seen.add(variant.sku)


def _variant_faults(new: NewVariant, field: str) -> Iterator[Fault]:
    if not is_plain(new.sku, CODE_LENGTH_MAX):
        yield Fault(
            errors.SKU_NOT_VALID,
            f"A sku is 1 to {CODE_LENGTH_MAX} printable characters, without outer spaces.",
            field + ".sku",
            {"sku": new.sku[:CODE_LENGTH_MAX]},
        )
    if not is_plain(new.name, NAME_LENGTH_MAX):
        yield _name_fault(new.name, field + ".name")
    if not is_plain(new.unit, UNIT_LENGTH_MAX):
        yield Fault(
            errors.UNIT_NOT_VALID,
            f"A unit is 1 to {UNIT_LENGTH_MAX} printable characters, such as kg or piece.",
            field + ".unit",
            {"unit": new.unit[:UNIT_LENGTH_MAX]},
        )
    if new.pricing_model not in PRICING_MODELS:
        yield Fault(
            errors.PRICING_MODEL_NOT_VALID,
            "A pricing model is marketplace or wholesale.",
            field + ".pricing_model",
            {"pricing_model": new.pricing_model},
        )
    price = new.retail_price
    if price is not None and not _is_price(price):
        yield Fault(
            errors.PRICE_NOT_VALID,
            "A price is zero or more, with at most four decimal places.",
            field + ".retail_price",
            {"retail_price": str(price)},
        )
    for name, quantity in (
        ("order_quantity_min", new.order_quantity_min),
        ("order_quantity_multiple", new.order_quantity_multiple),
    ):
        if not _is_step(quantity, whole_units=new.whole_units):
            kind = "whole number" if new.whole_units else "number with at most three places"
            yield Fault(
                errors.QUANTITY_NOT_VALID,
                f"Give zero, or a positive {kind}.",
                f"{field}.{name}",
                {name: str(quantity)},
            )


def check_state(state: str) -> Fault | None:
    """Whether a variant can be put into this state."""
    if state in STATES:
        return None
    return Fault(
        errors.STATE_NOT_VALID,
        "A variant is active, deactivated or deleted.",
        "state",
        {"state": state},
    )


def sku_taken(sku: str, field: str) -> Fault:
    """Say that an organisation has a variant with this sku already, or names it twice."""
    return Fault(
        errors.SKU_TAKEN,
        f"You have a variant {sku} already; give each variant its own sku.",
        field + ".sku",
        {"sku": sku},
    )


def _is_price(price: Decimal) -> bool:
    return price.is_finite() and ZERO <= price <= PRICE_MAX and price == round(price, PRICE_PLACES)


def _is_step(quantity: Decimal, *, whole_units: bool) -> bool:
    if not quantity.is_finite() or not ZERO <= quantity <= QUANTITY_MAX:
        return False
    return not is_too_precise(quantity) and not (whole_units and quantity % 1)


def _name_fault(name: str, field: str) -> Fault:
    return Fault(
        errors.NAME_NOT_VALID,
        f"A name is 1 to {NAME_LENGTH_MAX} printable characters, without outer spaces.",
        field,
        {"name": name[:NAME_LENGTH_MAX]},
    )
