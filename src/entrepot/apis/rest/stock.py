"""Stock: positions, the ledger rows behind them, holds; and goods that arrive or are counted."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from entrepot import orders, stock
from entrepot.apis.rest.bodies import (
    AdjustmentBody,
    CountBody,
    ReceiptBody,
    as_named,
    location_id,
    moment,
    quiet,
    resolve,
)
from entrepot.apis.rest.problems import Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    PageQuery,
    Route,
    acted,
    granted,
    page_of,
    page_type,
    show,
    show_page,
)
from entrepot.apis.rest.wire import HexId
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal, RefusedError
from entrepot.orders import AdjustStock, CountStock, ReceiveStock, StockAnswer, StockLine
from entrepot.stock import Hold, HoldState, LedgerEntry, Position

Number = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
WireId = Annotated[str, msgspec.Meta(max_length=200)]


class PositionsQuery(PageQuery, kw_only=True):
    """Which positions to show."""

    variant: WireId | None = None
    location: WireId | None = None


class PositionQuery(msgspec.Struct, forbid_unknown_fields=True):
    """As of when to show a position."""

    as_of: (
        Annotated[
            datetime,
            msgspec.Meta(tz=True, description="The moment; without it, as it is now."),
        ]
        | None
    ) = None


class LedgerQuery(PageQuery, kw_only=True):
    """Whose ledger rows to show."""

    variant: WireId
    location: WireId


class HoldsQuery(PageQuery, kw_only=True):
    """Which holds to show."""

    variant: WireId | None = None
    order: WireId | None = None
    state: HoldState | None = None


async def list_positions(call: Call[PositionsQuery, None]) -> Reply:
    """Show the caller's positions."""
    query = call.query
    page = page_of(query, tuple[HexId, HexId])
    try:
        variant = _filter(ids.VARIANT, query.variant)
        location = _filter(ids.LOCATION, query.location)
    except _NothingError:
        return show_page([], page, lambda _: ())
    rows = granted(
        await stock.list_positions(
            call.services.database, call.caller, page, variant=variant, location=location
        )
    )
    return show_page(rows, page, _position_key)


async def find_position(call: Call[PositionQuery, None]) -> Reply:
    """Show one position, as it is or as it was."""
    key = _position(call.path["variant"], call.path["location"])
    as_of = None if call.query.as_of is None else moment(call.query.as_of, "as_of")
    return show(
        granted(await stock.find_position(call.services.database, call.caller, *key, as_of))
    )


async def list_ledger(call: Call[LedgerQuery, None]) -> Reply:
    """Show the rows behind a position's figures."""
    page = page_of(call.query, tuple[Number])
    key = _position(call.query.variant, call.query.location)
    rows = granted(await stock.list_ledger(call.services.database, call.caller, page, *key))
    return show_page(rows, page, lambda row: (row.version,))


async def list_holds(call: Call[HoldsQuery, None]) -> Reply:
    """Show what is held of the caller's stock."""
    query = call.query
    page = page_of(query, tuple[HexId, HexId, HexId, Number])
    try:
        variant = _filter(ids.VARIANT, query.variant)
        order = _filter(ids.ORDER, query.order)
    except _NothingError:
        return show_page([], page, lambda _: ())
    rows = granted(
        await stock.list_holds(
            call.services.database,
            call.caller,
            page,
            variant=variant,
            order=order,
            state=query.state,
        )
    )
    return show_page(rows, page, _hold_key)


async def receive(call: Call[Any, ReceiptBody]) -> Reply:
    """Let goods arrive."""
    lines = await _stock_lines(call)
    command = ReceiveStock(lines, call.body.reason)
    answer = await orders.receive_stock(
        call.services.desk, call.caller, command, call.key, call.request
    )
    return acted(as_named(answer, call.body.lines) if isinstance(answer, Refusal) else answer)


async def adjust(call: Call[Any, AdjustmentBody]) -> Reply:
    """Correct what is on hand."""
    lines = await _stock_lines(call)
    command = AdjustStock(lines, call.body.reason)
    answer = await orders.adjust_stock(
        call.services.desk, call.caller, command, call.key, call.request
    )
    return acted(as_named(answer, call.body.lines) if isinstance(answer, Refusal) else answer)


async def count(call: Call[Any, CountBody]) -> Reply:
    """Set what is on hand to what was counted."""
    body = call.body
    (variant,) = await resolve(call.services.database, call.caller, [body], "")
    command = CountStock(
        variant,
        quiet(body.on_hand),
        body.expected_version,
        location_id(body.location, "location"),
        body.reason,
    )
    answer = await orders.count_stock(
        call.services.desk, call.caller, command, call.key, call.request
    )
    return acted(as_named(answer, [body], "") if isinstance(answer, Refusal) else answer)


