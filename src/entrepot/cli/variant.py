"""`entrepot variant`: what an organisation stocks and sells."""

from __future__ import annotations

from collections.abc import Awaitable
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

import typer

from entrepot import catalogue, orders
from entrepot.app import Services
from entrepot.catalogue import NewProduct, NewVariant, Variant, VariantChanges, VariantFilter
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, product_id, the_supplier, the_variants
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument, decimal_of
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal

CLEARABLE = (
    "gtin",
    "retail-price",
    "wholesale-price",
    "purchase-price",
    "vat-rate",
    "supplier",
    "supplier-sku",
)

app = typer.Typer(
    name="variant",
    help="Make, list and change variants, and (de)activate them.",
    no_args_is_help=True,
)

SkuArgument = Annotated[
    str, typer.Argument(metavar="SKU", help="The organisation's own code for the variant.")
]
State: TypeAlias = Literal["active", "deactivated", "deleted"]
PricingModel: TypeAlias = Literal["marketplace", "wholesale"]

GtinOption = Annotated[
    str | None, typer.Option(help="The number under its barcode: 8, 12, 13 or 14 digits.")
]
RetailPriceOption = Annotated[
    Decimal | None,
    typer.Option(parser=decimal_of, metavar="PRICE", help="What a customer pays for a unit."),
]
WholesalePriceOption = Annotated[
    Decimal | None,
    typer.Option(parser=decimal_of, metavar="PRICE", help="What a retailer pays for a unit."),
]
PurchasePriceOption = Annotated[
    Decimal | None,
    typer.Option(parser=decimal_of, metavar="PRICE", help="What the supplier is paid for a unit."),
]
VatRateOption = Annotated[
    Decimal | None,
    typer.Option(parser=decimal_of, metavar="PERCENT", help="The rate of VAT, such as 21."),
]
IncludeVatOption = Annotated[
    bool,
    typer.Option(
        "--prices-include-vat", help="The prices given here include VAT; kept are those without."
    ),
]
SupplierOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="The supplier, by its name.")
]
SupplierSkuOption = Annotated[str | None, typer.Option(help="The supplier's own code for it.")]
ProductOption = Annotated[
    str | None,
    typer.Option(
        metavar="PRODUCT", help="Add it to the product with this id.  [default: a new product]"
    ),
]
LegacyIdOption = Annotated[
    int | None,
    typer.Option(help="The number the marketplace's programs know it by.  [default: given out]"),
]
OtherMinOption = Annotated[
    Decimal | None,
    typer.Option(parser=decimal_of, metavar="QUANTITY", help="Fewest units in a line."),
]
OtherMultipleOption = Annotated[
    Decimal | None,
    typer.Option(parser=decimal_of, metavar="QUANTITY", help="A line must divide by this."),
]


