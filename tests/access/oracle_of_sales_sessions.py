"""The oracle's answers about sales sessions: to the trader who opens them, and to producers.

A session and its customers are its trader's alone. A producer is told of its own goods only: how
much of them traders' sessions hold, and the session orders at it; of customers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from entrepot.infra.pool import Pool
from entrepot.kernel.ids import Id
from tests.access.facts import Asked, Facts, Listed, RefusedError, Row, inner, said, shown

TABLES = ("sales_sessions", "selling_windows", "window_products")
"""Tables that only these answers are made of."""

NOTHING = Decimal(0)
TIMES = ("opens_at", "closes_at")
SUMMED = ("quantity", "held", "shipped", "returned", "cancelled", "short")


async def read_selling(pool: Pool, facts: Facts) -> Facts:
    """Read these tables too."""
    async with pool.acquire() as connection:
        tables: dict[str, list[Row]] = {
            name: [
                dict(row)
                for row in await connection.fetch(f"SELECT * FROM {name} AS t ORDER BY t::text")
            ]
            for name in TABLES
        }
    return Facts({**facts.tables, **tables}, facts.now)


# The trader's own sessions.


def list_sales_sessions(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    found = []
    for row in facts["sales_sessions"]:
        window = _window(facts, row["organisation"], row["id"])
        if (
            row["organisation"] == me
            and asked.get("state", _state(facts, window)) == _state(facts, window)
            and ("since" not in asked or window["closes_at"] > _moment(asked["since"]))
            and ("until" not in asked or window["opens_at"] < _moment(asked["until"]))
        ):
            found.append(Listed(_session(facts, row), (row["id"],)))
    return found


def find_sales_session(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    row = _own_session(facts, me, asked)
    return {
        "session": _session(facts, row),
        "orders": _counts(facts, row),
        "products": [_product(facts, row, each) for each in _sold(facts, row)],
    }


def preview_closing(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    row = _own_session(facts, me, asked)
    by_producer: dict[Id, list[Row]] = {}
    for each in _sold(facts, row):
        by_producer.setdefault(each["owner"], []).append(each)
    producers = [_gets(facts, row, owner, sold) for owner, sold in by_producer.items()]
    return {
        "session": _session(facts, row),
        "orders": _counts(facts, row),
        "producers": [each for each in producers if each["lines"]],
    }


def list_customer_orders(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    rows = [
        _customer_order(facts, each) for each in _baskets(facts, _own_session(facts, me, asked))
    ]
    is_missing = asked.get("would_miss") == "true"
    return [
        Listed(row, (row["id"].removeprefix("ord_"),))
        for row in rows
        if asked.get("status", row["status"]) == row["status"]
        # What was completed misses nothing any more that it could still get.
        and (not is_missing or (row["status"] == "held" and row["would_miss"] != "nothing"))
    ]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _window(facts: Facts, trader: Id, session: Id) -> Row:
    window = facts.one("selling_windows", organisation=trader, id=session)
    assert window is not None
    return window


def _own_session(facts: Facts, me: Id, asked: Asked) -> Row:
    row = facts.one("sales_sessions", organisation=me, id=inner("sal_", asked["sales_session"]))
    if row is None:
        raise RefusedError("orders.unknown_sales_session")
    return row


def _state(facts: Facts, window: Row) -> str:
    if window["state"] != "open":
        return str(window["state"])
    if facts.is_past(window["closes_at"]):
        return "closing"
    return "open" if facts.is_past(window["opens_at"]) else "planned"


def _session(facts: Facts, row: Row) -> dict[str, Any]:
    window = _window(facts, row["organisation"], row["id"])
    return shown(
        {**window, **row},
        ("name", "reference", *TIMES, "created_at", "closed_at", "completed_at"),
        id=f"sal_{row['id']}",
        state=_state(facts, window),
        product_count=len(_sold(facts, row)),
    )


def _goods(facts: Facts, variant: Id) -> Row:
    goods = facts.one("variants", id=variant)
    assert goods is not None
    return goods


def _named(facts: Facts, organisation: Id) -> Row:
    row = facts.one("organisations", id=organisation)
    assert row is not None
    return row


def _sold(facts: Facts, session: Row) -> list[Row]:
    """What a session sells, by its producer's slug and its sku."""
    rows = [
        row
        for row in facts["window_products"]
        if (row["organisation"], row["selling_window"]) == (session["organisation"], session["id"])
    ]
    return sorted(
        rows,
        key=lambda row: (
            _named(facts, row["owner"])["slug"],
            _goods(facts, row["variant"])["sku"],
        ),
    )


