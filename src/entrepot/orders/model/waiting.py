"""Orders that wait: served as stock arrives, and those whose limit has passed."""

from entrepot.kernel.demand import Demand, Draw, Ending, HoldEnd, Mode, Outcome
from entrepot.kernel.ids import Id, IdSource
from entrepot.kernel.quantity import ZERO
from entrepot.orders.model.decision import Ask, Decision
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.partners import demand_line, draw_of
from entrepot.orders.model.record import Order, answer_order
from entrepot.orders.model.standing import (
    become_cancelled,
    become_complete,
    line_of,
    may_split,
    met_or_waiting,
    split_order,
    splits,
    take_outcome,
    waiting_rows,
)
from entrepot.orders.model.windows import left_in_window


def recheck_order(
    facts: Facts, order: Order, ask: Ask, act: Id, new_id: IdSource, *, draws: bool = True
) -> Decision | None:
    """Give a waiting order, or one with short lines, what has become free; None if that is nothing.

    A waiting order takes what there is unless its organisation chose that waiting holds nothing;
    then it is released only whole. One that may be split lets go what it got. Partners give only
    what lets the order, or the part that is split off, leave backorder. Where it may not draw yet
    (`draws` False), it takes what is its owner's and is not split before its turn to draw.
    """
    if order.is_past_limit(facts.now):
        return None
    rows = waiting_rows(order)
    if not rows:
        return None
    takes_part = (
        order.status != "waiting"
        or splits(facts, order)
        or facts.waits_holding.get(order.organisation, True)
    )
    draw = draw_of(order, splits=splits(facts, order)) if draws else Draw.NOTHING
    lines = tuple(
        [demand_line(facts, draw, row.line_no, row.owner, row.variant, row.missing) for row in rows]
    )
    demand = Demand(
        act,
        order.organisation,
        order.id,
        Mode.PART if takes_part else Mode.WHOLE,
        lines,
        expires_at=order.hold_until,
        some=True,
        draw=draw,
        most=left_in_window(facts, order, gives_back=False) if order.window else {},
    )
    outcome = ask(demand)
    was_waiting = order.status == "waiting"
    gained = outcome.accepted and bool(outcome.held)
    if gained:
        _take(order, outcome)
    goes_in_part = draws and order.status == "waiting" and may_split(facts, order)
    if not gained and not goes_in_part:
        return None
    placed: tuple[Order, ...] = ()
    if goes_in_part:
        placed = (split_order(order, new_id()),)
        become_complete(order)
    released = was_waiting and order.status != "waiting"
    name = "orders.released" if released else "orders.supplied"
    answer = answer_order(order, outcome, followed_by=placed[0].id if placed else None)
    return Decision(name, order.id, answer, placed=placed, changed=(order,))


def _take(order: Order, outcome: Outcome) -> None:
    """Give an order what an outcome set aside for its lines: what is short of them is less."""
    take_outcome(order, outcome)
    for part in outcome.held:
        line = line_of(order, part.line_no)
        line.short = max(line.short - part.quantity, ZERO)
    met_or_waiting(order)


def sweep_order(facts: Facts, order: Order, ask: Ask, act: Id) -> Decision | None:
    """Write the cancellation of an order whose limit has passed; None if it has not (any more)."""
    if not order.is_past_limit(facts.now):
        return None
    endings = tuple([Ending(hold, hold.quantity, HoldEnd.EXPIRED) for hold in order.holds])
    outcome: Outcome | None = None
    if endings:
        outcome = ask(Demand(act, order.organisation, order.id, endings=endings))
        assert outcome.accepted, "ending live holds cannot be refused"
    become_cancelled(order, by_limit=True)
    answer = answer_order(order, outcome)
    return Decision("orders.expired", order.id, answer, changed=(order,))
