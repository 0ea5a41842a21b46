"""`entrepot supplier`: whom an organisation buys from."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from entrepot import catalogue
from entrepot.app import Services
from entrepot.catalogue import NewSupplier, Supplier, SupplierChanges
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, the_supplier
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument

app = typer.Typer(name="supplier", help="Make, list and change suppliers.", no_args_is_help=True)

State: TypeAlias = Literal["active", "deactivated", "deleted"]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The supplier's name.")]
EmailOption = Annotated[
    str | None, typer.Option(help="The e-mail address that purchase orders go to.")
]


@app.command()
@examples(
    "entrepot supplier create winkel-noord Aardewerk --email orders@aardewerk.example",
)
def create(
    organisation: OrganisationArgument,
    name: NameArgument,
    *,
    email: EmailOption = None,
    backorders_allowed: Annotated[
        bool,
        typer.Option("--backorders-allowed", help="Purchases may be planned for negative stock."),
    ] = False,
    backorder_threshold: Annotated[
        int, typer.Option(help="0 or 1, for whoever plans the purchases.")
    ] = 0,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make a supplier."""
    new = NewSupplier(name, email, backorders_allowed, backorder_threshold)

    async def work(services: Services) -> Supplier:
        caller = await operator_of(services, organisation)
        made = await catalogue.create_supplier(services.pool, services.desk.new_id, caller, new)
        return accepted(made).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command(name="list")
@examples(
    "entrepot supplier list winkel-noord",
)
def list_(
    organisation: OrganisationArgument,
    *,
    state: Annotated[
        State | None, typer.Option(help="Only these.  [default: all but deleted ones]")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List an organisation's suppliers by name."""

    async def work(services: Services) -> list[Supplier]:
        caller = await operator_of(services, organisation)
        return await every_row(
            lambda page: catalogue.list_suppliers(services.pool, caller, page, state),
            lambda row: (row.name_key, row.inner_id),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"suppliers": found})
    elif found:
        print_suppliers(found)
    else:
        say("There are no such suppliers. `entrepot supplier create` makes one.")


@app.command()
@examples(
    "entrepot supplier change winkel-noord Aardewerk --email sales@aardewerk.example",
    "entrepot supplier change winkel-noord Aardewerk --state deactivated",
)
def change(  # noqa: PLR0913 - one option for each property of a supplier
    organisation: OrganisationArgument,
    name: NameArgument,
    *,
    new_name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    email: EmailOption = None,
    no_email: Annotated[
        bool, typer.Option("--no-email", help="Take the e-mail address away.")
    ] = False,
    backorders_allowed: Annotated[
        bool | None,
        typer.Option(
            "--backorders-allowed/--no-backorders",
            help="Whether purchases may be planned for negative stock.",
        ),
    ] = None,
    backorder_threshold: Annotated[
        int | None, typer.Option(help="0 or 1, for whoever plans the purchases.")
    ] = None,
    state: Annotated[State | None, typer.Option(help="Another state; deleted is for ever.")] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Change what is given of a supplier; the rest stays as it is."""
    if email is not None and no_email:
        raise typer.BadParameter("An e-mail address is both given and taken away.")
    values: dict[str, object] = {
        "name": new_name,
        "email": email,
        "backorders_allowed": backorders_allowed,
        "backorder_threshold": backorder_threshold,
        "state": state,
    }
    given = {field: value for field, value in values.items() if value is not None}
    if no_email:
        given["email"] = None
    changes = SupplierChanges(**given)  # type: ignore[arg-type] # each by its name

    async def work(services: Services) -> Supplier:
        caller = await operator_of(services, organisation)
        supplier = await the_supplier(services, caller, name)
        changed = await catalogue.change_supplier(
            services.pool, services.desk.new_id, caller, supplier.inner_id, changes
        )
        return accepted(changed).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


def _print(supplier: Supplier, *, json: bool) -> None:
    if json:
        print_json(supplier)
    else:
        print_suppliers([supplier])


def print_suppliers(found: list[Supplier]) -> None:
    """Print suppliers as a table."""
    print_table(
        ("name", "id", "e-mail", "backorders allowed", "backorder threshold", "state"),
        [
            (s.name, s.id, s.email, s.backorders_allowed, s.backorder_threshold, s.state)
            for s in found
        ],
    )
