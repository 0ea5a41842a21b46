"""Serving those who wait: whose turn it is, and when each may draw on partners. Pure.

Goods go to lines that a count cut short, then to their owner's own orders, then to those of its
partners (design 6.5; E16 of the fulfilment reference). So an order that waits for goods of its own
house takes those in its turn there. It draws on a partner in the same turn, unless somebody else
waits for the same goods: then it does so later, in its turn among that partner's retailers.
"""

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple, TypeAlias

from entrepot.kernel.demand import Draw
from entrepot.kernel.ids import Id, IdSource
from entrepot.orders.model.decision import Ask, Decision, Happened
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.partners import draw_of
from entrepot.orders.model.record import Order
from entrepot.orders.model.standing import splits, waiting_rows
from entrepot.orders.model.waiting import recheck_order
from entrepot.orders.model.windows import count_held

OWN: Final = "1"
PARTNERS: Final = "2"
"""How the places of an owner's own orders begin, and those of its partners'."""

Goods: TypeAlias = tuple[Id, Id]
"""A variant with its owner."""
OrderKey: TypeAlias = tuple[Id, Id]


class Waiting(NamedTuple):
    """An order that waits, and where it stands among those behind the stock that was touched."""

    place: str
    organisation: Id
    order: Id


class Turn(NamedTuple):
    """When an order is offered what is free, and whether it may draw on partners then."""

    place: str
    organisation: Id
    order: Id
    draws: bool


def serve_waiting(
    facts: Facts, waiting: Iterable[Waiting], ask: Ask, new_id: IdSource
) -> list[Happened]:
    """Offer what is free to those that wait, each in its turn, and say what came of it.

    A cap limits what one turn brings, and nothing happens later that would wake whom it kept from
    more. So what is split off an order waits right behind it, and an order that is still short has
    one more turn after each that brought something.
    """
    happened: list[Happened] = []
    turns = turns_of(facts, waiting)
    heapify(turns)
    while turns:
        turn = heappop(turns)
        order = facts.orders[turn.organisation, turn.order]
        served = serve_order(facts, order, ask, new_id, draws=turn.draws)
        if served is None:
            continue
        happened.append(served)
        if turn.place < OWN and waiting_rows(order):
            heappush(turns, turn)
        for rest in served.decision.placed:
            place = turn.place[0] + rest.queue_place[1:]
            heappush(turns, Turn(place, rest.organisation, rest.id, draws=True))
    return happened


def serve_order(
    facts: Facts, order: Order, ask: Ask, new_id: IdSource, *, draws: bool = True
) -> Happened | None:
    """Offer an order what is free, and let the facts show what it took; None if that is nothing."""
    act = new_id()
    decision = recheck_order(facts, order, ask, act, new_id, draws=draws)
    if decision is None:
        return None
    show(facts, decision)
    return Happened(order.organisation, act, decision)


def show(facts: Facts, decision: Decision) -> None:
    """Let later acts of the batch see an order as it is now."""
    for order in (*decision.placed, *decision.changed):
        facts.orders[order.organisation, order.id] = order
        if decision.placed:
            facts.references[order.organisation, order.reference] = order.id
        if order.window is not None:
            count_held(facts, order)
            if order.producer is not None:
                place = (order.organisation, order.window, order.producer)
                facts.session_orders[place] = order.id


def turns_of(facts: Facts, waiting: Iterable[Waiting]) -> list[Turn]:
    """Give each order that waits its turn at the best of its places, or two where it has rivals."""
    places: dict[OrderKey, str] = {}
    for each in waiting:
        key = (each.organisation, each.order)
        order = facts.orders.get(key)
        if order is not None and not order.is_past_limit(facts.now):
            places[key] = min(each.place, places.get(key, each.place))
    rivalled = _rivalled(facts, places) if facts.partners else set()
    turns: list[Turn] = []
    for key, place in places.items():
        if key in rivalled:
            turns.append(Turn(place, *key, draws=False))
            turns.append(Turn(PARTNERS + place[1:], *key, draws=True))
        else:
            turns.append(Turn(place, *key, draws=True))
    return turns


def _rivalled(facts: Facts, places: Mapping[OrderKey, str]) -> set[OrderKey]:
    """The orders in their own house's queue that may draw on goods which others wait for too.

    Others are orders of another house, and those of the same that stand as its partner's only. No
    order with short lines is anybody's rival: they all had their turn before.
    """
    drawn = {
        key: _drawable(facts, facts.orders[key]) for key, place in places.items() if place[0] == OWN
    }
    if not any(drawn.values()):
        return set()
    seekers: dict[Goods, set[tuple[Id, str]]] = {}
    for key, place in places.items():
        if place >= OWN:
            order = facts.orders[key]
            missed = {(row.owner, row.variant) for row in waiting_rows(order)}
            for goods in missed | (drawn[key] if key in drawn else _drawable(facts, order)):
                seekers.setdefault(goods, set()).add((key[0], place[0]))
    return {key for key, some in drawn.items() if any(len(seekers[each]) > 1 for each in some)}


def _drawable(facts: Facts, order: Order) -> set[Goods]:
    """What an order could draw on for what it misses: goods of partners'."""
    if draw_of(order, splits=splits(facts, order)) is Draw.NOTHING:
        return set()
    return {
        partner.positions[0][:2]
        for row in waiting_rows(order)
        for partner in facts.partners.get((row.owner, row.variant), ())
    }
