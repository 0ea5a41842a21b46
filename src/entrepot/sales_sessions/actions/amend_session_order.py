"""Amend a session order from a trader's own platform: its lines, and what becomes of it."""

from collections.abc import Callable
from typing import Final

from entrepot import orders
from entrepot.identity import check_scope
from entrepot.infra.reading import reading_snapshot
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather
from entrepot.orders import (
    Answer,
    CancelOrder,
    ChangeOrder,
    CompleteSessionOrder,
    Desk,
    WantedLine,
)
from entrepot.sales_sessions import store
from entrepot.sales_sessions.model import (
    Amendment,
    PlacedOrder,
    WantedUnits,
    WrittenOrder,
    by_the_face,
    count_units,
    unknown_order,
)

TRIES_MAX: Final = 5
"""How often an amendment is worked out anew when other requests change its order meanwhile."""


async def amend_session_order(
    desk: Desk,
    caller: Caller,
    named: tuple[str, Id],
    amend: Callable[[PlacedOrder], Amendment | Refusal],
    key: str,
    request: str | None = None,
) -> WrittenOrder | Refusal:
    """Amend one of the caller's session orders, named by its producer's short name and its id.

    `amend` says of the order as it stands what it shall be; it is asked again when the order has
    changed before its answer could be written, if that is based on the lines it saw. Complete ends
    it for good, cancelled gives back what it holds. Through the batch; `key` makes it repeatable.
    Refuses `identity.scope_missing`, `orders.unknown_order`, what `amend` refuses, and what
    changing, completing and cancelling refuse.
    """
    refusal = check_scope(caller, Scope.ORDERS_WRITE)
    if refusal is not None:
        return refusal
    answer = await _amend_once(desk, caller, named, amend, key, request)
    for _ in range(TRIES_MAX - 1):
        if not isinstance(answer, Refusal) or answer.code != orders.CHANGED_MEANWHILE:
            break
        answer = await _amend_once(desk, caller, named, amend, key, request)
    return answer


async def _amend_once(
    desk: Desk,
    caller: Caller,
    named: tuple[str, Id],
    amend: Callable[[PlacedOrder], Amendment | Refusal],
    key: str,
    request: str | None,
) -> WrittenOrder | Refusal:
    """Read the order, ask what it shall be, and hand that in."""
    found = await _find(desk, caller, named)
    if isinstance(found, Refusal):
        return found
    amendment = amend(found)
    if isinstance(amendment, Refusal):
        return amendment
    answer: Answer
    if amendment.status == "cancelled":
        if found.status == "cancelled":
            return WrittenOrder(found)
        answer = await orders.cancel_order(desk, caller, CancelOrder(found.id), key, request)
        if isinstance(answer, Refusal) and answer.code == orders.ALREADY_CANCELLED:
            return await _shown(desk, caller, named)
    else:
        wanted = await _count(desk, found, amendment)
        if isinstance(wanted, Refusal):
            return wanted
        answer = await _hand_in(desk, caller, found, amendment, wanted, (key, request))
        if isinstance(answer, Refusal):
            return by_the_face(answer, wanted)
    if isinstance(answer, Refusal):
        return answer
    return await _shown(desk, caller, named, replayed=answer.replayed)


async def _find(desk: Desk, caller: Caller, named: tuple[str, Id]) -> PlacedOrder | Refusal:
    slug, order = named
    async with reading_snapshot(desk.pool) as connection:
        found = await store.find_placed_order(connection, caller.organisation, slug, order)
    return unknown_order(order) if found is None else found


async def _shown(
    desk: Desk, caller: Caller, named: tuple[str, Id], *, replayed: bool = False
) -> WrittenOrder | Refusal:
    found = await _find(desk, caller, named)
    return found if isinstance(found, Refusal) else WrittenOrder(found, replayed=replayed)


async def _count(
    desk: Desk, order: PlacedOrder, amendment: Amendment
) -> tuple[WantedUnits, ...] | Refusal:
    """Count what is wanted in units of its variants."""
    cases = [face.variant for face in amendment.lines if face.is_case]
    async with reading_snapshot(desk.pool) as connection:
        supplied = await store.find_supplied(connection, order.producer, cases) if cases else {}
    wanted, faults = count_units(amendment.lines, supplied, order.lines)
    return gather(faults, orders.PRECEDENCE) or wanted


async def _hand_in(
    desk: Desk,
    caller: Caller,
    order: PlacedOrder,
    amendment: Amendment,
    wanted: tuple[WantedUnits, ...],
    sent: tuple[str, str | None],
) -> Answer:
    """Change or complete an order through the batch."""
    lines = tuple(
        [WantedLine(each.variant, each.quantity, None, each.case_units) for each in wanted]
    )
    expected = None
    if amendment.is_based:
        expected = tuple(
            [WantedLine(line.variant, line.quantity, None, line.case_units) for line in order.lines]
        )
    if amendment.status == "complete":
        final = CompleteSessionOrder(order.id, lines, expected)
        return await orders.complete_session_order(desk, caller, final, *sent)
    change = ChangeOrder(order.id, lines, draft=amendment.status == "draft", expected=expected)
    return await orders.change_order(desk, caller, change, *sent)
