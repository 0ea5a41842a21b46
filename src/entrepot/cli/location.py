"""`entrepot location`: where an organisation keeps stock."""

from __future__ import annotations

from typing import Annotated

import typer

from entrepot import catalogue
from entrepot.app import Services
from entrepot.catalogue import Location, NewLocation
from entrepot.cli.examples import examples
from entrepot.cli.finding import the_organisation
from entrepot.cli.opening import accepted, operator_for, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument

app = typer.Typer(
    name="location", help="Make and list the places where stock lies.", no_args_is_help=True
)


@app.command()
@examples(
    "entrepot location create jeans-farm barn",
    "entrepot location create jeans-farm quarantine --ships-no-orders",
)
def create(
    organisation: OrganisationArgument,
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="The organisation's own code for it.")
    ],
    *,
    name: Annotated[str, typer.Option(help="Its name.  [default: CODE]")] = "",
    rank: Annotated[int, typer.Option(help="Orders ship from the lowest rank first.")] = 0,
    ships_orders: Annotated[
        bool,
        typer.Option("--ships-orders/--ships-no-orders", help="Whether orders ship from it."),
    ] = True,
    json: JsonOption = False,
) -> None:
    """Make a location."""
    new = NewLocation(code, name or code, rank, ships_orders)

    async def work(services: Services) -> Location:
        caller = operator_for((await the_organisation(services, organisation)).inner_id)
        return accepted(
            await catalogue.create_location(services.pool, services.desk.new_id, caller, new)
        )

    made = run_command(work, json_wanted=json)
    if json:
        print_json(made)
    else:
        print_locations([made])


@app.command(name="list")
@examples(
    "entrepot location list jeans-farm",
)
def list_(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List an organisation's locations, in the order in which orders ship from them."""

    async def work(services: Services) -> list[Location]:
        caller = operator_for((await the_organisation(services, organisation)).inner_id)
        return accepted(await catalogue.list_locations(services.pool, caller))

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"locations": found})
    elif found:
        print_locations(found)
    else:
        say("There are no locations yet. `entrepot location create` makes one.")


def print_locations(found: list[Location]) -> None:
    """Print locations as a table."""
    print_table(
        ("code", "id", "name", "rank", "ships orders"),
        [(each.code, each.id, each.name, each.rank, each.ships_orders) for each in found],
    )
