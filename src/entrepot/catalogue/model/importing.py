"""Rules of imported rows: what each makes of the variant or supplier that it names.

A row says what it has columns for and nothing else. An empty cell takes an optional value away and
leaves any other as it is; for something new it means the usual value.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from entrepot.catalogue import errors
from entrepot.catalogue.model.changes import (
    ACTIVE,
    DEACTIVATED,
    DELETED,
    LISTED,
    with_changes,
)
from entrepot.catalogue.model.gtins import gtin_key
from entrepot.catalogue.model.suppliers import (
    NewSupplier,
    Supplier,
    SupplierChanges,
    check_supplier,
    name_key,
    name_taken,
)
from entrepot.catalogue.model.text import NAME_LENGTH_MAX, name_fault
from entrepot.catalogue.model.variants import (
    NewVariant,
    VariantChanges,
    as_kept,
    changed_variant,
    check_changed,
    check_new_variants,
    gtin_taken,
)
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, gather
from entrepot.kernel.text import is_plain

Cells: TypeAlias = Mapping[str, str | Decimal | int | bool | None]
"""What a row says, by the name of the column; None for an empty cell."""

_OPTIONAL: Final = frozenset(
    {
        "gtin",
        "retail_price",
        "wholesale_price",
        "purchase_price",
        "vat_rate",
        "supplier_sku",
        "email",
    }
)
_NOT_OF_VARIANT: Final = frozenset({"product", "supplier"})


class KeptVariant(NamedTuple):
    """A variant that there is: its id, its product's, and all that is said of it."""

    id: Id
    product: Id
    variant: NewVariant


class VariantFacts(NamedTuple):
    """What the rows of a chunk are decided by.

    The variants by sku, the names of their products where rows name products, the skus of those
    that have the GTINs named (by what GTINs are compared by), and the suppliers named (by what
    names are compared by).
    """

    variants: Mapping[str, KeptVariant]
    products: Mapping[Id, str]
    gtins: Mapping[str, str]
    suppliers: Mapping[str, Id]


class VariantDecision(msgspec.Struct):
    """What became of the rows: faults by row, variants to make and to write, by row.

    `made` also has the name of the product to be part of, None for one of its own.
    """

    faults: dict[int, tuple[Fault, ...]]
    made: dict[int, tuple[str | None, NewVariant]]
    changed: dict[int, tuple[Id, NewVariant]]


class SupplierDecision(msgspec.Struct):
    """What became of the rows: faults by row, suppliers to make and to write, by row."""

    faults: dict[int, tuple[Fault, ...]]
    made: dict[int, tuple[NewSupplier, str]]
    changed: dict[int, Supplier]


def decide_variants(rows: Sequence[Cells], facts: VariantFacts) -> VariantDecision:
    """Decide rows of variants, no two of which have the same sku."""
    decision = VariantDecision({}, {}, {})
    gtins = dict(facts.gtins)
    for number, cells in enumerate(rows):
        sku = str(cells.get("sku") or "")
        kept = facts.variants.get(sku)
        supplier, faults = _supplier(cells, facts.suppliers)
        if kept is None:
            wanted, more = _new_variant(sku, cells, supplier)
        else:
            wanted, more = _changed_variant(kept, cells, supplier, facts.products)
        faults += more
        key = None if wanted.gtin is None else gtin_key(wanted.gtin)
        if key is not None and gtins.get(key, sku) != sku:
            faults.append(gtin_taken(str(wanted.gtin), "gtin"))
        refused = gather(faults, errors.PRECEDENCE)
        if refused is not None:
            decision.faults[number] = refused.faults
            continue
        if key is not None:
            gtins[key] = sku
        if kept is None:
            decision.made[number] = (_text(cells.get("product")), as_kept(wanted))
        elif wanted != kept.variant:
            decision.changed[number] = (kept.id, wanted)
    return decision