@app.command()
@examples(
    'entrepot variant create jeans-farm CARROTS --name "Carrots, loose" --unit kg',
    "entrepot variant create winkel-noord MUG-BLUE --whole-units --retail-price 8.95",
    "entrepot variant create winkel-noord TEAPOT --gtin 4006381333931 --retail-price 42.35"
    " --vat-rate 21 --prices-include-vat",
)
def create(  # noqa: PLR0913 - one option for each property of a variant
    organisation: OrganisationArgument,
    sku: SkuArgument,
    *,
    name: Annotated[str, typer.Option(help="Its name.  [default: SKU]")] = "",
    product: ProductOption = None,
    gtin: GtinOption = None,
    unit: Annotated[str, typer.Option(help="What it is counted in.")] = "piece",
    pricing_model: Annotated[
        PricingModel, typer.Option(help="Which of its prices a marketplace goes by.")
    ] = "wholesale",
    retail_price: RetailPriceOption = None,
    wholesale_price: WholesalePriceOption = None,
    purchase_price: PurchasePriceOption = None,
    vat_rate: VatRateOption = None,
    prices_include_vat: IncludeVatOption = False,
    whole_units: Annotated[
        bool, typer.Option("--whole-units", help="Sell whole units only.")
    ] = False,
    unlimited: Annotated[bool, typer.Option("--unlimited", help="Do not count its stock.")] = False,
    not_orderable: Annotated[
        bool, typer.Option("--not-orderable", help="Let nobody order it as yet.")
    ] = False,
    order_quantity_min: Annotated[
        Decimal,
        typer.Option(parser=decimal_of, metavar="QUANTITY", help="Fewest units in a line."),
    ] = Decimal(0),
    order_quantity_multiple: Annotated[
        Decimal,
        typer.Option(parser=decimal_of, metavar="QUANTITY", help="A line must divide by this."),
    ] = Decimal(0),
    units_per_case: Annotated[int, typer.Option(help="How many units a case holds.")] = 1,
    supplier: SupplierOption = None,
    supplier_sku: SupplierSkuOption = None,
    legacy_id: LegacyIdOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make a product with this one variant, or add the variant to a product."""

    async def work(services: Services) -> Variant:
        caller = await operator_of(services, organisation)
        new = NewVariant(
            sku=sku,
            name=name or sku,
            gtin=gtin,
            unit=unit,
            pricing_model=pricing_model,
            retail_price=retail_price,
            wholesale_price=wholesale_price,
            purchase_price=purchase_price,
            vat_rate=vat_rate,
            whole_units=whole_units,
            unlimited=unlimited,
            is_orderable=not not_orderable,
            order_quantity_min=order_quantity_min,
            order_quantity_multiple=order_quantity_multiple,
            units_per_case=units_per_case,
            supplier=await _supplier(services, caller, supplier),
            supplier_sku=supplier_sku,
            legacy_id=legacy_id,
            prices_include_vat=prices_include_vat,
        )
        return await _make(services, caller, new, product)

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot variant change jeans-farm CARROTS --retail-price 2.60",
    "entrepot variant change winkel-noord TEAPOT --supplier Aardewerk --purchase-price 19",
    "entrepot variant change winkel-noord TEAPOT --clear gtin --clear supplier",
)
def change(  # noqa: PLR0913 - one option for each property of a variant
    organisation: OrganisationArgument,
    sku: SkuArgument,
    *,
    new_sku: Annotated[str | None, typer.Option(help="Another sku.")] = None,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    gtin: GtinOption = None,
    unit: Annotated[str | None, typer.Option(help="What it is counted in.")] = None,
    pricing_model: Annotated[
        PricingModel | None, typer.Option(help="Which of its prices a marketplace goes by.")
    ] = None,
    retail_price: RetailPriceOption = None,
    wholesale_price: WholesalePriceOption = None,
    purchase_price: PurchasePriceOption = None,
    vat_rate: VatRateOption = None,
    prices_include_vat: IncludeVatOption = False,
    whole_units: Annotated[
        bool | None,
        typer.Option("--whole-units/--any-units", help="Sell whole units only, or not."),
    ] = None,
    is_orderable: Annotated[
        bool | None, typer.Option("--orderable/--not-orderable", help="Let it be ordered, or not.")
    ] = None,
    order_quantity_min: OtherMinOption = None,
    order_quantity_multiple: OtherMultipleOption = None,
    units_per_case: Annotated[int | None, typer.Option(help="How many units a case holds.")] = None,
    supplier: SupplierOption = None,
    supplier_sku: SupplierSkuOption = None,
    state: Annotated[State | None, typer.Option(help="Another state; deleted is for ever.")] = None,
    clear: Annotated[
        list[str] | None,
        typer.Option(help=f"Take this away; give it once for each. One of {', '.join(CLEARABLE)}."),
    ] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Change what is given of a variant; the rest stays as it is."""
    values: dict[str, object] = {
        "sku": new_sku,
        "name": name,
        "gtin": gtin,
        "unit": unit,
        "pricing_model": pricing_model,
        "retail_price": retail_price,
        "wholesale_price": wholesale_price,
        "purchase_price": purchase_price,
        "vat_rate": vat_rate,
        "prices_include_vat": prices_include_vat or None,
        "whole_units": whole_units,
        "is_orderable": is_orderable,
        "order_quantity_min": order_quantity_min,
        "order_quantity_multiple": order_quantity_multiple,
        "units_per_case": units_per_case,
        "supplier_sku": supplier_sku,
        "state": state,
    }
    given = {name: value for name, value in values.items() if value is not None}
    cleared = _cleared(clear or [], given.keys() | ({"supplier"} if supplier else set()))

    async def work(services: Services) -> Variant:
        caller = await operator_of(services, organisation)
        if supplier is not None:
            given["supplier"] = await _supplier(services, caller, supplier)
        return await _change(services, caller, sku, VariantChanges(**given, **cleared))  # type: ignore[arg-type] # each by its name

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command(name="list")
@examples(
    "entrepot variant list de-groothandel",
    "entrepot variant list winkel-noord --supplier Aardewerk --state deactivated",
)
def list_(
    organisation: OrganisationArgument,
    *,
    gtin: Annotated[str | None, typer.Option(help="Only the one with this GTIN.")] = None,
    supplier: SupplierOption = None,
    state: Annotated[
        State | None, typer.Option(help="Only these.  [default: all but deleted ones]")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List an organisation's variants by sku."""

    async def work(services: Services) -> list[Variant]:
        caller = await operator_of(services, organisation)
        wanted = VariantFilter(
            gtin=gtin, supplier=await _supplier(services, caller, supplier), state=state
        )

        def read(page: Page) -> Awaitable[list[Variant] | Refusal]:
            after = "" if page.after is None else str(page.after[0])
            return catalogue.list_variants(services.pool, caller, after, page.limit, wanted)

        return await every_row(read, lambda row: (row.sku,))

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"variants": found})
    elif found:
        print_variants(found)
    else:
        say("There are no such variants. `entrepot variant create` makes one.")


@app.command()
@examples(
    "entrepot variant deactivate jeans-farm CARROTS",
)
def deactivate(
    organisation: OrganisationArgument,
    sku: SkuArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Stop new orders of a variant, and say what that affects; orders that were placed stand."""
    _print(_set_state(organisation, sku, "deactivated", json=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot variant activate jeans-farm CARROTS",
)
def activate(
    organisation: OrganisationArgument,
    sku: SkuArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Let a variant be ordered again."""
    _print(_set_state(organisation, sku, "active", json=json, dry_run=dry_run), json=json)


def _cleared(names: list[str], given: set[str]) -> dict[str, None]:
    """What to take away, by the names of fields. Refuses what cannot be, or is given too."""
    for name in names:
        if name not in CLEARABLE:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(CLEARABLE)}.")
        if name.replace("-", "_") in given:
            raise typer.BadParameter(f"{name} is both given and taken away.")
    return {name.replace("-", "_"): None for name in names}


def _set_state(organisation: str, sku: str, state: State, *, json: bool, dry_run: bool) -> Variant:
    async def work(services: Services) -> Variant:
        caller = await operator_of(services, organisation)
        return await _change(services, caller, sku, VariantChanges(state=state))

    return run_command(work, json_wanted=json, dry_run=dry_run)


async def _make(
    services: Services, caller: Caller, new: NewVariant, product: str | None
) -> Variant:
    """Make a variant, of the product with this id or of one of its own."""
    if product is None:
        products = [NewProduct(new.name, (new,))]
        made = accepted(
            await catalogue.create_products(services.pool, services.desk.new_id, caller, products)
        )
        return made.answer.products[0].variants[0]
    added = accepted(
        await catalogue.add_variants(
            services.pool, services.desk.new_id, caller, product_id(product), [new]
        )
    )
    return next(each for each in added.answer.variants if each.sku == new.sku)


async def _change(services: Services, caller: Caller, sku: str, changes: VariantChanges) -> Variant:
    variant = (await the_variants(services, caller, [sku]))[sku]
    offers = True
    if changes.pricing_model == "wholesale":
        offers = accepted(await orders.offers_wholesale(services.pool, caller))
    changed = await catalogue.change_variant(
        services.pool,
        services.desk.new_id,
        caller,
        variant.inner_id,
        changes,
        offers_wholesale=offers,
    )
    answer = accepted(changed).answer
    if changes.state in {"deactivated", "deleted"}:
        affected = accepted(await orders.find_affected(services.pool, caller, variant.inner_id))
        if affected.is_anything:
            say(affected.says)
    return answer


async def _supplier(services: Services, caller: Caller, name: str | None) -> Id | None:
    """The id of the supplier of this name; None without a name."""
    return None if name is None else (await the_supplier(services, caller, name)).inner_id


def _print(variant: Variant, *, json: bool) -> None:
    if json:
        print_json(variant)
    else:
        print_variants([variant])


def print_variants(found: list[Variant]) -> None:
    """Print variants as a table."""
    print_table(
        ("sku", "id", "name", "gtin", "unit", "retail price", "vat rate", "state"),
        [(v.sku, v.id, v.name, v.gtin, v.unit, v.retail_price, v.vat_rate, v.state) for v in found],
    )
