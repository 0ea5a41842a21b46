"""Products and stock: the list of all variants, and what one product holds."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast
from urllib.parse import urlencode

import msgspec

from entrepot import catalogue, stock
from entrepot.catalogue import Product, Supplier, VariantFilter
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import LIMIT_MAX
from entrepot.kernel.paging import Page as Part
from entrepot.kernel.refusal import Fault
from entrepot.portal.paging import page_at, write_cursor
from entrepot.portal.routes import (
    Elsewhere,
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    done,
    found,
    granted,
)
from entrepot.stock import Goods, GoodsFilter

Sku = Annotated[str, msgspec.Meta(max_length=200)]

STATES: Final = ("active", "deactivated")
FILTERS: Final = ("q", "state", "supplier", "stock")
TEXT_MAX: Final = 100


async def show_products(visit: Visit) -> Outcome:
    """List what there is to sell, with its stock, as far as it fits the filters."""
    query = visit.query
    supplier = await _supplier_asked_for(visit)
    kind = query.text("stock")
    wanted = GoodsFilter(
        query.text("q")[:TEXT_MAX],
        cast("Any", query.text("state")) if query.text("state") in STATES else None,
        None if supplier is None else supplier.inner_id,
        short=kind == "short",
        shared=kind == "shared",
        offered=kind == "offered",
    )
    page = page_at(query.text("cursor"), tuple[Sku])
    listed = granted(await stock.list_goods(visit.database, visit.caller, page, wanted))
    exact = None
    if wanted.text and page.after is None:
        exact = await _exactly(visit, wanted.text, listed.rows)
    chosen = {name: query.text(name) for name in FILTERS if query.text(name)}
    return Shown(
        template="products/list.html.jinja",
        context={
            "goods": listed.rows,
            "following": None if listed.following is None else write_cursor(listed.following),
            "is_first": page.after is None,
            "is_search": wanted.is_narrow,
            "exact": exact,
            "chosen": chosen,
            "here": "/products" + (f"?{urlencode(chosen)}" if chosen else ""),
            "suppliers": await suppliers_to_choose(visit, supplier),
        },
    )


async def _supplier_asked_for(visit: Visit) -> Supplier | None:
    """The supplier that the address names; one that is not there is shown as an absent page."""
    text = visit.query.text("supplier")
    if not text:
        return None
    supplier = ids.from_wire(ids.SUPPLIER, text)
    if supplier is None:
        raise NothingHereError
    return found(await catalogue.find_supplier(visit.database, visit.caller, supplier))


async def _exactly(visit: Visit, text: str, shown: tuple[Goods, ...]) -> catalogue.Variant | None:
    """The variant with exactly this sku or GTIN, wherever in the list it stands.

    A search looks through so many variants at once; what is named in full is found at once.
    """
    for wanted in (VariantFilter(sku=text), VariantFilter(gtin=text)):
        if wanted.gtin is not None and not text.isdigit():
            continue
        named = granted(
            await catalogue.list_variants(visit.database, visit.caller, limit=1, wanted=wanted)
        )
        if named and all(named[0].id != each.variant for each in shown):
            return named[0]
    return None


async def suppliers_to_choose(visit: Visit, chosen: Supplier | None) -> list[tuple[str, str]]:
    """The first suppliers by name, and the one that is chosen, as a field offers them."""
    first = granted(
        await catalogue.list_suppliers(visit.database, visit.caller, Part(LIMIT_MAX), "active")
    )
    listed = {each.id: each.name for each in first[:LIMIT_MAX]}
    if chosen is not None:
        listed.setdefault(chosen.id, chosen.name)
    return list(listed.items())


async def show_product(visit: Visit) -> Outcome:
    """Show one product with its variants."""
    return _product_page(await product_of(visit), ())


async def do_rename(visit: Visit) -> Outcome:
    """Give a product another name."""
    product = await product_of(visit)
    answer = await catalogue.change_product(
        visit.database,
        visit.services.desk.new_id,
        visit.caller,
        product.inner_id,
        visit.typed.text("name"),
        visit.sent("change_product"),
    )
    refusal = done(answer)
    if refusal is not None:
        return _product_page(product, refusal.faults, visit.typed.text("name"))
    said = visit.words("The product has its new name.")
    return Elsewhere(address=f"/products/{product.id}", said=said)


async def product_of(visit: Visit) -> Product:
    """The product that the address names."""
    product = ids.from_wire(ids.PRODUCT, visit.path["product"])
    if product is None:
        raise NothingHereError
    return found(await catalogue.find_product(visit.database, visit.caller, product))


def _product_page(product: Product, faults: tuple[Fault, ...], name: str | None = None) -> Shown:
    context = {
        "product": product,
        "name": product.name if name is None else name,
        "faults": faults,
    }
    return Shown(
        template="products/product.html.jinja", context=context, status=422 if faults else 200
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/products",
        summary="Products and stock",
        handler=show_products,
        scope=Scope.CATALOGUE_READ,
        query=(*FILTERS, "cursor"),
    ),
    Page(
        method="GET",
        path="/products/{product}",
        summary="One product and its variants",
        handler=show_product,
        scope=Scope.CATALOGUE_READ,
    ),
    Page(
        method="POST",
        path="/products/{product}",
        summary="Rename a product",
        handler=do_rename,
        scope=Scope.CATALOGUE_WRITE,
        fields=("name",),
    ),
)
