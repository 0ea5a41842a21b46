"""`entrepot variant`: what an organisation stocks and sells."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer

from entrepot import catalogue
from entrepot.app import Services
from entrepot.catalogue import NewProduct, NewVariant, Variant
from entrepot.cli.examples import examples
from entrepot.cli.finding import the_organisation, the_variants
from entrepot.cli.opening import accepted, operator_for, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument, decimal_of

PAGE = 1000

app = typer.Typer(
    name="variant", help="Make, list and (de)activate variants.", no_args_is_help=True
)

SkuArgument = Annotated[
    str, typer.Argument(metavar="SKU", help="The organisation's own code for the variant.")
]


@app.command()
@examples(
    'entrepot variant create jeans-farm CARROTS --name "Carrots, loose" --unit kg',
    "entrepot variant create winkel-noord MUG-BLUE --whole-units --retail-price 8.95",
)
def create(  # noqa: PLR0913 - one option for each property of a variant
    organisation: OrganisationArgument,
    sku: SkuArgument,
    *,
    name: Annotated[str, typer.Option(help="Its name.  [default: SKU]")] = "",
    unit: Annotated[str, typer.Option(help="What it is counted in.")] = "piece",
    retail_price: Annotated[
        Decimal | None,
        typer.Option(parser=decimal_of, metavar="PRICE", help="What a customer pays for a unit."),
    ] = None,
    pricing_model: Annotated[str, typer.Option(help="marketplace or wholesale.")] = "wholesale",
    whole_units: Annotated[
        bool, typer.Option("--whole-units", help="Sell whole units only.")
    ] = False,
    unlimited: Annotated[bool, typer.Option("--unlimited", help="Do not count its stock.")] = False,
    order_quantity_min: Annotated[
        Decimal,
        typer.Option(parser=decimal_of, metavar="QUANTITY", help="Fewest units in a line."),
    ] = Decimal(0),
    order_quantity_multiple: Annotated[
        Decimal,
        typer.Option(parser=decimal_of, metavar="QUANTITY", help="A line must divide by this."),
    ] = Decimal(0),
    json: JsonOption = False,
) -> None:
    """Make a product with this one variant."""
    new = NewVariant(
        sku=sku,
        name=name or sku,
        unit=unit,
        pricing_model=pricing_model,
        retail_price=retail_price,
        whole_units=whole_units,
        unlimited=unlimited,
        order_quantity_min=order_quantity_min,
        order_quantity_multiple=order_quantity_multiple,
    )

    async def work(services: Services) -> Variant:
        caller = operator_for((await the_organisation(services, organisation)).inner_id)
        made = await catalogue.create_products(
            services.pool, services.desk.new_id, caller, [NewProduct(new.name, (new,))]
        )
        return accepted(made)[0].variants[0]

    _print(run_command(work, json_wanted=json), json=json)


@app.command(name="list")
@examples(
    "entrepot variant list de-groothandel",
)
def list_(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List an organisation's variants by sku."""

    async def work(services: Services) -> list[Variant]:
        caller = operator_for((await the_organisation(services, organisation)).inner_id)
        found: list[Variant] = []
        while page := accepted(
            await catalogue.list_variants(
                services.pool, caller, found[-1].sku if found else "", PAGE
            )
        ):
            found += page
        return found

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"variants": found})
    elif found:
        print_variants(found)
    else:
        say("There are no variants yet. `entrepot variant create` makes one.")


@app.command()
@examples(
    "entrepot variant deactivate jeans-farm CARROTS",
)
def deactivate(
    organisation: OrganisationArgument, sku: SkuArgument, *, json: JsonOption = False
) -> None:
    """Stop new orders of a variant; orders that were placed stand."""
    _print(_set_state(organisation, sku, "deactivated", json=json), json=json)


@app.command()
@examples(
    "entrepot variant activate jeans-farm CARROTS",
)
def activate(
    organisation: OrganisationArgument, sku: SkuArgument, *, json: JsonOption = False
) -> None:
    """Let a variant be ordered again."""
    _print(_set_state(organisation, sku, "active", json=json), json=json)


def _set_state(organisation: str, sku: str, state: str, *, json: bool) -> Variant:
    async def work(services: Services) -> Variant:
        caller = operator_for((await the_organisation(services, organisation)).inner_id)
        variant = (await the_variants(services, caller, [sku]))[sku]
        return accepted(
            await catalogue.set_variant_state(
                services.pool, services.desk.new_id, caller, variant.inner_id, state
            )
        )

    return run_command(work, json_wanted=json)


def _print(variant: Variant, *, json: bool) -> None:
    if json:
        print_json(variant)
    else:
        print_variants([variant])


def print_variants(found: list[Variant]) -> None:
    """Print variants as a table."""
    print_table(
        ("sku", "id", "name", "unit", "retail price", "state"),
        [(v.sku, v.id, v.name, v.unit, v.retail_price, v.state) for v in found],
    )
