"""`entrepot availability`: what can be promised, what that is made of, and why an order waits."""

from __future__ import annotations

from typing import Annotated

import typer

from entrepot import orders, stock
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, the_variants
from entrepot.cli.listing import every_row
from entrepot.cli.opening import accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.orders import WaitingExplained
from entrepot.stock import Availability, ShownToPartner

app = typer.Typer(
    name="availability",
    help="Show what can be promised, and what an order waits for.",
    no_args_is_help=True,
)

UNLIMITED = "unlimited"


@app.command()
@examples(
    "entrepot availability show winkel-noord SHELF-RED",
)
def show(
    organisation: OrganisationArgument,
    sku: Annotated[str, typer.Argument(metavar="SKU", help="The sku of the variant.")],
    *,
    json: JsonOption = False,
) -> None:
    """Show what an organisation can promise of a variant, and what that number is made of."""

    async def work(services: Services) -> Availability:
        caller = await operator_of(services, organisation)
        variants = await the_variants(services, caller, [sku])
        return accepted(
            await stock.find_availability(services.pool, caller, variants[sku].inner_id)
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json(found)
        return
    rows = [(f"own, at {at.code}", _number(at.available)) for at in found.locations]
    rows += [(f"offered by {each.partner_name}", _number(each.offered)) for each in found.partners]
    print_table(
        ("part", "quantity"), [*rows, ("can be promised", _number(found.available_to_promise))]
    )


@app.command(name="list-shown")
@examples(
    "entrepot availability list-shown groothandel SHELF-RED",
)
def list_shown(
    organisation: OrganisationArgument,
    sku: Annotated[str, typer.Argument(metavar="SKU", help="The sku of the variant.")],
    *,
    json: JsonOption = False,
) -> None:
    """List what each partner is shown of a variant, and what that number is made of."""

    async def work(services: Services) -> list[ShownToPartner]:
        caller = await operator_of(services, organisation)
        variants = await the_variants(services, caller, [sku])
        variant = variants[sku].inner_id
        return await every_row(
            lambda page: stock.list_shown(services.pool, caller, page, variant),
            lambda row: row.key,
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"partners": found})
        return
    if not found:
        say("No partner is shown anything of it: nobody's product is matched with it.")
        return
    print_table(
        ("partner", "policy", "allocated", "pool", "buffer", "factor", "cap", "shown"),
        [
            (
                each.partner_name,
                each.sharing_policy,
                each.allocated,
                _number(each.pool),
                each.buffer,
                each.factor,
                each.cap,
                _number(each.shown),
            )
            for each in found
        ],
    )
    say("Several partners are shown the same units; whoever's order comes first has them.")


@app.command(name="show-waiting")
@examples(
    "entrepot availability show-waiting winkel-noord WEB-1001",
)
def show_waiting(
    organisation: OrganisationArgument,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Its reference or id.")],
    *,
    json: JsonOption = False,
) -> None:
    """Show why an order waits, and what would release it."""

    async def work(services: Services) -> WaitingExplained:
        caller = await operator_of(services, organisation)
        ident = await _order(services, caller, order)
        return accepted(await orders.explain_order(services.pool, caller, ident))

    found = run_command(work, json_wanted=json)
    if json:
        print_json(found)
        return
    say(found.says)
    if found.missing:
        print_table(
            ("sku", "missing", "own", "offered", "must arrive", "orders before it", "held by"),
            [
                (
                    each.sku,
                    each.missing,
                    _number(each.own_available),
                    _number(each.offered),
                    each.lacking,
                    each.orders_before,
                    ", ".join(f"{who.reference} {who.quantity}" for who in each.held_by),
                )
                for each in found.missing
            ],
        )


async def _order(services: Services, caller: Caller, named: str) -> Id:
    """The order with this id or reference; as it is given where there is none."""
    ident = ids.from_wire(ids.ORDER, named)
    if ident is not None:
        return ident
    found = accepted(await orders.list_orders(services.pool, caller, Page(1), reference=named))
    return found[0].id.removeprefix(ids.ORDER) if found else ""


def _number(quantity: str | None) -> str:
    return UNLIMITED if quantity is None else quantity
