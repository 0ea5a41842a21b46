"""`entrepot session-order`: what traders' sales sessions order of a producer."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
import typer

from entrepot import sales_sessions
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of
from entrepot.cli.listing import every_row, every_stretch
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument, line_of
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.orders import LineQuantity, OrderAnswer
from entrepot.sales_sessions import (
    SessionDemand,
    SessionOrder,
    SessionOrderFilter,
    ShownSessionOrder,
)

app = typer.Typer(
    name="session-order",
    help="See and ship what traders' sales sessions order.",
    no_args_is_help=True,
)

Status: TypeAlias = Literal["held", "complete", "cancelled"]

OrderArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="ORDER", help="Its id, as `entrepot session-order list` shows it.")
]


@app.command(name="list")
@examples(
    "entrepot session-order list jeans-farm",
    "entrepot session-order list jeans-farm --status complete",
)
def list_(
    organisation: OrganisationArgument,
    *,
    status: Annotated[Status | None, typer.Option(help="Only these.")] = None,
    json: JsonOption = False,
) -> None:
    """List the session orders that traders have at an organisation, newest first."""

    async def work(services: Services) -> list[SessionOrder]:
        caller = await operator_of(services, organisation)
        return await every_stretch(
            lambda page: sales_sessions.list_session_orders(
                services.pool, caller, page, SessionOrderFilter(status)
            )
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"session_orders": found})
    elif found:
        _print_orders(found)
    else:
        say("There are no such session orders. They are made when a trader's session closes.")


@app.command()
@examples(
    "entrepot session-order show jeans-farm ord_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def show(
    organisation: OrganisationArgument, order: OrderArgument, *, json: JsonOption = False
) -> None:
    """Show one session order with its lines."""

    async def work(services: Services) -> ShownSessionOrder:
        caller = await operator_of(services, organisation)
        return accepted(
            await sales_sessions.find_session_order(services.pool, caller, _order(order))
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json(found)
        return
    _print_orders([found.order])
    print_table(
        ("line", "sku", "unit", "quantity", "held", "shipped", "short", "unit price"),
        [
            (
                each.line,
                each.sku,
                each.unit,
                each.quantity,
                each.held,
                each.shipped,
                each.short,
                each.unit_price,
            )
            for each in found.lines
        ],
    )


@app.command()
@examples(
    "entrepot session-order demand jeans-farm",
)
def demand(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """Show what traders' sessions hold of an organisation's goods now."""

    async def work(services: Services) -> list[SessionDemand]:
        caller = await operator_of(services, organisation)
        return await every_row(
            lambda page: sales_sessions.list_session_demand(services.pool, caller, page),
            lambda row: row.key,
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"demand": found})
        return
    print_table(
        ("sku", "unit", "trader", "quantity", "closes at"),
        [(each.sku, each.unit, each.trader_name, each.quantity, each.closes_at) for each in found],
    )


@app.command()
@examples(
    "entrepot session-order ship jeans-farm ord_...",
    "entrepot session-order ship jeans-farm ord_... --line 1=4",
)
def ship(
    organisation: OrganisationArgument,
    order: OrderArgument,
    *,
    line: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LINE=QUANTITY", help="Only so much of a line, by its number; may be repeated."
        ),
    ] = None,
    key: Annotated[
        str, typer.Option(help="A key of your own; with it the command may be run again.")
    ] = "",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Let the goods of a session order leave: all that it holds, or these quantities."""
    parts = tuple([_part(text) for text in line]) if line else None

    async def work(services: Services) -> OrderAnswer:
        caller = await operator_of(services, organisation)
        answer = await sales_sessions.ship_session_order(
            services.desk, caller, _order(order), parts, key or services.desk.new_id()
        )
        return msgspec.json.decode(accepted(answer).body, type=OrderAnswer)

    shipped = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(shipped)
        return
    print_table(
        ("id", "reference", "fulfilment status"),
        [(shipped.id, shipped.reference, shipped.fulfilment_status)],
    )


def _order(text: str) -> Id:
    """Read an order's wire id; "" when it is none."""
    return ids.from_wire(ids.ORDER, text) or ""


def _part(text: str) -> LineQuantity:
    """Read LINE=QUANTITY. Refuses, as wrong usage, what is not written so."""
    number, quantity = line_of(text)
    if not number.isascii() or not number.isdigit():
        raise typer.BadParameter(f"{text!r} is not written LINE=QUANTITY, such as 1=4.")
    return LineQuantity(int(number), quantity)


def _print_orders(found: list[SessionOrder]) -> None:
    print_table(
        ("id", "reference", "trader", "status", "fulfilment", "lines", "amount", "closes at"),
        [
            (
                each.id,
                each.reference,
                each.trader_name,
                each.status,
                each.fulfilment_status,
                each.lines,
                each.amount,
                each.closes_at,
            )
            for each in found
        ],
    )