async def _stock_lines(
    call: Call[Any, ReceiptBody] | Call[Any, AdjustmentBody],
) -> tuple[StockLine, ...]:
    lines = call.body.lines
    variants = await resolve(call.services.database, call.caller, lines)
    return tuple(
        StockLine(variant, quiet(line.quantity), location_id(line.location, f"lines[{n}].location"))
        for n, (variant, line) in enumerate(zip(variants, lines, strict=True))
    )


class _NothingError(Exception):
    """A filter names something that cannot exist, so the list is empty."""


def _filter(prefix: str, text: str | None) -> str | None:
    if text is None:
        return None
    found = ids.from_wire(prefix, text)
    if found is None:
        raise _NothingError
    return found


def _position(variant: str, location: str) -> tuple[str, str]:
    key = ids.from_wire(ids.VARIANT, variant), ids.from_wire(ids.LOCATION, location)
    if key[0] is None or key[1] is None:
        raise RefusedError(stock.unknown_position())
    return key[0], key[1]


def _position_key(row: Position) -> tuple[str, str]:
    return row.variant.removeprefix(ids.VARIANT), row.location.removeprefix(ids.LOCATION)


def _hold_key(row: Hold) -> tuple[str, str, str, int]:
    return (
        row.variant.removeprefix(ids.VARIANT),
        row.location.removeprefix(ids.LOCATION),
        row.order.removeprefix(ids.ORDER),
        row.hold,
    )


_ARRIVING: Final = (
    "orders.no_lines",
    "orders.too_many_lines",
    "orders.unknown_variant",
    "orders.unknown_location",
    "orders.quantity_not_positive",
    "orders.quantity_too_large",
    "orders.quantity_too_precise",
    "request.key_reused",
)

ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/positions",
        topic="Stock",
        summary="List your positions",
        detail=(
            "Holds whose limit has passed, and allocations past their validity, do not count,"
            " whether or not that is written yet."
        ),
        handler=list_positions,
        query=PositionsQuery,
        answer=page_type("Position", Position),
        scope=Scope.STOCK_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/positions/{{variant}}/{{location}}",
        topic="Stock",
        summary="Show one position, now or as of any moment",
        detail="With `as_of`, the figures that the ledger had then.",
        handler=find_position,
        query=PositionQuery,
        answer=Position,
        scope=Scope.STOCK_READ,
        refusals=("stock.unknown_position",),
    ),
    Route(
        method="GET",
        path=f"{API}/ledger",
        topic="Stock",
        summary="List the rows behind a position's figures",
        detail="Newest first. Rows are added, never edited; each carries the version it made.",
        handler=list_ledger,
        query=LedgerQuery,
        answer=page_type("LedgerEntry", LedgerEntry),
        scope=Scope.STOCK_READ,
        refusals=("stock.unknown_position",),
    ),
    Route(
        method="GET",
        path=f"{API}/holds",
        topic="Stock",
        summary="List what is held of your stock",
        detail="Those live now; with `order`, all of one order, or those of a `state`.",
        handler=list_holds,
        query=HoldsQuery,
        answer=page_type("Hold", Hold),
        scope=Scope.STOCK_READ,
        refusals=("stock.order_needed",),
    ),
    Route(
        method="POST",
        path=f"{API}/stock/receipts",
        topic="Stock",
        summary="Let goods arrive",
        detail="What is on hand rises; orders that wait for it are served at once.",
        handler=receive,
        body=ReceiptBody,
        is_act=True,
        answer=StockAnswer,
        scope=Scope.STOCK_WRITE,
        refusals=_ARRIVING,
    ),
    Route(
        method="POST",
        path=f"{API}/stock/adjustments",
        topic="Stock",
        summary="Correct what is on hand by a difference",
        detail="Refused where it would leave less than is promised; count the stock then.",
        handler=adjust,
        body=AdjustmentBody,
        is_act=True,
        answer=StockAnswer,
        scope=Scope.STOCK_WRITE,
        refusals=(*_ARRIVING, "stock.insufficient_available"),
    ),
    Route(
        method="POST",
        path=f"{API}/stock/counts",
        topic="Stock",
        summary="Set what is on hand to a counted figure",
        detail=(
            "Only a stale `expected_version` refuses it. What the count does not cover is given up"
            " in a fixed order and named in the answer."
        ),
        handler=count,
        body=CountBody,
        is_act=True,
        answer=StockAnswer,
        scope=Scope.STOCK_WRITE,
        refusals=(
            "orders.unknown_variant",
            "orders.unknown_location",
            "orders.quantity_not_positive",
            "orders.quantity_too_large",
            "orders.quantity_too_precise",
            "stock.version_changed",
            "request.key_reused",
        ),
    ),
)
