"""Rules of variants: what is stocked, priced and ordered."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.catalogue import errors
from entrepot.catalogue.model.changes import (
    ACTIVE,
    LISTED,
    STATES,
    given,
    with_changes,
)
from entrepot.catalogue.model.gtins import is_gtin
from entrepot.catalogue.model.prices import PRICE_NAMES, is_price, is_vat_rate, without_vat
from entrepot.catalogue.model.text import CODE_LENGTH_MAX, NAME_LENGTH_MAX, name_fault
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO, is_too_precise, quantity_text
from entrepot.kernel.refusal import Fault
from entrepot.kernel.text import is_plain

UNIT_LENGTH_MAX: Final = 20
UNITS_PER_CASE_MAX: Final = 1_000_000
LEGACY_ID_MAX: Final = 9_999_999
"""The highest number that may be chosen; those above are given out."""
PRICING_MODELS: Final = ("marketplace", "wholesale")


class NewVariant(msgspec.Struct, frozen=True):
    """A variant to make, or all that can be said of one.

    A minimum or multiple of zero asks for nothing. Prices are without VAT, unless
    `prices_include_vat` says otherwise; then `vat_rate`, in percent, is needed. `supplier` is an id
    as inside Entrepot. `legacy_id` is the operator's to choose; without it, one is given out.
    """

    sku: str
    name: str
    gtin: str | None = None
    unit: str = "piece"
    pricing_model: str = "wholesale"
    retail_price: Decimal | None = None
    wholesale_price: Decimal | None = None
    purchase_price: Decimal | None = None
    vat_rate: Decimal | None = None
    whole_units: bool = False
    unlimited: bool = False
    is_orderable: bool = True
    order_quantity_min: Decimal = ZERO
    order_quantity_multiple: Decimal = ZERO
    units_per_case: int = 1
    supplier: Id | None = None
    supplier_sku: str | None = None
    state: str = ACTIVE
    legacy_id: int | None = None
    prices_include_vat: bool = False


class VariantChanges(msgspec.Struct, frozen=True):
    """What to change of a variant; what is UNSET stays, what is None is taken away.

    `prices_include_vat` is about the prices that are given here.
    """

    sku: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    gtin: str | UnsetType | None = UNSET
    unit: str | UnsetType = UNSET
    pricing_model: str | UnsetType = UNSET
    retail_price: Decimal | UnsetType | None = UNSET
    wholesale_price: Decimal | UnsetType | None = UNSET
    purchase_price: Decimal | UnsetType | None = UNSET
    vat_rate: Decimal | UnsetType | None = UNSET
    whole_units: bool | UnsetType = UNSET
    unlimited: bool | UnsetType = UNSET
    is_orderable: bool | UnsetType = UNSET
    order_quantity_min: Decimal | UnsetType = UNSET
    order_quantity_multiple: Decimal | UnsetType = UNSET
    units_per_case: int | UnsetType = UNSET
    supplier: Id | UnsetType | None = UNSET
    supplier_sku: str | UnsetType | None = UNSET
    state: str | UnsetType = UNSET
    prices_include_vat: bool | UnsetType = UNSET


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """What is stocked, priced and ordered, with its ids as on the wire.

    Prices never include VAT; `vat_rate` is in percent.
    """

    id: str
    legacy_id: int
    product: str
    sku: str
    name: str
    gtin: str | None
    unit: str
    pricing_model: str
    retail_price: str | None
    wholesale_price: str | None
    purchase_price: str | None
    prices_include_vat: bool = False
    vat_rate: str | None
    whole_units: bool
    unlimited: bool
    is_orderable: bool
    order_quantity_min: str
    order_quantity_multiple: str
    units_per_case: int
    supplier: str | None
    supplier_sku: str | None
    state: str
    created_at: datetime

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.VARIANT)


class VariantFilter(msgspec.Struct, frozen=True):
    """Which variants to read: all that is given must fit. `supplier` is an id as inside Entrepot.

    Without `state`, all but deleted ones. A deleted variant gave its GTIN back, and is not found by
    it.
    """

    sku: str | None = None
    gtin: str | None = None
    supplier: Id | None = None
    state: str | None = None

    @property
    def states(self) -> Sequence[str]:
        """The states that fit."""
        return LISTED if self.state is None else (self.state,)

    def fits(self, variant: Variant) -> bool:
        """Whether a variant fits, which was found by one of these already."""
        return (
            (self.sku is None or variant.sku == self.sku)
            and (self.supplier is None or variant.supplier == ids.SUPPLIER + self.supplier)
            and variant.state in self.states
        )


def as_variant(id_: Id, product: Id, legacy_id: int, at: datetime, kept: NewVariant) -> Variant:
    """Say what a variant is, from all that can be said of it, its prices without VAT."""
    return Variant(
        id=ids.VARIANT + id_,
        legacy_id=legacy_id,
        product=ids.PRODUCT + product,
        sku=kept.sku,
        name=kept.name,
        gtin=kept.gtin,
        unit=kept.unit,
        pricing_model=kept.pricing_model,
        retail_price=_text(kept.retail_price),
        wholesale_price=_text(kept.wholesale_price),
        purchase_price=_text(kept.purchase_price),
        vat_rate=_text(kept.vat_rate),
        whole_units=kept.whole_units,
        unlimited=kept.unlimited,
        is_orderable=kept.is_orderable,
        order_quantity_min=quantity_text(kept.order_quantity_min),
        order_quantity_multiple=quantity_text(kept.order_quantity_multiple),
        units_per_case=kept.units_per_case,
        supplier=None if kept.supplier is None else ids.SUPPLIER + kept.supplier,
        supplier_sku=kept.supplier_sku,
        state=kept.state,
        created_at=at,
    )


def as_kept(new: NewVariant) -> NewVariant:
    """Take VAT out of a checked variant's prices, where they include it."""
    return _without_vat(new, PRICE_NAMES) if new.prices_include_vat else new