def _baskets(facts: Facts, session: Row) -> list[Row]:
    """The customer orders of a session; the trader's session orders are none."""
    return [
        row
        for row in facts["orders"]
        if (row["organisation"], row["selling_window"]) == (session["organisation"], session["id"])
        and row["producer"] is None
    ]


def _is_held(facts: Facts, order: Row) -> bool:
    return order["status"] == "held" and not facts.is_past(order["hold_until"])


def _lines(facts: Facts, order: Row) -> list[Row]:
    key = (order["organisation"], order["id"])
    rows = [row for row in facts["order_lines"] if (row["organisation"], row["order_id"]) == key]
    return sorted(rows, key=lambda row: int(row["line_no"]))


def _lines_of_all(facts: Facts, orders: Iterable[Row], variant: Id) -> Iterator[Row]:
    for order in orders:
        yield from (line for line in _lines(facts, order) if line["variant"] == variant)


def _sum(lines: Iterable[Row], *names: str) -> Decimal:
    return sum((line[name] for line in lines for name in names), NOTHING)


def _short(facts: Facts, order: Row) -> list[Row]:
    return [line for line in _lines(facts, order) if line["short"]]


def _counts(facts: Facts, session: Row) -> dict[str, Any]:
    held = [row for row in _baskets(facts, session) if _is_held(facts, row)]
    unpaid = [row for row in held if row["payment_status"] == "unpaid"]
    limits = [row["hold_until"] for row in unpaid if row["hold_until"] is not None]
    return {
        "paid": sum(row["payment_status"] == "paid" for row in held),
        "unpaid": len(unpaid),
        "short": sum(bool(_short(facts, row)) for row in held),
        "unpaid_until": said("unpaid_until", max(limits, default=None)),
    }


def _available(facts: Facts, goods: Row) -> Decimal | None:
    """What a producer has for anybody where orders ship from; None is without end."""
    if goods["unlimited"]:
        return None
    total = NOTHING
    for row in facts["positions"]:
        key = (row["owner"], row["variant"], row["location"])
        place = facts.one("locations", id=row["location"])
        if key[:2] != (goods["organisation"], goods["id"]) or not (place and place["ships_orders"]):
            continue
        gone = _sum(
            (
                hold
                for hold in facts["holds"]
                if (hold["owner"], hold["variant"], hold["location"]) == key
                and hold["state"] == "live"
                and facts.is_past(hold["expires_at"])
            ),
            "quantity",
        )
        held = max(row["held"] - gone, NOTHING)
        total += max(row["on_hand"] - held - row["allocated"], NOTHING)
    return total


def _product(facts: Facts, session: Row, row: Row) -> dict[str, Any]:
    goods = _goods(facts, row["variant"])
    live = [order for order in _baskets(facts, session) if _is_held(facts, order)]
    held = _sum(_lines_of_all(facts, live, row["variant"]), "held")
    available, limit = _available(facts, goods), row["quantity_max"]
    room = None if limit is None else max(limit - held, NOTHING)
    bounds = [each for each in (available, room) if each is not None]
    own_price = row["unit_price"]
    return shown(
        {**goods, **row},
        ("variant", "sku", "name", "unit", "quantity_max", "purchase_price"),
        producer=f"org_{row['owner']}",
        producer_name=_named(facts, row["owner"])["name"],
        held=held,
        available=available,
        left=min(bounds, default=None),
        unit_price=goods["retail_price"] if own_price is None else own_price,
        session_price=own_price,
    )


def _gets(facts: Facts, session: Row, producer: Id, sold: list[Row]) -> dict[str, Any]:
    """What one producer gets: what its paid customers hold, or held when they were gathered."""
    live = [
        order
        for order in _baskets(facts, session)
        if order["status"] == "complete" or _is_held(facts, order)
    ]
    unpaid = [order for order in live if order["payment_status"] == "unpaid"]
    paid = [order for order in live if order["payment_status"] != "unpaid"]
    lines = []
    total: Decimal | None = NOTHING
    for row in sold:
        variant, price = row["variant"], row["purchase_price"]
        amounts = {
            "quantity": _sum(_lines_of_all(facts, paid, variant), "held", "gathered"),
            "unpaid": _sum(_lines_of_all(facts, unpaid, variant), "held"),
            "short": _sum(_lines_of_all(facts, live, variant), "short"),
        }
        if not any(amounts.values()):
            continue
        quantity = amounts["quantity"]
        amount = None if price is None else quantity * price
        if quantity:
            total = None if total is None or amount is None else total + amount
        goods = {**_goods(facts, variant), **row, **amounts, "amount": amount}
        columns = ("variant", "sku", "name", "unit", *amounts, "purchase_price", "amount")
        lines.append(shown(goods, columns))
    made = next(
        (
            row
            for row in facts["orders"]
            if (row["organisation"], row["selling_window"], row["producer"])
            == (session["organisation"], session["id"], producer)
            and row["status"] != "cancelled"
        ),
        None,
    )
    return {
        "producer": f"org_{producer}",
        "producer_name": _named(facts, producer)["name"],
        "lines": lines,
        "amount": said("amount", total),
        "order": None if made is None else f"ord_{made['id']}",
        "reference": None if made is None else made["reference"],
        "status": None if made is None else made["status"],
    }


