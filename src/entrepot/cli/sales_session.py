"""`entrepot sales-session`: producers' goods, sold to customers between two times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

import typer
from msgspec import UNSET

from entrepot import partnerships, sales_sessions
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import the_organisation
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, operator_for, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument, decimal_of
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.sales_sessions import (
    ClosedSession,
    ClosingPreview,
    NewSalesSession,
    OrderCounts,
    SalesSession,
    SalesSessionChanges,
    SalesSessionFilter,
    SessionProduct,
    ShownSession,
)

app = typer.Typer(
    name="sales-session",
    help="Sell producers' goods between two times, and order them once.",
    no_args_is_help=True,
)

State: TypeAlias = Literal["planned", "open", "closing", "complete"]

SessionArgument: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="SESSION", help="Its id, as `entrepot sales-session list` shows it."),
]
SellOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PRODUCER/SKU[=LIMIT][@PRICE]",
        help="A product to sell, at most so much of it, at this price a unit; may be repeated.",
    ),
]
LocalTime: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="TIME", help="Such as 2026-12-04T18:00, in the organisation's own time zone."
    ),
]


@app.command(name="open")
@examples(
    "entrepot sales-session open hub-a 'Week 49' --reference 2026-49"
    " --opens-at 2026-11-30T08:00 --closes-at 2026-12-04T18:00 --sell jeans-farm/CARROTS=6@3.10",
)
def open_(
    organisation: OrganisationArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What customers know it by.")],
    *,
    reference: Annotated[str, typer.Option(help="What session orders are named after.")],
    opens_at: LocalTime,
    closes_at: LocalTime,
    sell: SellOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Open a sales session of an organisation."""

    async def work(services: Services) -> SalesSession:
        caller, zone = await _trader(services, organisation)
        new = NewSalesSession(
            name,
            reference,
            _moment(opens_at, zone),
            _moment(closes_at, zone),
            await _products(services, caller, sell or []),
        )
        opened = await sales_sessions.open_sales_session(
            services.pool, services.desk.new_id, caller, new
        )
        return accepted(opened).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command(name="list")
@examples(
    "entrepot sales-session list hub-a",
    "entrepot sales-session list hub-a --state open",
)
def list_(
    organisation: OrganisationArgument,
    *,
    state: Annotated[State | None, typer.Option(help="Only these.")] = None,
    json: JsonOption = False,
) -> None:
    """List an organisation's sales sessions, newest first."""

    async def work(services: Services) -> list[SalesSession]:
        caller, _ = await _trader(services, organisation)
        wanted = SalesSessionFilter(state)
        return await every_row(
            lambda page: sales_sessions.list_sales_sessions(services.pool, caller, page, wanted),
            lambda row: (row.inner_id,),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"sales_sessions": found})
    elif found:
        _print_sessions(found)
    else:
        say("There are no such sales sessions. `entrepot sales-session open` opens one.")


