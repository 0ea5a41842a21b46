"""`entrepot organisation`: the companies on this network."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

import msgspec
import typer

from entrepot import identity
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.identity import NewOrganisation, Organisation
from entrepot.kernel.paging import Page

app = typer.Typer(name="organisation", help="Make and list organisations.", no_args_is_help=True)


@app.command()
@examples(
    'entrepot organisation create jeans-farm --name "Jean\'s farm"',
    "entrepot organisation create market --currency AUD --time-zone Australia/Perth",
)
def create(
    slug: Annotated[
        str,
        typer.Argument(metavar="SLUG", help="Its name for programs: a-z, 0-9 and hyphens."),
    ],
    *,
    name: Annotated[str, typer.Option(help="Its name, as people write it.  [default: SLUG]")] = "",
    time_zone: Annotated[
        str, typer.Option(help="Where its days and weeks begin.")
    ] = "Europe/Amsterdam",
    country: Annotated[str, typer.Option(help="Its country, in two letters.")] = "NL",
    currency: Annotated[str, typer.Option(help="Its currency, in three letters.")] = "EUR",
    wholesale_country: Annotated[
        list[str] | None,
        typer.Option(
            help="As a marketplace, it offers wholesale prices if its country is one of these;"
            " may be given again.  [default: AU, NZ]",
            show_default=False,
        ),
    ] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make an organisation."""
    new = NewOrganisation(slug, name or slug, time_zone, country, currency)
    if wholesale_country:
        new = msgspec.structs.replace(new, wholesale_countries=tuple(wholesale_country))

    async def work(services: Services) -> Organisation:
        return accepted(
            await identity.create_organisation(services.pool, services.desk.new_id, new)
        )

    made = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(made)
    else:
        print_organisations([made])


@app.command(name="list")
@examples(
    "entrepot organisation list",
    "entrepot organisation list --json | jq -r '.organisations[].slug'",
)
def list_(*, json: JsonOption = False) -> None:
    """List the organisations by slug."""

    async def work(services: Services) -> list[Organisation]:
        def read(page: Page) -> Awaitable[list[Organisation]]:
            after = "" if page.after is None else str(page.after[0])
            return identity.list_organisations(services.pool, after, page.limit)

        return await every_row(read, lambda row: (row.slug,))

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"organisations": found})
    elif found:
        print_organisations(found)
    else:
        say("There are no organisations yet. `entrepot organisation create` makes one.")


def print_organisations(found: list[Organisation]) -> None:
    """Print organisations as a table."""
    print_table(
        ("slug", "id", "name", "time zone", "country", "currency"),
        [(o.slug, o.id, o.name, o.time_zone, o.country, o.currency) for o in found],
    )
