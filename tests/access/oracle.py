"""Who may see what, said a second time: by plain Python over whole tables, without the system.

It knows nothing of statements, indexes or scopes in the code. Each read is a function from the
tables, whoever asks and what is asked to the answer that is due; lists say all their rows, and
paging is done once for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from entrepot.apis.rest.wire import read_cursor, write_cursor
from entrepot.kernel.ids import Id
from tests.access.facts import (
    Asked,
    Facts,
    Listed,
    Place,
    Reader,
    RefusedError,
    Row,
    inner,
    shown,
)
from tests.access.oracle_of_partners import (
    find_partnership,
    list_partnership_invitations,
    list_partnerships,
)
from tests.access.oracle_of_people import (
    find_act,
    list_audit,
    list_invitations,
    list_people,
    list_sessions,
    list_tokens,
    show_me,
)
from tests.access.oracle_of_sales_sessions import (
    find_sales_session,
    find_session_order,
    list_customer_orders,
    list_sales_sessions,
    list_session_demand,
    list_session_orders,
    preview_closing,
)
from tests.access.oracle_of_webhooks import (
    find_webhook,
    list_attempts,
    list_deliveries,
    list_webhooks,
)

LIMIT_USUAL = 50
NOT_FOUND = {
    "organisation": "identity.unknown_organisation",
    "variant": "catalogue.unknown_variant",
    "product": "catalogue.unknown_product",
    "supplier": "catalogue.unknown_supplier",
    "location": "catalogue.unknown_location",
    "order": "orders.unknown_order",
    "position": "stock.unknown_position",
}


# Organisations and what they have.

ORGANISATION = ("slug", "name", "time_zone", "country", "currency")
LOCATION = ("code", "name", "rank", "ships_orders")
OPENED = (
    "sku",
    "name",
    "unit",
    "pricing_model",
    "whole_units",
    "is_orderable",
    "order_quantity_min",
    "order_quantity_multiple",
    "state",
)
VARIANT = (
    *OPENED,
    "created_at",
    "gtin",
    "legacy_id",
    "product",
    "purchase_price",
    "retail_price",
    "supplier",
    "supplier_sku",
    "units_per_case",
    "unlimited",
    "vat_rate",
    "wholesale_price",
)
PRODUCT = ("legacy_id", "name", "created_at")
SUPPLIER = (
    "name",
    "email",
    "backorders_allowed",
    "backorder_threshold",
    "state",
    "created_at",
    "partnership",
)


def _known(facts: Facts, me: Id, row: Row) -> dict[str, Any] | None:
    """An organisation as another sees it, if the two have anything to do with each other."""
    sells = facts.kinds(row["id"], me, "active", "paused")
    buys = facts.kinds(me, row["id"], "active", "paused")
    if row["id"] != me and not sells and not buys:
        return None
    id_ = f"org_{row['id']}"
    return shown(row, ORGANISATION, id=id_, sells_to_you=sells, buys_from_you=buys)


def list_organisations(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    del asked
    known = ((row, _known(facts, me, row)) for row in facts["organisations"])
    return [Listed(each, (row["id"],)) for row, each in known if each is not None]


def find_organisation(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    row = facts.one("organisations", id=inner("org_", asked["organisation"]))
    known = None if row is None else _known(facts, me, row)
    if known is None:
        raise RefusedError(NOT_FOUND["organisation"])
    return known


def _own_variant(row: Row) -> dict[str, Any]:
    return shown(row, VARIANT, id=f"var_{row['id']}", prices_include_vat=False)


def _variant(facts: Facts, me: Id, row: Row) -> dict[str, Any] | None:
    """A variant as its owner sees it, as a partner does, or not at all."""
    if row["state"] == "deleted":
        return None
    if row["organisation"] == me:
        return _own_variant(row)
    if facts.opens(row["organisation"], me):
        return shown(row, OPENED, id=f"var_{row['id']}", seller=row["organisation"])
    return None


def list_variants(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    if "seller" in asked:
        return _list_opened(facts, me, asked)
    return [
        Listed(_own_variant(row), (row["sku"],))
        for row in facts["variants"]
        if row["organisation"] == me
        and asked.get("sku", row["sku"]) == row["sku"]
        and _has_gtin(row, asked.get("gtin"))
        and asked.get("supplier") in {None, f"sup_{row['supplier']}"}
        and (row["state"] == asked["state"] if "state" in asked else row["state"] != "deleted")
    ]


def _has_gtin(row: Row, gtin: str | None) -> bool:
    """Whether a variant has a GTIN, however many zeros are before it; a deleted one has none."""
    if gtin is None:
        return True
    own = None if row["state"] == "deleted" else row["gtin"]
    return own is not None and own.zfill(14) == gtin.zfill(14)


def _list_opened(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    if {"gtin", "supplier", "state"} & asked.keys():
        raise RefusedError("request.field_not_valid")
    seller = inner("org_", asked["seller"])
    named = {"id": seller} if seller else {"slug": asked["seller"]}
    row = facts.one("organisations", **named)
    # One's own goods are not opened to oneself.
    owner = None if row is None or row["id"] == me else row["id"]
    found = []
    for row in facts["variants"]:
        if row["organisation"] == owner and asked.get("sku", row["sku"]) == row["sku"]:
            each = _variant(facts, me, row)
            if each is not None:
                found.append(Listed(each, (row["sku"],)))
    return found


def find_variant(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    row = facts.one("variants", id=inner("var_", asked["variant"]))
    seen = None if row is None else _variant(facts, me, row)
    if seen is None:
        raise RefusedError(NOT_FOUND["variant"])
    return seen


def _product(facts: Facts, row: Row) -> dict[str, Any]:
    variants = sorted(
        (
            each
            for each in facts["variants"]
            if (each["organisation"], each["product"]) == (row["organisation"], row["id"])
            and each["state"] != "deleted"
        ),
        key=lambda each: str(each["sku"]),
    )
    own = [_own_variant(each) for each in variants]
    return shown(row, PRODUCT, id=f"prd_{row['id']}", variants=own)


def list_products(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    del asked
    own = [row for row in facts["products"] if row["organisation"] == me]
    return [Listed(_product(facts, row), (row["id"],)) for row in own]


def find_product(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    row = facts.one("products", organisation=me, id=inner("prd_", asked["product"]))
    if row is None:
        raise RefusedError(NOT_FOUND["product"])
    return _product(facts, row)


def list_suppliers(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    return [
        Listed(shown(row, SUPPLIER, id=f"sup_{row['id']}"), (row["name_key"], row["id"]))
        for row in facts["suppliers"]
        if row["organisation"] == me
        and (row["state"] == asked["state"] if "state" in asked else row["state"] != "deleted")
    ]


def find_supplier(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    row = facts.one("suppliers", organisation=me, id=inner("sup_", asked["supplier"]))
    if row is None:
        raise RefusedError(NOT_FOUND["supplier"])
    return shown(row, SUPPLIER, id=f"sup_{row['id']}")


def find_location(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    row = facts.one("locations", organisation=me, id=inner("loc_", asked["location"]))
    if row is None:
        raise RefusedError(NOT_FOUND["location"])
    return shown(row, LOCATION, id=f"loc_{row['id']}")


def list_locations(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    del asked
    return [
        Listed(shown(row, LOCATION, id=f"loc_{row['id']}"), (row["rank"], row["id"]))
        for row in facts["locations"]
        if row["organisation"] == me
    ]


# Stock.

LEDGER = (
    "version",
    "at",
    "kind",
    "on_hand_change",
    "held_change",
    "allocated_change",
    "on_hand",
    "held",
    "allocated",
    "act",
)
HOLD = ("organisation", "variant", "location", "quantity", "expires_at", "ended_quantity")


def _position(facts: Facts, row: Row) -> dict[str, Any]:
    """A position net of what counts as expired; nobody allocates in this world."""
    key = (row["owner"], row["variant"], row["location"])
    gone = sum(
        (
            hold["quantity"]
            for hold in facts["holds"]
            if (hold["owner"], hold["variant"], hold["location"]) == key
            and hold["state"] == "live"
            and facts.is_past(hold["expires_at"])
        ),
        Decimal(0),
    )
    held = max(row["held"] - gone, Decimal(0))
    available = max(row["on_hand"] - held - row["allocated"], Decimal(0))
    columns = ("variant", "location", "on_hand", "allocated", "version", "unlimited")
    return shown(row, columns, held=held, available=available)


def list_positions(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    found = []
    for row in facts["positions"]:
        key = (row["variant"], row["location"])
        if (
            row["owner"] == me
            and asked.get("variant", f"var_{key[0]}") == f"var_{key[0]}"
            and asked.get("location", f"loc_{key[1]}") == f"loc_{key[1]}"
        ):
            found.append(Listed(_position(facts, row), key))
    return found


def _own_position(facts: Facts, me: Id, asked: Asked) -> Row:
    row = facts.one(
        "positions",
        owner=me,
        variant=inner("var_", asked["variant"]),
        location=inner("loc_", asked["location"]),
    )
    if row is None:
        raise RefusedError(NOT_FOUND["position"])
    return row


def _ledger_of(facts: Facts, position: Row) -> list[Row]:
    """The rows behind a position, oldest first."""
    names = ("owner", "variant", "location")
    rows = [row for row in facts["ledger"] if all(row[name] == position[name] for name in names)]
    return sorted(rows, key=lambda row: int(row["version"]))


def find_position(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    position = _own_position(facts, me, asked)
    if "as_of" not in asked:
        return _position(facts, position)
    moment = datetime.fromisoformat(asked["as_of"])
    figures: dict[str, Any] = dict.fromkeys(("on_hand", "held", "allocated", "version"), 0)
    for row in _ledger_of(facts, position):
        if row["at"] <= moment:
            figures = {name: row[name] for name in figures}
    amounts = [Decimal(figures[name]) for name in ("on_hand", "held", "allocated")]
    available = max(amounts[0] - amounts[1] - amounts[2], Decimal(0))
    for name, amount in zip(("on_hand", "held", "allocated"), amounts, strict=True):
        figures[name] = amount
    return shown(position, ("variant", "location", "unlimited"), available=available, **figures)


def list_ledger(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    return [
        Listed(
            shown(
                row,
                LEDGER,
                order=None if row["order_id"] is None else f"ord_{row['order_id']}",
                hold=row["hold_no"],
            ),
            (row["version"],),
        )
        for row in _ledger_of(facts, _own_position(facts, me, asked))
    ]


def list_holds(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    order, state = asked.get("order"), asked.get("state")
    if "variant" in asked and inner("var_", asked["variant"]) is None:
        return []
    if order is None and state not in {None, "live"}:
        raise RefusedError("stock.order_needed")
    found = []
    for row in facts["holds"]:
        is_over = row["state"] == "live" and facts.is_past(row["expires_at"])
        now = "expired" if is_over else row["state"]
        if (
            row["owner"] != me
            or asked.get("variant", f"var_{row['variant']}") != f"var_{row['variant']}"
            or (f"ord_{row['order_id']}" != order if order else now != "live")
            or state not in {None, now}
        ):
            continue
        key = (row["variant"], row["location"], row["order_id"], row["hold_no"])
        each = shown(
            row,
            HOLD,
            order=f"ord_{row['order_id']}",
            hold=row["hold_no"],
            line=row["line_no"],
            state=now,
            version=row["opened_version"],
            ended_version=row["ended_version"],
        )
        found.append(Listed(each, key))
    return found


# Orders.

SUMMARY = (
    "reference",
    "kind",
    "status",
    "fulfilment_status",
    "payment_status",
    "policy",
    "placed_at",
)
MAYBE = ("hold_until", "priority", "follows")
PARTS = ("shipped", "returned", "cancelled", "short", "gathered", "case_units")


def _as_of_now(facts: Facts, row: Row) -> Row:
    """An order, which counts as cancelled once its limit has passed."""
    if row["status"] not in {"held", "waiting"} or not facts.is_past(row["hold_until"]):
        return row
    payment = "cancelled" if row["payment_status"] == "unpaid" else row["payment_status"]
    ended = {"status": "cancelled", "fulfilment_status": "cancelled", "payment_status": payment}
    return {**row, **ended}


def _summary(row: Row) -> dict[str, Any]:
    maybe = {name: row[name] for name in MAYBE if row[name]}
    if row["selling_window"] is not None:
        maybe["sales_session"] = f"sal_{row['selling_window']}"
    if row["producer"] is not None:
        maybe["producer"] = f"org_{row['producer']}"
    return shown(row, SUMMARY, id=f"ord_{row['id']}", **maybe)


def list_orders(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    own = [_as_of_now(facts, row) for row in facts["orders"] if row["organisation"] == me]
    return [
        Listed(_summary(row), (row["id"],))
        for row in own
        if asked.get("status", row["status"]) == row["status"]
        and asked.get("reference", row["reference"]) == row["reference"]
    ]


def find_order(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    stored = facts.one("orders", organisation=me, id=inner("ord_", asked["order"]))
    if stored is None:
        raise RefusedError(NOT_FOUND["order"])
    row = _as_of_now(facts, stored)
    answer = _summary(row)
    answer["lines"] = [
        _line(line, row, is_over=row is not stored)
        for line in sorted(facts["order_lines"], key=lambda each: int(each["line_no"]))
        if (line["organisation"], line["order_id"]) == (me, row["id"])
    ]
    holds = [
        shown(hold, ("location", "quantity"), line=hold["line_no"], version=hold["opened_version"])
        for hold in sorted(facts["holds"], key=lambda each: (each["owner"], each["hold_no"]))
        if hold["order_id"] == row["id"]
        and hold["state"] == "live"
        and not facts.is_past(hold["expires_at"])
    ]
    if holds and row is stored:
        answer["holds"] = holds
    successor = facts.one("orders", organisation=me, follows=row["id"])
    if successor is not None:
        answer["followed_by"] = f"ord_{successor['id']}"
    return answer


def _line(line: Row, order: Row, *, is_over: bool) -> dict[str, Any]:
    """A line: parts that are nothing are left out, what is held never is."""
    held = Decimal(0) if is_over else line["held"]
    answer = shown(line, ("variant", "quantity"), line=line["line_no"], held=held)
    parts = {name: line[name] for name in PARTS if line[name]}
    if is_over:
        parts.pop("short", None)
    missing = line["quantity"] - held - line["shipped"] - line["cancelled"] - line["gathered"]
    if order["status"] == "waiting" and missing:
        parts["waiting"] = missing
    if line["unit_price"] is not None:
        parts["unit_price"] = line["unit_price"]
    return answer | shown(parts, parts)


def list_notices(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    del asked
    return [
        Listed(
            shown(
                row,
                ("at", "kind", "subject", "done_at"),
                id=f"ntc_{row['id']}",
                facts=msgspec.json.decode(row["facts"]),
            ),
            (row["id"],),
        )
        for row in facts["notices"]
        if row["organisation"] == me
    ]


OfOrganisation: TypeAlias = Callable[[Facts, Id, Asked], dict[str, Any] | list[Listed]]
OfReader: TypeAlias = Callable[[Facts, Reader, Asked], dict[str, Any] | list[Listed]]

OF_ORGANISATION: Mapping[str, OfOrganisation] = {
    "GET /api/v1/organisations": list_organisations,
    "GET /api/v1/organisations/{organisation}": find_organisation,
    "GET /api/v1/variants": list_variants,
    "GET /api/v1/variants/{variant}": find_variant,
    "GET /api/v1/products": list_products,
    "GET /api/v1/products/{product}": find_product,
    "GET /api/v1/suppliers": list_suppliers,
    "GET /api/v1/suppliers/{supplier}": find_supplier,
    "GET /api/v1/webhooks": list_webhooks,
    "GET /api/v1/webhooks/{webhook}": find_webhook,
    "GET /api/v1/webhooks/{webhook}/deliveries": list_deliveries,
    "GET /api/v1/webhooks/{webhook}/attempts": list_attempts,
    "GET /api/v1/locations": list_locations,
    "GET /api/v1/locations/{location}": find_location,
    "GET /api/v1/partnership-invitations": list_partnership_invitations,
    "GET /api/v1/partnerships": list_partnerships,
    "GET /api/v1/partnerships/{partnership}": find_partnership,
    "GET /api/v1/positions": list_positions,
    "GET /api/v1/positions/{variant}/{location}": find_position,
    "GET /api/v1/ledger": list_ledger,
    "GET /api/v1/holds": list_holds,
    "GET /api/v1/orders": list_orders,
    "GET /api/v1/orders/{order}": find_order,
    "GET /api/v1/sales-sessions": list_sales_sessions,
    "GET /api/v1/sales-sessions/{sales_session}": find_sales_session,
    "GET /api/v1/sales-sessions/{sales_session}/orders": list_customer_orders,
    "GET /api/v1/sales-sessions/{sales_session}/preview": preview_closing,
    "GET /api/v1/session-demand": list_session_demand,
    "GET /api/v1/session-orders": list_session_orders,
    "GET /api/v1/session-orders/{order}": find_session_order,
    "GET /api/v1/notices": list_notices,
    "GET /api/v1/people": list_people,
    "GET /api/v1/colleague-invitations": list_invitations,
    "GET /api/v1/tokens": list_tokens,
    "GET /api/v1/audit": list_audit,
    "GET /api/v1/audit/{act}": find_act,
}
"""Reads that answer all of an organisation alike."""

OF_READER: Mapping[str, OfReader] = {
    "GET /api/v1/me": show_me,
    "GET /api/v1/sessions": list_sessions,
}
"""Reads that answer by who it is that reads."""

NEWEST_FIRST = frozenset(
    f"GET /api/v1/{name}"
    for name in (
        "audit",
        "colleague-invitations",
        "ledger",
        "notices",
        "orders",
        "partnership-invitations",
        "sales-sessions",
        "sales-sessions/{sales_session}/orders",
        "session-orders",
        "sessions",
        "webhooks/{webhook}/attempts",
        "webhooks/{webhook}/deliveries",
    )
)


def find_due(
    facts: Facts, route: str, reader: Reader, asked: Asked
) -> dict[str, Any] | list[Listed]:
    """What is due to a reader: a thing, or all rows of a list."""
    if route in OF_READER:
        return OF_READER[route](facts, reader, asked)
    assert reader.organisation is not None, "nobody is answered anything"
    return OF_ORGANISATION[route](facts, reader.organisation, asked)


def answer(facts: Facts, route: str, reader: Reader, asked: Asked) -> dict[str, Any]:
    """What is due to a reader; a list is cut to the page that is asked for."""
    due = find_due(facts, route, reader, asked)
    if isinstance(due, dict):
        return due

    def order_of(place: Place) -> Place:
        # All holds of one order are listed by their number.
        return place[-1:] if route.endswith("/holds") and "order" in asked else place

    newest_first = route in NEWEST_FIRST
    rows = sorted(due, key=lambda row: order_of(row.place), reverse=newest_first)
    if "cursor" in asked:
        after = order_of(tuple(read_cursor(asked["cursor"], list[Any])))
        rows = [
            row
            for row in rows
            if order_of(row.place) != after and (order_of(row.place) < after) == newest_first
        ]
    limit = int(asked.get("limit", LIMIT_USUAL))
    following = write_cursor(rows[limit - 1].place) if len(rows) > limit else None
    return {"data": [row.shown for row in rows[:limit]], "next": following}
