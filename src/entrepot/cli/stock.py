"""`entrepot stock`: goods that arrive and goods that are counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec
import typer

from entrepot import catalogue, orders
from entrepot.app import Services
from entrepot.catalogue import Variant
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, the_location, the_variants
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument, decimal_of, line_of
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.orders import Accepted, CountStock, ReceiveStock, StockLine

app = typer.Typer(name="stock", help="Receive and count stock.", no_args_is_help=True)

LocationOption = Annotated[
    str, typer.Option(help="The location's code.  [default: the first that orders ship from]")
]
ReasonOption = Annotated[str, typer.Option(help="Why, for whoever reads the ledger later.")]
KeyOption = Annotated[
    str,
    typer.Option(help="Your own name for this act: sent again, it happens once.  [default: new]"),
]


class Position(msgspec.Struct):
    """A position as an act on stock answers it."""

    variant: str
    location: str
    on_hand: str
    held: str
    allocated: str
    available: str
    version: int
    unlimited: bool = False


class GivenUp(msgspec.Struct):
    """Units that a count took from an order line."""

    order: str
    line: int
    quantity: str


class StockAct(msgspec.Struct, omit_defaults=True):
    """What an act on stock answers."""

    id: str
    positions: list[Position]
    given_up: list[GivenUp] = []


Done: TypeAlias = tuple[StockAct, dict[str, str]]
"""An act on stock, and the names of its variants and locations by id."""


@app.command()
@examples(
    "entrepot stock receive jeans-farm CARROTS=10 LEEKS=4.5 --location barn",
    "entrepot stock receive jeans-farm CARROTS=10 --key delivery-2026-117",
)
def receive(
    organisation: OrganisationArgument,
    lines: Annotated[
        list[str], typer.Argument(metavar="SKU=QUANTITY...", help="What arrived, and how much.")
    ],
    *,
    location: LocationOption = "",
    reason: ReasonOption = "",
    key: KeyOption = "",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Raise what is on hand by goods that arrived, all lines or none."""
    wanted = [line_of(text) for text in lines]

    async def work(services: Services) -> Done:
        caller = await operator_of(services, organisation)
        variants = await the_variants(services, caller, [sku for sku, _ in wanted])
        where = await _location(services, caller, location)
        command = ReceiveStock(
            tuple(StockLine(variants[sku].inner_id, quantity, where) for sku, quantity in wanted),
            reason,
        )
        answer = await orders.receive_stock(
            services.desk, caller, command, key or services.desk.new_id()
        )
        return await _done(services, caller, accepted(answer), variants)

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot stock count jeans-farm CARROTS 9.5 --location barn --expected-version 3",
)
def count(  # noqa: PLR0913 - one option for each thing that a count may say
    organisation: OrganisationArgument,
    sku: Annotated[
        str, typer.Argument(metavar="SKU", help="The sku of the variant that was counted.")
    ],
    on_hand: Annotated[
        Decimal, typer.Argument(parser=decimal_of, metavar="ON_HAND", help="What there is.")
    ],
    *,
    expected_version: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="The position's version when you counted; refused when it changed since.",
        ),
    ] = None,
    location: LocationOption = "",
    reason: ReasonOption = "",
    key: KeyOption = "",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Set what is on hand to what was counted.

    What the count does not cover is taken from orders, and they are named.
    """

    async def work(services: Services) -> Done:
        caller = await operator_of(services, organisation)
        variants = await the_variants(services, caller, [sku])
        where = await _location(services, caller, location)
        command = CountStock(variants[sku].inner_id, on_hand, expected_version, where, reason)
        answer = await orders.count_stock(
            services.desk, caller, command, key or services.desk.new_id()
        )
        return await _done(services, caller, accepted(answer), variants)

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


async def _location(services: Services, caller: Caller, code: str) -> Id | None:
    """The location's id; None for the first that orders ship from."""
    return (await the_location(services, caller, code)).inner_id if code else None


async def _done(
    services: Services, caller: Caller, answer: Accepted, variants: dict[str, Variant]
) -> Done:
    """Pair an accepted act with the names that people know its variants and locations by."""
    act = msgspec.json.decode(answer.body, type=StockAct)
    names = {variant.id: sku for sku, variant in variants.items()}
    locations = accepted(await catalogue.list_locations(services.pool, caller))
    return act, names | {location.id: location.code for location in locations}


def _print(done: Done, *, json: bool) -> None:
    act, names = done
    if json:
        print_json(act)
        return
    print_table(
        ("sku", "location", "on hand", "held", "available", "version"),
        [
            (names[p.variant], names[p.location], p.on_hand, p.held, p.available, p.version)
            for p in act.positions
        ],
    )
    for each in act.given_up:
        say(f"Order {each.order} lost {each.quantity} of its line {each.line}.")
