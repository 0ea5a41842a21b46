"""Changing a variant: what it is, what it costs, how it is ordered, and whether it is sold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

from entrepot import catalogue, orders
from entrepot.catalogue import Supplier, Variant, VariantChanges
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.orders import Affected
from entrepot.portal.forms import Typed
from entrepot.portal.pages.products import suppliers_to_choose
from entrepot.portal.pages.stock import variant_of
from entrepot.portal.routes import (
    Elsewhere,
    Outcome,
    Page,
    Shown,
    Visit,
    found,
    granted,
)
from entrepot.portal.words import Words

TEXTS: Final = ("sku", "name", "unit", "pricing_model")
OPTIONAL: Final = ("gtin", "supplier_sku")
PRICES: Final = ("retail_price", "wholesale_price", "purchase_price", "vat_rate")
STEPS: Final = ("order_quantity_min", "order_quantity_multiple")
FLAGS: Final = ("whole_units", "is_orderable")
STATES: Final = ("active", "deactivated", "deleted")
INCLUDED: Final = "include_vat"


async def show_change(visit: Visit) -> Outcome:
    """Ask what to change, with what there is in the fields."""
    variant = await variant_of(visit)
    return await _form(visit, variant, _as_typed(visit.words, variant), ())


async def do_change(visit: Visit) -> Outcome:
    """Change what was typed; the whole form is one change."""
    typed = visit.typed
    variant = await variant_of(visit)
    changes = _changes(typed, visit.words)
    refused = typed.refusal
    if refused is None:
        offers = True
        if changes.pricing_model == "wholesale":
            offers = granted(await orders.offers_wholesale(visit.database, visit.caller))
        answer = await catalogue.change_variant(
            visit.database,
            visit.services.desk.new_id,
            visit.caller,
            variant.inner_id,
            changes,
            visit.sent("change_variant"),
            offers_wholesale=offers,
        )
        refused = answer if isinstance(answer, Refusal) else None
    if refused is not None:
        values = {name: typed.text(name) for name in FIELDS}
        return await _form(visit, variant, values, refused.faults)
    return Elsewhere(address=f"/variants/{variant.id}", said=visit.words("The change is made."))


async def do_state(visit: Visit) -> Outcome:
    """Activate, deactivate or delete, and say what that affects."""
    variant = await variant_of(visit)
    state = visit.typed.choice("state", STATES)
    refused = visit.typed.refusal
    if refused is None:
        answer = await catalogue.change_variant(
            visit.database,
            visit.services.desk.new_id,
            visit.caller,
            variant.inner_id,
            VariantChanges(state=state),
            visit.sent("change_variant"),
        )
        refused = answer if isinstance(answer, Refusal) else None
    granted(refused)
    words = visit.words
    said = {
        "active": words("The variant is for sale again. Matches that ended are made anew."),
        "deactivated": words("The variant takes no new orders."),
        "deleted": words("The variant was deleted. Its history stays."),
    }[state]
    if state != "active":
        affected = granted(
            await orders.find_affected(visit.database, visit.caller, variant.inner_id)
        )
        said = f"{said} {say_affected(words, affected)}".strip()
    address = f"/products/{variant.product}" if state == "deleted" else f"/variants/{variant.id}"
    return Elsewhere(address=address, said=said)


def say_affected(words: Words, affected: Affected) -> str:
    """What it affects that a variant is no longer sold, in a sentence; empty for nothing."""
    counted = (
        (affected.matches, words.ngettext("%(num)s match", "%(num)s matches", affected.matches)),
        (
            affected.allocations,
            words.ngettext("%(num)s allocation", "%(num)s allocations", affected.allocations),
        ),
        (
            affected.waiting_orders,
            words.ngettext(
                "%(num)s order that waits for it",
                "%(num)s orders that wait for it",
                affected.waiting_orders,
            ),
        ),
        (
            affected.holding_orders,
            words.ngettext(
                "%(num)s order that holds it and still ships",
                "%(num)s orders that hold it and still ship",
                affected.holding_orders,
            ),
        ),
    )
    named = [text % {"num": words.quantity(count)} for count, text in counted if count]
    return words("This affects: %(list)s.", list=", ".join(named)) if named else ""


def _as_typed(words: Words, variant: Variant) -> dict[str, str]:
    """A variant as its form shows it: numbers as the language writes them."""
    kept: dict[str, Any] = msgspec.structs.asdict(variant)
    values = {name: kept[name] or "" for name in (*TEXTS, *OPTIONAL, "supplier")}
    for name in (*PRICES, *STEPS):
        values[name] = (
            "" if kept[name] in {None, "0"} and name in STEPS else _number(words, kept[name])
        )
    values["units_per_case"] = words.quantity(variant.units_per_case)
    values |= {name: "1" if kept[name] else "" for name in FLAGS}
    return {**values, "prices": ""}


def _number(words: Words, text: str | None) -> str:
    return "" if text is None else words.quantity(text)


def _changes(typed: Typed, words: Words) -> VariantChanges:
    """Everything that the form has: it is drawn with what there is, so that all is a wish."""
    supplier = typed.text("supplier")
    gtin = typed.text("gtin").replace(" ", "")
    return VariantChanges(
        sku=typed.text("sku"),
        name=typed.text("name"),
        gtin=gtin or None,
        unit=words.unit_typed(typed.text("unit")),
        pricing_model=typed.text("pricing_model"),
        retail_price=typed.number("retail_price"),
        wholesale_price=typed.number("wholesale_price"),
        purchase_price=typed.number("purchase_price"),
        vat_rate=typed.number("vat_rate"),
        whole_units=typed.ticked("whole_units"),
        is_orderable=typed.ticked("is_orderable"),
        order_quantity_min=typed.number("order_quantity_min") or Decimal(0),
        order_quantity_multiple=typed.number("order_quantity_multiple") or Decimal(0),
        units_per_case=typed.whole("units_per_case") or 1,
        supplier=None if not supplier else ids.from_wire(ids.SUPPLIER, supplier) or "",
        supplier_sku=typed.text("supplier_sku") or None,
        prices_include_vat=typed.text("prices") == INCLUDED,
    )


async def _form(
    visit: Visit, variant: Variant, values: dict[str, str], faults: tuple[Fault, ...]
) -> Shown:
    supplier: Supplier | None = None
    if variant.supplier is not None:
        kept = variant.supplier.removeprefix(ids.SUPPLIER)
        supplier = found(await catalogue.find_supplier(visit.database, visit.caller, kept))
    return Shown(
        template="products/change.html.jinja",
        context={
            "variant": variant,
            "values": values,
            "suppliers": await suppliers_to_choose(visit, supplier),
            "faults": faults,
        },
        status=422 if faults else 200,
    )


FIELDS: Final = (
    *TEXTS,
    *OPTIONAL,
    *PRICES,
    *STEPS,
    *FLAGS,
    "units_per_case",
    "supplier",
    "prices",
)

PAGES: Final = (
    Page(
        method="GET",
        path="/variants/{variant}/change",
        summary="Change a variant: the form",
        handler=show_change,
        scope=Scope.CATALOGUE_WRITE,
    ),
    Page(
        method="POST",
        path="/variants/{variant}/change",
        summary="Change a variant",
        handler=do_change,
        scope=Scope.CATALOGUE_WRITE,
        fields=FIELDS,
    ),
    Page(
        method="POST",
        path="/variants/{variant}/state",
        summary="Activate, deactivate or delete a variant",
        handler=do_state,
        scope=Scope.CATALOGUE_WRITE,
        fields=("state",),
    ),
)
