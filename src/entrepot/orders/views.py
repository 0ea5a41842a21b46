"""Reads of orders for doors. An order whose limit has passed is shown as cancelled at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias

import msgspec

from entrepot import stock
from entrepot.identity import check_scope
from entrepot.infra.condition import Finding
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading, reading_snapshot
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, Page
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders import errors, store
from entrepot.orders.model.explaining import (
    GOODS_MAX,
    HOLDERS_MAX,
    LOOKED_AT_MAX,
    PARTNERS_MAX,
    WaitingExplained,
    explain_waiting,
)
from entrepot.orders.model.record import Order, OrderAnswer, answer_order
from entrepot.orders.model.standing import become_cancelled
from entrepot.orders.model.withdrawing import AFFECTED_MAX, Affected, show_affected
from entrepot.orders.store import explaining

LATE_MAX_SECONDS: Final = 60
"""How long after its limit an order may stay unwritten before an operator should look."""

OrderStatus: TypeAlias = Literal["draft", "waiting", "held", "complete", "cancelled"]


class OrderSummary(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order without its lines."""

    id: str
    reference: str
    kind: str
    status: str
    fulfilment_status: str
    payment_status: str
    policy: str
    placed_at: datetime
    hold_until: datetime | None = None
    priority: int = 0
    follows: str | None = None


async def list_orders(
    pool: Pool,
    caller: Caller,
    page: Page,
    *,
    status: OrderStatus | None = None,
    reference: str | None = None,
) -> Sequence[OrderSummary] | Refusal:
    """The caller's orders, newest first. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        if reference is not None:
            one = await store.find_order(connection, caller.organisation, None, reference)
            found = [one] if one is not None and one[0].id < before else []
        else:
            found = await _list(connection, caller.organisation, status, before, page.rows_wanted)
    summaries = [_summary(_as_of(*each)) for each in found]
    return [each for each in summaries if status in {None, each.status}]


async def _list(
    connection: Connection, organisation: Id, status: str | None, before: Id, limit: int
) -> list[tuple[Order, datetime]]:
    """Read heads of orders; those past their limit are among the cancelled."""
    if status is None:
        return await store.list_orders(connection, organisation, before, limit)
    found = await store.list_orders_of_status(connection, organisation, status, before, limit)
    if status == "cancelled":
        found += await store.list_limited_orders(connection, organisation, before, limit)
        found.sort(key=lambda each: each[0].id, reverse=True)
    return found[:limit]


async def find_order(pool: Pool, caller: Caller, order: Id) -> OrderAnswer | Refusal:
    """One of the caller's orders with its lines, what it holds now, and what follows it.

    Refuses `identity.scope_missing` and `orders.unknown_order`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        found = await store.find_order(connection, caller.organisation, order)
        if found is None:
            return _unknown_order(order)
        one = found[0]
        one.lines = await store.read_order_lines(connection, one)
        owners = sorted({(line.owner, one.id) for line in one.lines})
        held = tuple(await stock.list_held_parts(connection, owners))
        successor = await store.find_successor(connection, one.organisation, one.id)
    if one.is_past_limit(found[1]):
        held = ()
    return answer_order(_as_of(*found), held=held, followed_by=successor)


async def explain_order(pool: Pool, caller: Caller, order: Id) -> WaitingExplained | Refusal:
    """Why one of the caller's orders waits: what it misses, who holds that, what would release it.

    At most 100 variants are explained, with 10 orders and 20 partners each. Refuses
    `identity.scope_missing` and `orders.unknown_order`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    if not order:
        return _unknown_order(order)
    organisation = caller.organisation
    async with reading_snapshot(pool) as connection:
        found = await store.find_order(connection, organisation, order)
        if found is None:
            return _unknown_order(order)
        one = found[0]
        if one.is_past_limit(found[1]):
            return explain_waiting(_as_of(*found), (), {}, ())
        rows = await explaining.read_missing(
            connection, organisation, one.id, GOODS_MAX + 1, LOOKED_AT_MAX
        )
        variants = [row.variant for row in rows]
        holders = await explaining.read_holders(
            connection, organisation, one.id, variants, (HOLDERS_MAX, LOOKED_AT_MAX)
        )
        offers = await explaining.read_partner_offers(
            connection, organisation, variants, PARTNERS_MAX
        )
    return explain_waiting(one, rows, holders, offers)


async def find_affected(pool: Pool, caller: Caller, variant: Id) -> Affected | Refusal:
    """What it affects that one of the caller's variants ceased to be active, in counts.

    For the door that just let it: what the act itself may do is told, so it needs the act's scope.
    Of a variant that is active no matches are affected. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        row = await explaining.read_affected(
            connection, caller.organisation, variant, AFFECTED_MAX + 1
        )
    return show_affected(row)


async def examine_lag(connection: Connection) -> list[Finding]:
    """Whether jobs keep up: limits that passed, and those who wait. For the operator."""
    lag = await store.read_lag(connection)
    return [_judge_limits(lag), _judge_rechecks(lag)]


def _judge_limits(lag: store.Lag) -> Finding:
    """Say whether orders whose limit has passed are written as cancelled."""
    facts = {"orders": lag.orders, "holds": lag.holds, "oldest_seconds": lag.oldest_seconds}
    if lag.oldest_seconds <= LATE_MAX_SECONDS:
        return Finding("limits", "ok", "Limits that passed are written down in time.", facts=facts)
    return Finding(
        "limits",
        "warning",
        f"{lag.orders} orders and {lag.holds} holds are past their limit, the oldest by "
        f"{lag.oldest_seconds} seconds. They count as ended, but nobody wrote it.",
        "Let a worker run: `entrepot serve` or `entrepot work`.",
        facts,
    )


def _judge_rechecks(lag: store.Lag) -> Finding:
    """Say how many positions are to be looked at for those who wait; a worker does so at once."""
    says = f"{lag.rechecks} positions are to be looked at again for orders that wait."
    return Finding("rechecks", "ok", says, facts={"positions": lag.rechecks})


def _unknown_order(order: Id) -> Refusal:
    """Answer for an order that is not there, and for one of somebody else."""
    return refuse(
        errors.UNKNOWN_ORDER,
        "There is no such order. Check its id.",
        facts={"order": ids.ORDER + order} if order else {},
    )


def _as_of(order: Order, now: datetime) -> Order:
    """Show an order whose limit has passed as what it counts as."""
    if order.is_past_limit(now):
        become_cancelled(order, by_limit=True)
    return order


def _summary(order: Order) -> OrderSummary:
    return OrderSummary(
        ids.ORDER + order.id,
        order.reference,
        order.kind,
        order.status,
        order.fulfilment_status,
        order.payment_status,
        order.policy,
        order.placed_at,
        order.hold_until,
        order.priority,
        None if order.follows is None else ids.ORDER + order.follows,
    )