def check_new_variants(variants: Sequence[NewVariant], field: str) -> Iterator[Fault]:
    """Name everything that is wrong with variants to make; `field` is the path of their list."""
    for place, variant in enumerate(variants):
        inner = f"{field}[{place}]."
        yield from _faults(variant, inner)
        if variant.state not in LISTED:
            yield Fault(
                errors.STATE_NOT_VALID,
                "A new variant is active or deactivated.",
                f"{inner}state",
                {"state": variant.state},
            )
        legacy_id = variant.legacy_id
        if legacy_id is not None and not 1 <= legacy_id <= LEGACY_ID_MAX:
            yield legacy_id_fault(legacy_id, f"{inner}legacy_id")


def check_changed(
    kept: NewVariant, changes: VariantChanges, *, offers_wholesale: bool = True
) -> tuple[Fault, ...]:
    """Name everything that is wrong with changes to a variant that is not deleted.

    `offers_wholesale`: whether some marketplace that its organisation sells on does, if there are
    any (marketplace-api.md, 5: the region is looked at where a variant is marked wholesale).
    """
    changed = with_changes(kept, changes)
    faults = list(_faults(changed, ""))
    is_marked = changed.pricing_model == "wholesale" != kept.pricing_model
    if is_marked and not offers_wholesale:
        faults.append(
            Fault(
                errors.WHOLESALE_NOT_OFFERED,
                "No marketplace that you sell on offers wholesale prices in its country. Keep the"
                " marketplace price.",
                "pricing_model",
                {"pricing_model": "wholesale"},
            )
        )
    if changed.state not in STATES:
        faults.append(
            Fault(
                errors.STATE_NOT_VALID,
                "A variant is active, deactivated or deleted.",
                "state",
                {"state": changed.state},
            )
        )
    if changed.unlimited != kept.unlimited:
        faults.append(
            Fault(
                errors.UNLIMITED_IS_FIXED,
                "Whether stock is counted is fixed when a variant is made, as its ledger depends"
                " on it. Make another variant, and delete this one.",
                "unlimited",
                {"unlimited": kept.unlimited},
            )
        )
    return tuple(faults)


def changed_variant(kept: NewVariant, changes: VariantChanges) -> NewVariant:
    """Make checked changes to a variant; VAT is taken out of the prices that are given."""
    changed = with_changes(kept, changes)
    if not changed.prices_include_vat:
        return changed
    return _without_vat(changed, [name for name in PRICE_NAMES if name in given(changes)])


def variant_deleted(variant: Variant) -> Fault:
    """Say that a variant was deleted."""
    return Fault(
        errors.VARIANT_DELETED,
        f"{variant.sku} was deleted; make a new variant instead.",
        "variant",
        {"variant": variant.id, "sku": variant.sku},
    )


def sku_taken(sku: str, field: str) -> Fault:
    """Say that an organisation has a variant with this sku already, or names it twice."""
    return Fault(
        errors.SKU_TAKEN,
        f"You have a variant {sku} already; give each variant its own sku.",
        field,
        {"sku": sku},
    )


def gtin_taken(gtin: str, field: str) -> Fault:
    """Say that an organisation has a variant with this GTIN already, or names it twice."""
    return Fault(
        errors.GTIN_TAKEN,
        f"You have a variant with the GTIN {gtin} already; each GTIN stands for one variant.",
        field,
        {"gtin": gtin},
    )


