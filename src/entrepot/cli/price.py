"""`entrepot price`: what a retailer pays for a wholesaler's goods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeAlias

import typer

from entrepot import partnerships
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, the_partnership, the_variants
from entrepot.cli.listing import every_stretch
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument, line_of, moment_of
from entrepot.partnerships import AgreedPrice, FixedPricesSet, NewFixedPrice, PriceFilter

app = typer.Typer(
    name="price", help="Agree on what a retailer pays a wholesaler.", no_args_is_help=True
)

WholesalerArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="WHOLESALER", help="The wholesaler's slug or id.")
]
PartnershipArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="PARTNERSHIP", help="The partner's slug, or the partnership's id.")
]

FromOption: TypeAlias = Annotated[
    datetime | None,
    typer.Option(
        "--from", parser=moment_of, metavar="MOMENT", help="From when on.  [default: now]"
    ),
]


@app.command(name="list")
@examples(
    "entrepot price list winkel-noord de-groothandel",
    "entrepot price list winkel-noord de-groothandel --name mug",
)
def list_(
    organisation: OrganisationArgument,
    partnership: PartnershipArgument,
    *,
    sku: Annotated[str | None, typer.Option(help="Only the wholesaler's sku.")] = None,
    gtin: Annotated[str | None, typer.Option(help="Only this GTIN's.")] = None,
    name: Annotated[str | None, typer.Option(help="Only names that this is in.")] = None,
    json: JsonOption = False,
) -> None:
    """List what a retailer pays for each of a wholesaler's variants now, and why."""
    wanted = PriceFilter(sku=sku, gtin=gtin, name=name)

    async def work(services: Services) -> list[AgreedPrice]:
        caller = await operator_of(services, organisation)
        found = (await the_partnership(services, caller, partnership)).inner_id
        return await every_stretch(
            lambda page: partnerships.list_prices(services.pool, caller, found, page, wanted)
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"prices": found})
    elif found:
        print_table(
            ("sku", "name", "unit", "price", "currency", "why", "from", "next price", "next from"),
            [
                (
                    each.sku,
                    each.name,
                    each.unit,
                    each.unit_price,
                    each.currency,
                    each.basis,
                    each.valid_from,
                    each.next_price,
                    each.next_from,
                )
                for each in found
            ],
        )
    else:
        say("There are no such variants.")


@app.command(name="set")
@examples(
    "entrepot price set de-groothandel winkel-noord 4711=2.95 4712=3.10",
    "entrepot price set de-groothandel winkel-noord 4711=3.05 --from 2027-01-04T00:00:00+01:00",
)
def set_(
    wholesaler: WholesalerArgument,
    partnership: PartnershipArgument,
    prices: Annotated[
        list[str], typer.Argument(metavar="SKU=PRICE...", help="Prices of a unit, ex VAT.")
    ],
    *,
    valid_from: FromOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Set fixed prices, all of them or none; what passed before keeps its price."""
    wanted = [line_of(text) for text in prices]
    _set(wholesaler, partnership, wanted, valid_from, dry_run=dry_run, json=json)


@app.command()
@examples(
    "entrepot price end de-groothandel winkel-noord 4711",
)
def end(
    wholesaler: WholesalerArgument,
    partnership: PartnershipArgument,
    skus: Annotated[list[str], typer.Argument(metavar="SKU...", help="The wholesaler's variants.")],
    *,
    valid_from: FromOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """End fixed prices: the partnership's percentage of the wholesale price decides again."""
    wanted = [(sku, None) for sku in skus]
    _set(wholesaler, partnership, wanted, valid_from, dry_run=dry_run, json=json)


def _set(
    wholesaler: str,
    partnership: str,
    wanted: Sequence[tuple[str, Decimal | None]],
    valid_from: datetime | None,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Set prices by sku and print what was set."""

    async def work(services: Services) -> FixedPricesSet:
        caller = await operator_of(services, wholesaler)
        found = (await the_partnership(services, caller, partnership)).inner_id
        variants = await the_variants(services, caller, [sku for sku, _ in wanted])
        prices = [NewFixedPrice(variants[sku].inner_id, price, valid_from) for sku, price in wanted]
        done = await partnerships.set_fixed_prices(
            services.pool, services.desk.new_id, caller, found, prices
        )
        return accepted(done).answer

    done = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(done)
        return
    print_table(
        ("sku", "price", "currency", "from"),
        [
            (sku, each.unit_price or "by percentage", done.currency, each.valid_from)
            for (sku, _), each in zip(wanted, done.prices, strict=True)
        ],
    )