def _customer_order(facts: Facts, row: Row) -> dict[str, Any]:
    is_over = row["status"] == "held" and not _is_held(facts, row)
    status = "cancelled" if is_over else row["status"]
    payment = "cancelled" if is_over else row["payment_status"]
    short = [] if status == "cancelled" and not is_over else _short(facts, row)
    would_miss = "nothing"
    if (status, payment) == ("held", "unpaid"):
        would_miss = "all"
    elif status in {"held", "complete"} and short:
        would_miss = "part"
    return shown(
        row,
        ("reference", "placed_at", "hold_until"),
        id=f"ord_{row['id']}",
        status=status,
        payment_status=payment,
        lines=len(_lines(facts, row)),
        would_miss=would_miss,
        short=[
            shown(_goods(facts, line["variant"]), ("sku",), quantity=line["short"])
            for line in short
        ],
    )


# The producer's side.


def list_session_demand(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    """What is held of one's goods now, by the variant, the trader and the session."""
    del asked
    demand: dict[tuple[Id, Id, Id], Decimal] = {}
    for order in facts["orders"]:
        if order["selling_window"] is None or not _is_held(facts, order):
            continue
        for line in _lines(facts, order):
            if line["owner"] == me and line["held"]:
                key = (line["variant"], order["organisation"], order["selling_window"])
                demand[key] = demand.get(key, NOTHING) + line["held"]
    found = []
    for (variant, trader, session), quantity in demand.items():
        window = _window(facts, trader, session)
        each = shown(
            {**_goods(facts, variant), **{name: window[name] for name in TIMES}},
            ("sku", "name", "unit", *TIMES),
            variant=variant,
            trader=f"org_{trader}",
            trader_name=_named(facts, trader)["name"],
            sales_session=f"sal_{session}",
            is_remote=window["is_remote"],
            quantity=quantity,
        )
        found.append(Listed(each, (variant, trader, session)))
    return found


def list_session_orders(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    rows = [(row, _session_order(facts, row)) for row in facts["orders"] if _is_at(row, me)]
    return [
        Listed(each, (row["id"],))
        for row, each in rows
        if asked.get("status", each["status"]) == each["status"]
    ]


def find_session_order(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    row = facts.one("orders", id=inner("ord_", asked["order"]))
    if row is None or not _is_at(row, me):
        raise RefusedError("orders.unknown_order")
    lines = [
        shown(
            {**_goods(facts, line["variant"]), **line},
            ("variant", "sku", "name", "unit", *SUMMED, "unit_price", "case_units"),
            line=line["line_no"],
        )
        for line in _lines(facts, row)
    ]
    return {"order": _session_order(facts, row), "lines": lines}


def _is_at(order: Row, me: Id) -> bool:
    """Whether an order is a session order at a producer; what its trader drafts is unseen."""
    return bool(order["producer"] == me and order["status"] != "draft")


def _session_order(facts: Facts, row: Row) -> dict[str, Any]:
    is_over = row["status"] == "held" and not _is_held(facts, row)
    lines = _lines(facts, row)
    priced = [line for line in lines if line["unit_price"] is not None]
    amounts = [(line["quantity"] - line["cancelled"]) * line["unit_price"] for line in priced]
    window = _window(facts, row["organisation"], row["selling_window"])
    return shown(
        {**row, **{name: window[name] for name in TIMES}},
        ("reference", "placed_at", "hold_until", *TIMES),
        id=f"ord_{row['id']}",
        trader=f"org_{row['organisation']}",
        trader_name=_named(facts, row["organisation"])["name"],
        sales_session=f"sal_{row['selling_window']}",
        status="cancelled" if is_over else row["status"],
        fulfilment_status="cancelled" if is_over else row["fulfilment_status"],
        lines=len(lines),
        amount=sum(amounts, NOTHING) if lines and len(priced) == len(lines) else None,
    )
