"""Place a session order for the customers whom a trader's own platform serves."""

import msgspec

from entrepot import orders
from entrepot.identity import check_scope
from entrepot.infra.reading import reading, reading_snapshot
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal, gather
from entrepot.orders import Accepted, CompleteSessionOrder, Desk, PlaceOrder, WantedLine
from entrepot.sales_sessions import store
from entrepot.sales_sessions.actions.find_or_open_remote_session import (
    find_or_open_remote_session,
)
from entrepot.sales_sessions.model import (
    NewSessionOrder,
    Producer,
    WantedUnits,
    WrittenOrder,
    by_the_face,
    count_units,
    unknown_producer,
)


class _Placed(msgspec.Struct):
    """What is read of the answer to a placing."""

    id: str

    @property
    def inner_id(self) -> str:
        return self.id.partition("_")[2]


_PLACED = msgspec.json.Decoder(_Placed)


async def place_session_order(
    desk: Desk,
    caller: Caller,
    slug: str,
    new: NewSessionOrder,
    key: str,
    request: str | None = None,
) -> WrittenOrder | Refusal:
    """Open the caller's session order at a producer, by its short name, or add to the one there is.

    There is one order a trader, session and producer: the same lines sent again add nothing, others
    come on top, and it holds its goods at once. Through the batch; `key` makes it repeatable.
    Refuses `identity.scope_missing`, `identity.unknown_organisation`, what
    `find_or_open_remote_session` refuses, and what placing and completing refuse, with the numbers
    of the lines; nothing is held then, unless only the completion was refused.
    """
    refusal = check_scope(caller, Scope.ORDERS_WRITE)
    if refusal is not None:
        return refusal
    async with reading(desk.pool) as connection:
        producer = await store.find_producer(connection, caller.organisation, slug)
        if producer is None:
            return unknown_producer(slug)
        cases = [face.variant for face in new.lines if face.is_case]
        supplied = await store.find_supplied(connection, producer.id, cases) if cases else {}
    wanted, faults = count_units(new.lines, supplied)
    refusal = gather(faults, orders.PRECEDENCE)
    if refusal is not None:
        return refusal
    window = await find_or_open_remote_session(
        desk.pool, desk.new_id, caller, new.opens_at, new.closes_at
    )
    if isinstance(window, Refusal):
        return window
    command = _command(desk, producer, wanted, new, window)
    answer = await orders.place_order(desk, caller, command, key, request)
    if isinstance(answer, Refusal):
        return by_the_face(answer, wanted)
    assert isinstance(answer, Accepted), "an act is accepted or refused"
    order = _PLACED.decode(answer.body).inner_id
    if new.is_final:
        final = CompleteSessionOrder(order)
        completed = await orders.complete_session_order(
            desk, caller, final, f"{key}/complete", request
        )
        if isinstance(completed, Refusal):
            return completed
    async with reading_snapshot(desk.pool) as connection:
        found = await store.find_placed_order(connection, caller.organisation, slug, order)
    assert found is not None, "an order that was placed is there"
    return WrittenOrder(found, is_new=order == command.order, replayed=answer.replayed)


def _command(
    desk: Desk,
    producer: Producer,
    wanted: tuple[WantedUnits, ...],
    new: NewSessionOrder,
    window: str,
) -> PlaceOrder:
    """Ask for a session order; its reference is made of its producer and its own id."""
    order = desk.new_id()
    return PlaceOrder(
        order,
        f"{producer.slug}:{order}",
        "session",
        "refuse_short",
        tuple([WantedLine(each.variant, each.quantity, None, each.case_units) for each in wanted]),
        draft=new.is_draft,
        window=window,
        producer=producer.id,
    )