def legacy_id_fault(legacy_id: int, field: str) -> Fault:
    """Say which numbers can be chosen."""
    return Fault(
        errors.LEGACY_ID_NOT_VALID,
        f"A legacy id that is chosen is a whole number from 1 to {LEGACY_ID_MAX}.",
        field,
        {"legacy_id": legacy_id},
    )


def legacy_id_taken(legacy_id: int, field: str) -> Fault:
    """Say that something of this kind on the network has this number already."""
    return Fault(
        errors.LEGACY_ID_TAKEN,
        f"The legacy id {legacy_id} is given out already; choose another, or none.",
        field,
        {"legacy_id": legacy_id},
    )


def _faults(variant: NewVariant, before: str) -> Iterator[Fault]:
    yield from _text_faults(variant, before)
    yield from _price_faults(variant, before)
    for name, quantity in (
        ("order_quantity_min", variant.order_quantity_min),
        ("order_quantity_multiple", variant.order_quantity_multiple),
    ):
        if not _is_step(quantity, whole_units=variant.whole_units):
            kind = "whole number" if variant.whole_units else "number with at most three places"
            yield Fault(
                errors.QUANTITY_NOT_VALID,
                f"Give zero, or a positive {kind}.",
                before + name,
                {name: str(quantity)},
            )
    if not 1 <= variant.units_per_case <= UNITS_PER_CASE_MAX:
        yield Fault(
            errors.UNITS_PER_CASE_NOT_VALID,
            f"A case holds 1 to {UNITS_PER_CASE_MAX} units.",
            before + "units_per_case",
            {"units_per_case": variant.units_per_case},
        )


def _text_faults(variant: NewVariant, before: str) -> Iterator[Fault]:
    for name, sku in (("sku", variant.sku), ("supplier_sku", variant.supplier_sku)):
        if sku is not None and not is_plain(sku, CODE_LENGTH_MAX):
            yield Fault(
                errors.SKU_NOT_VALID,
                f"A sku is 1 to {CODE_LENGTH_MAX} printable characters, without outer spaces.",
                before + name,
                {name: sku[:CODE_LENGTH_MAX]},
            )
    if not is_plain(variant.name, NAME_LENGTH_MAX):
        yield name_fault(variant.name, before + "name")
    if variant.gtin is not None and not is_gtin(variant.gtin):
        yield Fault(
            errors.GTIN_NOT_VALID,
            "A GTIN is 8, 12, 13 or 14 digits, of which the last one checks the others.",
            before + "gtin",
            {"gtin": variant.gtin[:CODE_LENGTH_MAX]},
        )
    if not is_plain(variant.unit, UNIT_LENGTH_MAX):
        yield Fault(
            errors.UNIT_NOT_VALID,
            f"A unit is 1 to {UNIT_LENGTH_MAX} printable characters, such as kg or piece.",
            before + "unit",
            {"unit": variant.unit[:UNIT_LENGTH_MAX]},
        )
    if variant.pricing_model not in PRICING_MODELS:
        yield Fault(
            errors.PRICING_MODEL_NOT_VALID,
            "A pricing model is marketplace or wholesale.",
            before + "pricing_model",
            {"pricing_model": variant.pricing_model},
        )


def _price_faults(variant: NewVariant, before: str) -> Iterator[Fault]:
    for name in PRICE_NAMES:
        price: Decimal | None = getattr(variant, name)
        if price is not None and not is_price(price):
            yield Fault(
                errors.PRICE_NOT_VALID,
                "A price is zero or more, with at most four decimal places.",
                before + name,
                {name: str(price)},
            )
    rate = variant.vat_rate
    if rate is None and variant.prices_include_vat:
        yield Fault(
            errors.VAT_RATE_NEEDED,
            "Prices that include VAT come with its rate.",
            before + "vat_rate",
        )
    if rate is not None and not is_vat_rate(rate):
        yield Fault(
            errors.VAT_RATE_NOT_VALID,
            "A VAT rate is a percentage from 0 to 100, with at most two decimal places.",
            before + "vat_rate",
            {"vat_rate": str(rate)},
        )


def _is_step(quantity: Decimal, *, whole_units: bool) -> bool:
    if not quantity.is_finite() or not ZERO <= quantity <= QUANTITY_MAX:
        return False
    return not is_too_precise(quantity) and not (whole_units and quantity % 1)


def _without_vat(variant: NewVariant, names: Sequence[str]) -> NewVariant:
    rate = variant.vat_rate
    assert rate is not None, "checked prices that include VAT come with its rate"
    net = {
        name: without_vat(price, rate)
        for name in names
        if (price := getattr(variant, name)) is not None
    }
    return msgspec.structs.replace(variant, **net, prices_include_vat=False)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else quantity_text(number)
