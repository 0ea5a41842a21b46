"""Products and their variants: making them and changing them."""

from decimal import Decimal
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot import catalogue, orders
from entrepot.apis.rest.bodies import Text
from entrepot.apis.rest.problems import CREATED, Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    do_once,
    granted,
    page_of,
    page_type,
    sent_with,
    show_found,
    show_page,
    written,
)
from entrepot.apis.rest.wire import HexId, WireInt
from entrepot.catalogue import (
    NewProduct,
    NewVariant,
    Product,
    ProductsMade,
    Variant,
    VariantChanges,
)
from entrepot.infra.errors import KEY_REUSED
from entrepot.infra.writing import Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.orders import Affected

Percentage: TypeAlias = Annotated[Decimal, msgspec.Meta(description="In percent, such as 21.")]

_VARIANT_NOT_VALID: Final = (
    catalogue.UNKNOWN_SUPPLIER,
    catalogue.SKU_NOT_VALID,
    catalogue.NAME_NOT_VALID,
    catalogue.GTIN_NOT_VALID,
    catalogue.UNIT_NOT_VALID,
    catalogue.PRICING_MODEL_NOT_VALID,
    catalogue.PRICE_NOT_VALID,
    catalogue.VAT_RATE_NEEDED,
    catalogue.VAT_RATE_NOT_VALID,
    catalogue.QUANTITY_NOT_VALID,
    catalogue.UNITS_PER_CASE_NOT_VALID,
    catalogue.STATE_NOT_VALID,
    catalogue.SKU_TAKEN,
    catalogue.GTIN_TAKEN,
    catalogue.SUPPLIER_DELETED,
    KEY_REUSED,
)


class VariantBody(msgspec.Struct, forbid_unknown_fields=True):
    """A variant to make.

    `gtin` is 8, 12, 13 or 14 digits, `pricing_model` marketplace or wholesale, `supplier` an id,
    `state` active or deactivated. A minimum or multiple of 0 asks for nothing. Prices are without
    VAT; with `prices_include_vat` it is taken out of them, and `vat_rate` is needed.
    """

    sku: Text
    name: Text
    gtin: Text | None = None
    unit: Text = "piece"
    pricing_model: Text = "wholesale"
    retail_price: Decimal | None = None
    wholesale_price: Decimal | None = None
    purchase_price: Decimal | None = None
    prices_include_vat: bool = False
    vat_rate: Percentage | None = None
    whole_units: bool = False
    unlimited: bool = False
    is_orderable: bool = True
    order_quantity_min: Decimal = Decimal(0)
    order_quantity_multiple: Decimal = Decimal(0)
    units_per_case: WireInt = 1
    supplier: Text | None = None
    supplier_sku: Text | None = None
    state: Text = "active"


class ProductBody(msgspec.Struct, forbid_unknown_fields=True):
    """A product to make, with at least one variant."""

    name: Text
    variants: list[VariantBody]


class ProductsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Products to make, all of them or none."""

    products: list[ProductBody]


class AddVariantsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Variants to add to a product, all of them or none."""

    variants: list[VariantBody]


class ChangeProductBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a product."""

    name: Text


class ChangeVariantBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a variant; what is left out stays, `null` takes away what need not be.

    `prices_include_vat` is about the prices that are sent with it. `unlimited` is fixed. `deleted`
    is for ever.
    """

    sku: Text | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    gtin: Text | UnsetType | None = UNSET
    unit: Text | UnsetType = UNSET
    pricing_model: Text | UnsetType = UNSET
    retail_price: Decimal | UnsetType | None = UNSET
    wholesale_price: Decimal | UnsetType | None = UNSET
    purchase_price: Decimal | UnsetType | None = UNSET
    prices_include_vat: bool | UnsetType = UNSET
    vat_rate: Percentage | UnsetType | None = UNSET
    whole_units: bool | UnsetType = UNSET
    unlimited: bool | UnsetType = UNSET
    is_orderable: bool | UnsetType = UNSET
    order_quantity_min: Decimal | UnsetType = UNSET
    order_quantity_multiple: Decimal | UnsetType = UNSET
    units_per_case: WireInt | UnsetType = UNSET
    supplier: Text | UnsetType | None = UNSET
    supplier_sku: Text | UnsetType | None = UNSET
    state: Text | UnsetType = UNSET


class ChangedVariant(Variant, frozen=True, kw_only=True):
    """A variant as it is after a change, and what it affects that it ceased to be active."""

    affected: Affected | UnsetType = UNSET


async def list_products(call: Call[PageQuery, None]) -> Reply:
    """Show the caller's products with their variants."""
    page = page_of(call.query, tuple[HexId])
    rows = granted(await catalogue.list_products(call.services.database, call.caller, page))
    return show_page(rows, page, lambda row: (row.inner_id,))


async def find_product(call: Call[NoQuery, None]) -> Reply:
    """Show one of the caller's products with its variants."""
    text = call.path["product"]
    product = ids.from_wire(ids.PRODUCT, text)
    found = None
    if product is not None:
        found = granted(await catalogue.find_product(call.services.database, call.caller, product))
    return show_found(
        found, catalogue.UNKNOWN_PRODUCT, "You have no such product. Check its id.", product=text
    )


