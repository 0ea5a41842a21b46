"""`entrepot allocation`: units that a wholesaler keeps for one partner."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import typer

from entrepot import stock
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, the_location, the_partnership, the_variants
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument, decimal_of
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.stock import Allocation, AllocationChanges, NewAllocation, ReceivedAllocation

app = typer.Typer(
    name="allocation", help="Keep stock for one partner, or take it back.", no_args_is_help=True
)

AllocationArgument = Annotated[str, typer.Argument(metavar="ALLOCATION", help="Its id, alc_...")]
ValidUntilOption = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
        help="When it ends by itself, in UTC.",
    ),
]


@app.command()
@examples(
    "entrepot allocation make groothandel winkel-noord SHELF-RED 20",
    "entrepot allocation make groothandel winkel-noord SHELF-RED 20 --valid-until 2026-12-31",
)
def make(  # noqa: PLR0913 - one option for each thing that an allocation may say
    organisation: OrganisationArgument,
    partnership: Annotated[
        str,
        typer.Argument(metavar="PARTNERSHIP", help="The partner's slug, or the partnership's id."),
    ],
    sku: Annotated[str, typer.Argument(metavar="SKU", help="The sku of the variant to allocate.")],
    quantity: Annotated[
        Decimal, typer.Argument(parser=decimal_of, metavar="QUANTITY", help="How much.")
    ],
    *,
    location: Annotated[
        str, typer.Option(help="The location's code.  [default: the first that orders ship from]")
    ] = "",
    valid_until: ValidUntilOption = None,
    note: Annotated[str, typer.Option(help="A note for yourself.")] = "",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Keep units of the organisation's stock for one partner."""

    async def work(services: Services) -> Allocation:
        caller = await operator_of(services, organisation)
        variants = await the_variants(services, caller, [sku])
        where = None
        if location:
            where = (await the_location(services, caller, location)).inner_id
        new = NewAllocation(
            (await the_partnership(services, caller, partnership)).inner_id,
            variants[sku].inner_id,
            quantity,
            where,
            _moment(valid_until),
            note,
        )
        made = await stock.allocate_stock(services.pool, services.desk.new_id, caller, new)
        return accepted(made).answer

    made = run_command(work, json_wanted=json, dry_run=dry_run)
    _print(made, json=json)
    if made.match_failure is not None and not json:
        say(f"No product of your partner's was matched: {made.match_failure}.")
        say("You both got a notice. Once it is matched, your partner can sell what you allocated.")


@app.command(name="list")
@examples(
    "entrepot allocation list groothandel",
    "entrepot allocation list winkel-noord --received",
)
def list_(
    organisation: OrganisationArgument,
    *,
    received: Annotated[
        bool, typer.Option("--received", help="What partners allocated to the organisation.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the allocations that an organisation made, or received, newest first."""

    async def work(services: Services) -> list[Allocation] | list[ReceivedAllocation]:
        caller = await operator_of(services, organisation)
        if received:
            return await every_row(
                lambda page: stock.list_received_allocations(services.pool, caller, page),
                lambda row: (row.inner_id,),
            )
        return await every_row(
            lambda page: stock.list_allocations(services.pool, caller, page),
            lambda row: (row.inner_id,),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"allocations": found})
    elif found:
        print_allocations(found)
    else:
        say("There are no allocations yet. `entrepot allocation make` makes one.")


@app.command()
@examples(
    "entrepot allocation change groothandel alc_... --quantity 30",
    "entrepot allocation change groothandel alc_... --no-limit",
)
def change(
    organisation: OrganisationArgument,
    allocation: AllocationArgument,
    *,
    quantity: Annotated[
        Decimal | None, typer.Option(parser=decimal_of, metavar="QUANTITY", help="Another one.")
    ] = None,
    valid_until: ValidUntilOption = None,
    no_limit: Annotated[bool, typer.Option("--no-limit", help="Valid without limit.")] = False,
    note: Annotated[str | None, typer.Option(help="Another note.")] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Change what is given of an allocation; the rest stays as it is."""
    if valid_until is not None and no_limit:
        raise typer.BadParameter("A limit is both given and taken away.")
    values: dict[str, object] = {
        "quantity": quantity,
        "valid_until": _moment(valid_until),
        "note": note,
    }
    given = {field: value for field, value in values.items() if value is not None}
    if no_limit:
        given["valid_until"] = None
    changes = AllocationChanges(**given)  # type: ignore[arg-type] # each by its name

    async def work(services: Services) -> Allocation:
        caller = await operator_of(services, organisation)
        changed = await stock.change_allocation(
            services.pool, services.desk.new_id, caller, _id(allocation), changes
        )
        return accepted(changed).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot allocation close groothandel alc_...",
)
def close(
    organisation: OrganisationArgument,
    allocation: AllocationArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Take back what is left of an allocation."""

    async def work(services: Services) -> Allocation:
        caller = await operator_of(services, organisation)
        closed = await stock.close_allocation(
            services.pool, services.desk.new_id, caller, _id(allocation)
        )
        return accepted(closed).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


def _id(text: str) -> Id:
    return ids.from_wire(ids.ALLOCATION, text) or ""


def _moment(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC)


def _print(allocation: Allocation, *, json: bool) -> None:
    if json:
        print_json(allocation)
    else:
        print_allocations([allocation])


def print_allocations(found: list[Allocation] | list[ReceivedAllocation]) -> None:
    """Print allocations as a table, in the wholesaler's units."""
    print_table(
        ("id", "partner", "sku", "quantity", "used", "remaining", "status", "valid until"),
        [
            (
                each.id,
                each.partner_name,
                each.sku if isinstance(each, Allocation) else each.wholesaler_sku,
                each.quantity,
                each.used,
                each.remaining,
                each.status,
                each.valid_until,
            )
            for each in found
        ],
    )
