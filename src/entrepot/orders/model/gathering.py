"""Gathering: what paid customers of a closed session hold becomes its session orders'. Pure.

Source text wholesale-order-processing, step 4; design 6.3. It goes in parts of bounded size; the
last one completes the session orders.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from entrepot.kernel.demand import Demand, DemandLine, Ending, HoldEnd, PositionKey
from entrepot.kernel.ids import Id, IdSource
from entrepot.kernel.quantity import ZERO
from entrepot.orders.model.checks import REFERENCE_LENGTH_MAX
from entrepot.orders.model.commands import GatherOrders
from entrepot.orders.model.decision import Ask, Decision, Happened, Notice
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.record import Line, Order, answer_order, queue_place
from entrepot.orders.model.sessions import find_session_order, told_completed
from entrepot.orders.model.standing import add_held, become_cancelled, become_complete


def gather_orders(
    facts: Facts, command: GatherOrders, organisation: Id, ask: Ask, new_id: IdSource
) -> list[Happened]:
    """Move what paid customer orders of a closed session hold to session orders, one a producer.

    Holds end and open in one demand a producer, at the same positions, so it is never refused. What
    a recount left short is cancelled. The last of them complete the session orders, unless there
    are customers still who have paid or may pay. Nothing is gathered of a session that is open.
    """
    window = facts.windows.get((organisation, command.window))
    if window is None or window.state != "closing":
        return []
    gathered = [
        order
        for key in command.orders
        if (order := facts.orders.get((organisation, key))) is not None
        and (order.window, order.producer) == (command.window, None)
        and (order.status, order.payment_status) == ("held", "paid")
    ]
    producers = {line.owner for order in gathered for line in order.lines if line.held}
    references = dict(command.references)
    happened = []
    for producer in sorted(producers):
        session_order = find_session_order(facts, command.window, organisation, producer)
        if session_order is None:
            session_order = _new_session_order(
                facts, command.window, organisation, producer, references, new_id()
            )
        act = new_id()
        _move_holds(facts, session_order, gathered, act, ask)
        happened.append(_gathered(session_order, act))
    for order in gathered:
        _leave_to_session_order(order)
        happened.append(_completed(order, new_id()))
    if command.last and (organisation, command.window) not in facts.unfinished:
        happened += _complete_all(facts, command.window, organisation, happened, new_id)
    return happened


def _new_session_order(
    facts: Facts,
    window: Id,
    organisation: Id,
    producer: Id,
    references: Mapping[Id, str],
    order: Id,
) -> Order:
    """An empty session order at a producer, held until its session is gathered.

    Where the trader has an order of that reference already, the end of its own id tells it apart:
    nothing may keep a session from closing.
    """
    reference = references[producer]
    if (organisation, reference) in facts.references:
        reference = f"{reference[: REFERENCE_LENGTH_MAX - 13]}:{order[-12:]}"
    return Order(
        organisation,
        order,
        reference,
        "session",
        "held",
        "held",
        "unpaid",
        "refuse_short",
        0,
        queue_place(0, facts.now, order),
        facts.now,
        window=window,
        producer=producer,
        is_new=True,
    )


def _move_holds(
    facts: Facts, session_order: Order, gathered: Sequence[Order], act: Id, ask: Ask
) -> None:
    """End the customers' holds of a producer's goods and open the session order's, all at once."""
    producer = session_order.producer
    endings = [
        Ending(hold, hold.quantity, HoldEnd.RELEASED)
        for order in gathered
        for hold in order.holds
        if hold.position.owner == producer
    ]
    moved: dict[PositionKey, Decimal] = {}
    for ending in endings:
        position = ending.hold.position
        moved[position] = moved.get(position, ZERO) + ending.quantity
    window = facts.windows[session_order.organisation, session_order.window or ""]
    by_variant = {line.variant: line for line in session_order.lines}
    for position in sorted(moved):
        variant = position.variant
        if variant not in by_variant:
            assert producer is not None, "a session order has its producer"
            product = window.products.get(variant)
            line = Line(len(session_order.lines) + 1, producer, variant, ZERO)
            line.unit_price = None if product is None else product.purchase_price
            by_variant[variant] = line
            session_order.lines.append(line)
        by_variant[variant].quantity += moved[position]
    outcome = ask(
        Demand(
            act,
            session_order.organisation,
            session_order.id,
            lines=tuple(
                [
                    DemandLine(by_variant[position.variant].line_no, quantity, (position,))
                    for position, quantity in sorted(moved.items())
                ]
            ),
            endings=tuple(endings),
        )
    )
    assert outcome.accepted, "what was just given back is there"
    add_held(session_order, outcome.held)


def _leave_to_session_order(order: Order) -> None:
    """A customer's order whose goods the session order has now; without any it is cancelled."""
    for line in order.lines:
        line.gathered += line.held
        line.held = ZERO
        line.cancelled += line.quantity - line.gathered - line.shipped - line.cancelled
        line.short = ZERO
    order.holds = []
    if any(line.gathered for line in order.lines):
        become_complete(order)
    else:
        become_cancelled(order)


def _gathered(session_order: Order, act: Id) -> Happened:
    """Say that a session order has what customers held."""
    answer = answer_order(session_order)
    changed = () if session_order.is_new else (session_order,)
    placed = (session_order,) if session_order.is_new else ()
    return Happened(
        session_order.organisation,
        act,
        Decision("orders.gathered", session_order.id, answer, placed=placed, changed=changed),
    )


def _completed(order: Order, act: Id, notices: tuple[Notice, ...] = ()) -> Happened:
    """Say that an order is complete, or (a customer's that lost all to a recount) cancelled."""
    name = "orders.completed" if order.status == "complete" else "orders.cancelled"
    decision = Decision(name, order.id, answer_order(order), changed=(order,), notices=notices)
    return Happened(order.organisation, act, decision)


def _complete_all(
    facts: Facts, window: Id, organisation: Id, happened: Sequence[Happened], new_id: IdSource
) -> list[Happened]:
    """Complete the session orders of a session, on account: also those gathered before."""
    found: dict[Id, Order] = {}
    for (trader, session, _), key in facts.session_orders.items():
        if (trader, session) == (organisation, window):
            found[key] = facts.orders[organisation, key]
    for each in happened:
        for order in each.decision.placed:
            found[order.id] = order
    done = []
    for order in found.values():
        if order.status == "held":
            order.payment_status = "paid"
            become_complete(order)
            done.append(_completed(order, new_id(), (told_completed(order),)))
    return done