def decide_suppliers(rows: Sequence[Cells], kept: Mapping[str, Supplier]) -> SupplierDecision:
    """Decide rows of suppliers; `kept` has those there are, by what names are compared by."""
    decision = SupplierDecision({}, {}, {})
    named: set[str] = set()
    for number, cells in enumerate(rows):
        name = str(cells.get("name") or "")
        values = _given(cells, frozenset())
        state = values.pop("state", None)
        faults = _state_faults(state)
        key = name_key(name)
        if key in named:
            faults.append(name_taken(name))
        named.add(key)
        there = kept.get(key)
        if there is None:
            new = NewSupplier(**{"name": name, **values})
            refusal = check_supplier(new)
            decision.made[number] = (new, state or ACTIVE)
        else:
            changes = SupplierChanges(**values)
            changed = with_changes(there, changes)
            changed = msgspec.structs.replace(changed, state=state or there.state)
            refusal = check_supplier(changed)
            if changed != there:
                decision.changed[number] = changed
        faults += () if refusal is None else refusal.faults
        refused = gather(faults, errors.PRECEDENCE)
        if refused is not None:
            decision.made.pop(number, None)
            decision.changed.pop(number, None)
            decision.faults[number] = refused.faults
    return decision


def gtins_in(rows: Sequence[Cells]) -> list[str]:
    """What the GTINs named in rows are compared by."""
    return [gtin_key(str(cells["gtin"])) for cells in rows if cells.get("gtin")]


def suppliers_in(rows: Sequence[Cells]) -> list[str]:
    """What the names of the suppliers named in rows are compared by."""
    return list({name_key(str(cells["supplier"])) for cells in rows if cells.get("supplier")})


def _new_variant(sku: str, cells: Cells, supplier: Id | None) -> tuple[NewVariant, list[Fault]]:
    values = _given(cells, _NOT_OF_VARIANT)
    product = _text(cells.get("product"))
    values.setdefault("name", product or "")
    new = NewVariant(**{**values, "sku": sku, "supplier": supplier})
    faults = [
        msgspec.structs.replace(fault, field=str(fault.field).rpartition(".")[2])
        for fault in check_new_variants([new], "")
    ]
    if product is not None and not is_plain(product, NAME_LENGTH_MAX):
        faults.append(name_fault(product, "product"))
    return new, faults


def _changed_variant(
    kept: KeptVariant, cells: Cells, supplier: Id | None, products: Mapping[Id, str]
) -> tuple[NewVariant, list[Fault]]:
    if kept.variant.state == DELETED:
        return kept.variant, [_deleted(kept.variant.sku)]
    values = _given(cells, _NOT_OF_VARIANT)
    if "supplier" in cells:
        values["supplier"] = supplier
    changes = VariantChanges(**values)
    faults = list(check_changed(kept.variant, changes))
    faults += _state_faults(values.get("state"))
    product = cells.get("product")
    if product and product != products[kept.product]:
        faults.append(_product_is_fixed(kept.variant.sku, products[kept.product]))
    return (kept.variant, faults) if faults else (changed_variant(kept.variant, changes), faults)


def _product_is_fixed(sku: str, product: str) -> Fault:
    return Fault(
        errors.PRODUCT_IS_FIXED,
        f"{sku} is a variant of the product {product} and stays there. Rename the product, or"
        " leave this cell empty.",
        "product",
        {"product": product},
    )


def _supplier(cells: Cells, suppliers: Mapping[str, Id]) -> tuple[Id | None, list[Fault]]:
    """The supplier that a row names, by its name."""
    name = _text(cells.get("supplier"))
    if name is None:
        return None, []
    found = suppliers.get(name_key(name))
    if found is not None:
        return found, []
    shown = name[:NAME_LENGTH_MAX]
    fault = Fault(
        errors.UNKNOWN_SUPPLIER,
        f"You have no supplier {shown}. Import or make your suppliers first.",
        "supplier",
        {"supplier": shown},
    )
    return None, [fault]


def _given(cells: Cells, without: frozenset[str]) -> dict[str, Any]:
    """What a row says of the thing itself; an empty cell says something of optional values only."""
    return {
        name: value
        for name, value in cells.items()
        if name not in without and (value is not None or name in _OPTIONAL)
    }


def _state_faults(state: str | None) -> list[Fault]:
    """A row makes nothing that is deleted and deletes nothing: a slip would cost too much."""
    if state is None or state in LISTED:
        return []
    return [
        Fault(
            errors.STATE_NOT_VALID,
            f"The state in a row is {ACTIVE} or {DEACTIVATED}.",
            "state",
            {"state": state},
        )
    ]


def _deleted(sku: str) -> Fault:
    return Fault(
        errors.VARIANT_DELETED,
        f"{sku} was deleted; give the goods another sku.",
        "sku",
        {"sku": sku},
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