@app.command()
@examples(
    "entrepot sales-session show hub-a sal_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def show(
    organisation: OrganisationArgument, session: SessionArgument, *, json: JsonOption = False
) -> None:
    """Show a sales session: what it sells, what is held, and what is left."""

    async def work(services: Services) -> ShownSession:
        caller, _ = await _trader(services, organisation)
        return accepted(
            await sales_sessions.find_sales_session(services.pool, caller, _session(session))
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json(found)
        return
    _print_sessions([found.session])
    _say_counts(found.orders)
    print_table(
        ("producer", "sku", "unit", "limit", "held", "left", "price", "purchase price"),
        [
            (
                each.producer_name,
                each.sku,
                each.unit,
                each.quantity_max,
                each.held,
                each.left or "unlimited",
                each.unit_price,
                each.purchase_price,
            )
            for each in found.products
        ],
    )


@app.command()
@examples(
    "entrepot sales-session preview hub-a sal_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def preview(
    organisation: OrganisationArgument, session: SessionArgument, *, json: JsonOption = False
) -> None:
    """Show what each producer would get if a session closed now, or got when it did."""

    async def work(services: Services) -> ClosingPreview:
        caller, _ = await _trader(services, organisation)
        return accepted(
            await sales_sessions.preview_closing(services.pool, caller, _session(session))
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json(found)
        return
    _say_counts(found.orders)
    print_table(
        ("producer", "order", "sku", "unit", "quantity", "unpaid", "short", "amount"),
        [
            (
                producer.producer_name,
                producer.reference,
                line.sku,
                line.unit,
                line.quantity,
                line.unpaid,
                line.short,
                line.amount,
            )
            for producer in found.producers
            for line in producer.lines
        ],
    )


@app.command()
@examples(
    "entrepot sales-session change hub-a sal_... --closes-at 2026-12-05T12:00",
    "entrepot sales-session change hub-a sal_... --sell jeans-farm/LEEKS --remove jeans-farm/KALE",
)
def change(  # noqa: PLR0913 - one option for each thing that may change
    organisation: OrganisationArgument,
    session: SessionArgument,
    *,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    opens_at: LocalTime = "",
    closes_at: LocalTime = "",
    sell: SellOption = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="PRODUCER/SKU", help="A product to sell no longer; may be repeated."),
    ] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Change what is given of a sales session, one thing after the other; the rest stays."""

    async def work(services: Services) -> SalesSession:
        caller, zone = await _trader(services, organisation)
        pool, new_id, inner = services.pool, services.desk.new_id, _session(session)
        changes = SalesSessionChanges(
            UNSET if name is None else name,
            _moment(opens_at, zone) if opens_at else UNSET,
            _moment(closes_at, zone) if closes_at else UNSET,
        )
        products = await _products(services, caller, sell or [])
        variants = [each.variant for each in await _products(services, caller, remove or [])]
        changed = await sales_sessions.change_sales_session(pool, new_id, caller, inner, changes)
        answer = accepted(changed).answer
        if variants:
            removed = await sales_sessions.remove_session_products(
                pool, new_id, caller, inner, tuple(variants)
            )
            answer = accepted(removed).answer
        if products:
            added = await sales_sessions.set_session_products(pool, new_id, caller, inner, products)
            answer = accepted(added).answer
        return answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot sales-session close hub-a sal_... --dry-run",
    "entrepot sales-session close hub-a sal_... --cancel-unpaid",
)
def close(
    organisation: OrganisationArgument,
    session: SessionArgument,
    *,
    cancel_unpaid: Annotated[
        bool, typer.Option("--cancel-unpaid", help="Wait for no payment: cancel what is unpaid.")
    ] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Close a sales session now and make its session orders."""

    async def work(services: Services) -> ClosedSession:
        caller, _ = await _trader(services, organisation)
        closed = await sales_sessions.close_sales_session(
            services.desk, caller, _session(session), cancel_unpaid=cancel_unpaid
        )
        return accepted(closed).answer

    closed = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(closed)
        return
    _print_sessions([closed.session])
    if closed.session.state == "closing":
        _say_counts(closed.orders)
        say("A worker goes on as they are paid or pass their limit.")


async def _trader(services: Services, slug_or_id: str) -> tuple[Caller, ZoneInfo]:
    """The operator acting for an organisation, and its time zone."""
    found = await the_organisation(services, slug_or_id)
    return operator_for(found.inner_id), ZoneInfo(found.time_zone)


async def _products(
    services: Services, caller: Caller, written: Sequence[str]
) -> tuple[SessionProduct, ...]:
    """Find the products that are written PRODUCER/SKU[=LIMIT][@PRICE]."""
    parts = [_product(text) for text in written]
    named = list(dict.fromkeys((seller, sku) for seller, sku, _, _ in parts))
    found = await partnerships.resolve_skus(services.pool, caller, named)
    variants = dict(zip(named, found, strict=True))
    return tuple(
        [
            SessionProduct(variants[seller, sku] or "", limit, price)
            for seller, sku, limit, price in parts
        ]
    )


def _product(text: str) -> tuple[str, str, Decimal | None, Decimal | None]:
    """Read PRODUCER/SKU[=LIMIT][@PRICE]. Refuses, as wrong usage, what is not written so."""
    producer, slash, rest = text.partition("/")
    if not slash or not producer or not rest:
        raise typer.BadParameter(f"{text!r} is not written PRODUCER/SKU[=LIMIT][@PRICE].")
    rest, at, price = rest.rpartition("@") if "@" in rest else (rest, "", "")
    sku, equals, limit = rest.rpartition("=") if "=" in rest else (rest, "", "")
    return (
        producer,
        sku,
        decimal_of(limit) if equals else None,
        decimal_of(price) if at else None,
    )


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """Read a time, in this zone unless it names its own. Refuses, as wrong usage, what is none."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-12-04T18:00.") from error


def _session(text: str) -> Id:
    """Read a session's wire id; "" when it is none."""
    return ids.from_wire(ids.SALES_SESSION, text) or ""


def _print(session: SalesSession, *, json: bool) -> None:
    if json:
        print_json(session)
    else:
        _print_sessions([session])


def _print_sessions(found: Sequence[SalesSession]) -> None:
    print_table(
        ("id", "reference", "name", "state", "opens at", "closes at", "products"),
        [
            (
                each.id,
                each.reference,
                each.name,
                each.state,
                each.opens_at,
                each.closes_at,
                each.product_count,
            )
            for each in found
        ],
    )


def _say_counts(counts: OrderCounts) -> None:
    """Say how a session's orders stand."""
    text = f"{counts.paid} orders are paid, {counts.unpaid} are not"
    until = f" and may be until {counts.unpaid_until}" if counts.unpaid_until else ""
    short = f" {counts.short} are short after a recount." if counts.short else ""
    say(f"{text}{until}.{short}")
