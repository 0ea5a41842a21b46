"""`entrepot trading-right`: who may order whose variants."""

from __future__ import annotations

from typing import Annotated

import typer

from entrepot import partnerships
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, the_organisation
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument
from entrepot.partnerships import TradingRight

app = typer.Typer(
    name="trading-right", help="Say who may order whose variants.", no_args_is_help=True
)

SellerArgument = Annotated[
    str, typer.Argument(metavar="SELLER", help="Slug or id of whose variants are opened.")
]
BuyerArgument = Annotated[
    str, typer.Argument(metavar="BUYER", help="Slug or id of to whom they are opened.")
]
KindArgument = Annotated[str, typer.Argument(metavar="KIND", help="session or marketplace.")]


@app.command()
@examples(
    "entrepot trading-right grant jeans-farm hub-a session",
)
def grant(
    seller: SellerArgument,
    buyer: BuyerArgument,
    kind: KindArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Open a seller's variants to a buyer."""

    async def work(services: Services) -> TradingRight:
        caller = await operator_of(services, seller)
        other = await the_organisation(services, buyer)
        return accepted(
            await partnerships.grant_trading_right(
                services.pool, services.desk.new_id, caller, other.inner_id, kind
            )
        )

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot trading-right end jeans-farm hub-a session",
)
def end(
    seller: SellerArgument,
    buyer: BuyerArgument,
    kind: KindArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Close a seller's variants to a buyer again; orders that were placed stand."""

    async def work(services: Services) -> TradingRight:
        caller = await operator_of(services, seller)
        other = await the_organisation(services, buyer)
        return accepted(
            await partnerships.end_trading_right(
                services.pool, services.desk.new_id, caller, other.inner_id, kind
            )
        )

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command(name="list")
@examples(
    "entrepot trading-right list jeans-farm",
)
def list_(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List the trading rights that an organisation gave, then those that it was given."""

    async def work(services: Services) -> list[TradingRight]:
        caller = await operator_of(services, organisation)
        return accepted(await partnerships.list_trading_rights(services.pool, caller))

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"trading_rights": found})
    elif found:
        print_rights(found)
    else:
        say("There are no trading rights yet. `entrepot trading-right grant` makes one.")


def _print(right: TradingRight, *, json: bool) -> None:
    if json:
        print_json(right)
    else:
        print_rights([right])


def print_rights(found: list[TradingRight]) -> None:
    """Print trading rights as a table."""
    print_table(
        ("seller", "buyer", "kind", "state"),
        [(right.seller, right.buyer, right.kind, right.state) for right in found],
    )