async def create_products(call: Call[NoQuery, ProductsBody]) -> Reply:
    """Make products with their variants."""
    products = [NewProduct(each.name, _new_variants(each.variants)) for each in call.body.products]
    return await do_once(
        call, "create_products", catalogue.create_products, products, status=CREATED
    )


async def change_product(call: Call[NoQuery, ChangeProductBody]) -> Reply:
    """Change a product."""
    product = ids.from_wire(ids.PRODUCT, call.path["product"]) or ""
    return await do_once(call, "change_product", catalogue.change_product, product, call.body.name)


async def add_variants(call: Call[NoQuery, AddVariantsBody]) -> Reply:
    """Add variants to a product."""
    product = ids.from_wire(ids.PRODUCT, call.path["product"]) or ""
    variants = _new_variants(call.body.variants)
    return await do_once(
        call, "add_variants", catalogue.add_variants, product, variants, status=CREATED
    )


async def change_variant(call: Call[NoQuery, ChangeVariantBody]) -> Reply:
    """Change a variant; where it ceases to be active, say what that affects."""
    services, state = call.services, call.body.state
    variant = ids.from_wire(ids.VARIANT, call.path["variant"]) or ""
    changes = VariantChanges(**_fields(call.body))
    sent = sent_with(call, "change_variant")
    offers = True
    if changes.pricing_model == "wholesale":
        offers = granted(await orders.offers_wholesale(services.database, call.caller))
    answer = await catalogue.change_variant(
        services.database,
        services.desk.new_id,
        call.caller,
        variant,
        changes,
        sent,
        offers_wholesale=offers,
    )
    done = granted(answer)
    affected: Affected | UnsetType = UNSET
    if state in {"deactivated", "deleted"}:
        affected = granted(await orders.find_affected(services.database, call.caller, variant))
    changed = ChangedVariant(**msgspec.structs.asdict(done.answer), affected=affected)
    return written(Written(changed, done.replayed))


def _new_variants(bodies: list[VariantBody]) -> tuple[NewVariant, ...]:
    return tuple([NewVariant(**_fields(body)) for body in bodies])


def _fields(body: VariantBody | ChangeVariantBody) -> dict[str, Any]:
    """A body's fields by name; a supplier by its id inside, "" where it is none."""
    fields = msgspec.structs.asdict(body)
    if isinstance(body.supplier, str):
        fields["supplier"] = ids.from_wire(ids.SUPPLIER, body.supplier) or ""
    return fields


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/products",
        topic="Catalogue",
        summary="List your products with their variants",
        detail="In the order in which they were made. Deleted variants are left out.",
        handler=list_products,
        query=PageQuery,
        answer=page_type("Product", Product),
        scope=Scope.CATALOGUE_READ,
    ),
    Route(
        method="POST",
        path=f"{API}/products",
        topic="Catalogue",
        summary="Make products with their variants",
        detail="All of them or none; every fault is named by its field.",
        handler=create_products,
        body=ProductsBody,
        is_act=True,
        status=CREATED,
        answer=ProductsMade,
        scope=Scope.CATALOGUE_WRITE,
        refusals=(
            catalogue.NO_PRODUCTS,
            catalogue.NO_VARIANTS,
            catalogue.TOO_MANY_VARIANTS,
            *_VARIANT_NOT_VALID,
        ),
    ),
    Route(
        method="GET",
        path=f"{API}/products/{{product}}",
        topic="Catalogue",
        summary="Show one product with its variants",
        handler=find_product,
        answer=Product,
        scope=Scope.CATALOGUE_READ,
        refusals=(catalogue.UNKNOWN_PRODUCT,),
    ),
    Route(
        method="PATCH",
        path=f"{API}/products/{{product}}",
        topic="Catalogue",
        summary="Change a product",
        handler=change_product,
        body=ChangeProductBody,
        is_act=True,
        answer=Product,
        scope=Scope.CATALOGUE_WRITE,
        refusals=(catalogue.UNKNOWN_PRODUCT, catalogue.NAME_NOT_VALID, KEY_REUSED),
    ),
    Route(
        method="POST",
        path=f"{API}/products/{{product}}/variants",
        topic="Catalogue",
        summary="Add variants to a product",
        detail="All of them or none; every fault is named by its field.",
        handler=add_variants,
        body=AddVariantsBody,
        is_act=True,
        status=CREATED,
        answer=Product,
        scope=Scope.CATALOGUE_WRITE,
        refusals=(
            catalogue.UNKNOWN_PRODUCT,
            catalogue.NO_VARIANTS,
            catalogue.TOO_MANY_VARIANTS,
            *_VARIANT_NOT_VALID,
        ),
    ),
    Route(
        method="PATCH",
        path=f"{API}/variants/{{variant}}",
        topic="Catalogue",
        summary="Change a variant",
        detail=(
            "Only the fields that are sent. Orders that were placed keep their prices. Deactivating"
            " and deleting are answered with what they affect as things are now: product matches,"
            " allocations, and orders that wait for the variant or hold it."
        ),
        handler=change_variant,
        body=ChangeVariantBody,
        is_act=True,
        answer=ChangedVariant,
        scope=Scope.CATALOGUE_WRITE,
        refusals=(
            catalogue.UNKNOWN_VARIANT,
            *_VARIANT_NOT_VALID,
            catalogue.WHOLESALE_NOT_OFFERED,
            catalogue.UNLIMITED_IS_FIXED,
            catalogue.VARIANT_DELETED,
        ),
    ),
)
