"""`entrepot location`: where an organisation keeps stock."""

from __future__ import annotations

from typing import Annotated

import typer

from entrepot import catalogue
from entrepot.app import Services
from entrepot.catalogue import Location, LocationChanges, NewLocation
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, the_location
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument

app = typer.Typer(
    name="location", help="Make, list and change the places where stock lies.", no_args_is_help=True
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
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make a location."""
    new = NewLocation(code, name or code, rank, ships_orders)

    async def work(services: Services) -> Location:
        caller = await operator_of(services, organisation)
        made = await catalogue.create_location(services.pool, services.desk.new_id, caller, new)
        return accepted(made).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    'entrepot location change jeans-farm barn --name "The old barn" --rank 2',
    "entrepot location change jeans-farm barn --ships-no-orders",
)
def change(
    organisation: OrganisationArgument,
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="The organisation's own code for it.")
    ],
    *,
    new_code: Annotated[str | None, typer.Option(help="Another code.")] = None,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    rank: Annotated[
        int | None, typer.Option(help="Orders ship from the lowest rank first.")
    ] = None,
    ships_orders: Annotated[
        bool | None,
        typer.Option("--ships-orders/--ships-no-orders", help="Whether orders ship from it."),
    ] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Change what is given of a location; the rest stays as it is."""
    values: dict[str, object] = {
        "code": new_code,
        "name": name,
        "rank": rank,
        "ships_orders": ships_orders,
    }
    given = {field: value for field, value in values.items() if value is not None}
    changes = LocationChanges(**given)  # type: ignore[arg-type] # each by its name

    async def work(services: Services) -> Location:
        caller = await operator_of(services, organisation)
        location = await the_location(services, caller, code)
        changed = await catalogue.change_location(
            services.pool, services.desk.new_id, caller, location.inner_id, changes
        )
        return accepted(changed).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command(name="list")
@examples(
    "entrepot location list jeans-farm",
)
def list_(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List an organisation's locations, in the order in which orders ship from them."""

    async def work(services: Services) -> list[Location]:
        caller = await operator_of(services, organisation)
        return accepted(await catalogue.list_locations(services.pool, caller))

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"locations": found})
    elif found:
        print_locations(found)
    else:
        say("There are no locations yet. `entrepot location create` makes one.")


def _print(location: Location, *, json: bool) -> None:
    if json:
        print_json(location)
    else:
        print_locations([location])


def print_locations(found: list[Location]) -> None:
    """Print locations as a table."""
    print_table(
        ("code", "id", "name", "rank", "ships orders"),
        [(each.code, each.id, each.name, each.rank, each.ships_orders) for each in found],
    )
