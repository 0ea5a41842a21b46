"""`entrepot product`: what an organisation's variants are variants of."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer

from entrepot import catalogue
from entrepot.app import Services
from entrepot.catalogue import NewProduct, NewVariant, Product
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, product_id
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument, decimal_of
from entrepot.cli.variant import print_variants
from entrepot.kernel.refusal import RefusedError, refuse

app = typer.Typer(name="product", help="Make, list and rename products.", no_args_is_help=True)

ProductArgument = Annotated[
    str, typer.Argument(metavar="PRODUCT", help="Its id, as `entrepot product list` shows it.")
]


@app.command()
@examples(
    'entrepot product create winkel-noord "Mug" MUG-BLUE="Mug, blue" MUG-GREEN="Mug, green"',
    'entrepot product create jeans-farm "Carrots" CARROTS --unit kg --retail-price 2.40',
)
def create(  # noqa: PLR0913 - one option for each property of a product
    organisation: OrganisationArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name.")],
    variants: Annotated[
        list[str],
        typer.Argument(
            metavar="SKU[=NAME]...", help="Its variants; without a name, each has the product's."
        ),
    ],
    *,
    unit: Annotated[str, typer.Option(help="What they are counted in.")] = "piece",
    retail_price: Annotated[
        Decimal | None,
        typer.Option(parser=decimal_of, metavar="PRICE", help="What a customer pays for a unit."),
    ] = None,
    vat_rate: Annotated[
        Decimal | None,
        typer.Option(parser=decimal_of, metavar="PERCENT", help="The rate of VAT, such as 21."),
    ] = None,
    prices_include_vat: Annotated[
        bool, typer.Option("--prices-include-vat", help="The price given here includes VAT.")
    ] = False,
    whole_units: Annotated[
        bool, typer.Option("--whole-units", help="Sell whole units only.")
    ] = False,
    legacy_id: Annotated[
        int | None,
        typer.Option(
            help="The number the marketplace's programs know it by.  [default: given out]"
        ),
    ] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make a product with its variants; `entrepot variant change` says more of each."""
    named = [text.partition("=") for text in variants]
    new = NewProduct(
        name,
        tuple(
            NewVariant(
                sku,
                own_name or name,
                unit=unit,
                retail_price=retail_price,
                vat_rate=vat_rate,
                whole_units=whole_units,
                prices_include_vat=prices_include_vat,
            )
            for sku, _, own_name in named
        ),
        legacy_id,
    )

    async def work(services: Services) -> Product:
        caller = await operator_of(services, organisation)
        made = await catalogue.create_products(services.pool, services.desk.new_id, caller, [new])
        return accepted(made).answer.products[0]

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command(name="list")
@examples(
    "entrepot product list de-groothandel",
)
def list_(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List an organisation's products, in the order in which they were made."""

    async def work(services: Services) -> list[Product]:
        caller = await operator_of(services, organisation)
        return await every_row(
            lambda page: catalogue.list_products(services.pool, caller, page),
            lambda row: (row.inner_id,),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"products": found})
    elif found:
        print_products(found)
    else:
        say("There are no products yet. `entrepot product create` makes one.")


@app.command()
@examples(
    "entrepot product show de-groothandel prd_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def show(
    organisation: OrganisationArgument, product: ProductArgument, *, json: JsonOption = False
) -> None:
    """Show one product with its variants."""

    async def work(services: Services) -> Product:
        caller = await operator_of(services, organisation)
        inner = product_id(product)
        found = None
        if inner:
            found = accepted(await catalogue.find_product(services.pool, caller, inner))
        if found is None:
            raise RefusedError(
                refuse(
                    catalogue.UNKNOWN_PRODUCT,
                    f"There is no product {product}. "
                    "`entrepot product list` shows those there are.",
                    facts={"product": product},
                )
            )
        return found

    _print(run_command(work, json_wanted=json), json=json)


@app.command()
@examples(
    'entrepot product rename de-groothandel prd_0192f0c1a1b2c3d4e5f60718293a4b5c "Stoneware mug"',
)
def rename(
    organisation: OrganisationArgument,
    product: ProductArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.")],
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Give a product another name; its variants keep theirs."""

    async def work(services: Services) -> Product:
        caller = await operator_of(services, organisation)
        changed = await catalogue.change_product(
            services.pool, services.desk.new_id, caller, product_id(product), name
        )
        return accepted(changed).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


def _print(product: Product, *, json: bool) -> None:
    if json:
        print_json(product)
        return
    print_products([product])
    if product.variants:
        print_variants(list(product.variants))


def print_products(found: list[Product]) -> None:
    """Print products as a table."""
    print_table(
        ("id", "name", "variants"),
        [(each.id, each.name, ", ".join(v.sku for v in each.variants)) for each in found],
    )
