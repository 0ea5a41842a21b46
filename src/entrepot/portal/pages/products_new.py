"""New products, and further variants of those there are."""

from __future__ import annotations

import re
from typing import Final

from entrepot import catalogue
from entrepot.catalogue import NewProduct, NewVariant, Product
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.portal.forms import Typed
from entrepot.portal.pages.products import product_of, suppliers_to_choose
from entrepot.portal.pages.products_adopting import FIELDS as ADOPTED_FIELDS
from entrepot.portal.pages.products_adopting import Adopted, adopted_of, match_adopted
from entrepot.portal.routes import Elsewhere, Outcome, Page, Shown, Visit
from entrepot.portal.words import Words

ROWS_MAX: Final = 20
"""Variants that are made at once by hand; more are added to the product afterwards."""
ROWS_FIRST: Final = 3
EACH: Final = ("sku", "name", "gtin", "retail_price", "purchase_price")
"""What each variant has of its own."""
SHARED: Final = ("unit", "vat_rate", "supplier", "prices")
"""What all of them have alike; it can be changed of each later."""
INCLUDED: Final = "include_vat"
_PLACE: Final = re.compile(r"(?:products\[0\]\.)?variants\[(\d+)\]\.(\w+)")


async def show_new(visit: Visit) -> Outcome:
    """Ask for a new product and its variants; an address may name what a wholesaler offers."""
    return await _form(visit, None, (), await adopted_of(visit, visit.query))


async def show_more(visit: Visit) -> Outcome:
    """Ask for further variants of a product."""
    return await _form(visit, await product_of(visit), ())


async def do_new(visit: Visit) -> Outcome:
    """Make a product with its variants; one that a wholesaler offers is matched with that."""
    typed = visit.typed
    rows = _rows(typed, visit.words)
    adopted = await adopted_of(visit, typed)
    if typed.ticked("more") or typed.faults:
        return await _form(visit, None, tuple(typed.faults), adopted)
    variants = tuple([variant for _, variant in rows])
    answer = await catalogue.create_products(
        visit.database,
        visit.services.desk.new_id,
        visit.caller,
        [NewProduct(typed.text("product"), variants)],
        visit.sent("create_products"),
    )
    if isinstance(answer, Refusal):
        return await _form(visit, None, _as_typed(rows, answer.faults), adopted)
    made = answer.answer.products[0]
    if adopted is not None:
        return await match_adopted(visit, adopted, made)
    return _go_on(visit, made, len(variants))


async def do_more(visit: Visit) -> Outcome:
    """Add variants to a product."""
    typed, product = visit.typed, await product_of(visit)
    rows = _rows(typed, visit.words)
    if typed.ticked("more") or typed.faults:
        return await _form(visit, product, tuple(typed.faults))
    variants = tuple([variant for _, variant in rows])
    answer = await catalogue.add_variants(
        visit.database,
        visit.services.desk.new_id,
        visit.caller,
        product.inner_id,
        variants,
        visit.sent("add_variants"),
    )
    if isinstance(answer, Refusal):
        return await _form(visit, product, _as_typed(rows, answer.faults))
    return _go_on(visit, answer.answer, len(variants))


def _go_on(visit: Visit, product: Product, made: int) -> Elsewhere:
    """Show what was made: the variant itself where it is the only one."""
    said = visit.words.ngettext(
        "The variant is there. Receive its first goods, or count them.",
        "%(num)s variants are there. Receive their first goods, or count them.",
        made,
    ) % {"num": visit.words.quantity(made)}
    if len(product.variants) == 1:
        return Elsewhere(address=f"/variants/{product.variants[0].id}", said=said)
    return Elsewhere(address=f"/products/{product.id}", said=said)


def _rows(typed: Typed, words: Words) -> list[tuple[int, NewVariant]]:
    """The variants that were typed, each with its row; rows left empty are none."""
    vat_rate = typed.number("vat_rate")
    supplier = _supplier(typed)
    rows = []
    for row in range(_count(typed)):
        text = {name: typed.text(f"{name}_{row}") for name in EACH}
        if not any(text.values()):
            continue
        variant = NewVariant(
            sku=text["sku"],
            name=text["name"] or typed.text("product"),
            gtin=text["gtin"].replace(" ", "") or None,
            unit=words.unit_typed(typed.text("unit")),
            retail_price=typed.number(f"retail_price_{row}"),
            purchase_price=typed.number(f"purchase_price_{row}"),
            vat_rate=vat_rate,
            whole_units=typed.ticked("whole_units"),
            unlimited=typed.ticked("unlimited"),
            supplier=supplier,
            prices_include_vat=typed.text("prices") == INCLUDED,
        )
        rows.append((row, variant))
    return rows


def _supplier(typed: Typed) -> Id | None:
    text = typed.text("supplier")
    return None if not text else ids.from_wire(ids.SUPPLIER, text) or ""


def _count(typed: Typed) -> int:
    """How many rows the form has."""
    text = typed.text("rows")
    return min(int(text), ROWS_MAX) if text.isascii() and text.isdigit() else ROWS_FIRST


def _as_typed(rows: list[tuple[int, NewVariant]], faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """Faults by the names that the form has for their fields.

    What all variants share is wrong with each of them; it is said once.
    """
    named: list[Fault] = []
    for fault in faults:
        field = fault.field or ""
        place = _PLACE.fullmatch(field)
        if field in {"products[0].name", "name"}:
            field = "product"
        elif field.endswith("variants"):
            field = "sku_0"
        elif place is not None:
            row = rows[int(place[1])][0]
            field = f"{place[2]}_{row}" if place[2] in EACH else place[2]
        known = Fault(fault.code, fault.message, field or None, fault.facts)
        if known not in named:
            named.append(known)
    return tuple(named)


async def _form(
    visit: Visit,
    product: Product | None,
    faults: tuple[Fault, ...],
    adopted: Adopted | None = None,
) -> Shown:
    typed = visit.typed
    if adopted is not None and not typed.fields:
        typed = adopted.typed(visit.words)
    count = _count(typed)
    if typed.ticked("more"):
        count = min(count + ROWS_FIRST, ROWS_MAX)
    return Shown(
        template="products/new.html.jinja",
        context={
            "product": product,
            "adopted": adopted,
            "typed": typed,
            "count": count,
            "rows_max": ROWS_MAX,
            "suppliers": await suppliers_to_choose(visit, None),
            "faults": faults,
        },
        status=422 if faults else 200,
    )


_FIELDS: Final = (
    "rows",
    "more",
    "whole_units",
    "unlimited",
    *SHARED,
    *(f"{name}_{row}" for row in range(ROWS_MAX) for name in EACH),
)

PAGES: Final = (
    Page(
        method="GET",
        path="/new-product",
        summary="A new product",
        handler=show_new,
        scope=Scope.CATALOGUE_WRITE,
        query=ADOPTED_FIELDS,
    ),
    Page(
        method="POST",
        path="/new-product",
        summary="Make a product with its variants",
        handler=do_new,
        scope=Scope.CATALOGUE_WRITE,
        fields=("product", *ADOPTED_FIELDS, *_FIELDS),
    ),
    Page(
        method="GET",
        path="/products/{product}/variants",
        summary="Further variants of a product",
        handler=show_more,
        scope=Scope.CATALOGUE_WRITE,
    ),
    Page(
        method="POST",
        path="/products/{product}/variants",
        summary="Add variants to a product",
        handler=do_more,
        scope=Scope.CATALOGUE_WRITE,
        fields=_FIELDS,
    ),
)
