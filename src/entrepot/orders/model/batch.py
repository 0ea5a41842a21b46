"""Deciding a whole batch, act by act, against one book. Pure.

First what frees stock, then the orders that wait (short lines, then queue order), then what asks
for stock, in order of arrival; then once more those that wait, for what changes gave back. All acts
of a batch were in flight together, so any order among them is a true one; this one serves the most.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from entrepot.kernel.ids import Id, IdSource
from entrepot.kernel.refusal import Refusal
from entrepot.orders.model.acts import cancel_order, prioritise_order, return_goods, ship_order
from entrepot.orders.model.commands import (
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    CompleteRefund,
    CompleteSessionOrder,
    CountStock,
    DenyRefund,
    GatherOrders,
    PlaceDraft,
    PlaceOrder,
    PrioritiseOrder,
    ReceiveStock,
    RecheckWaiting,
    RecordPayment,
    RequestRefund,
    RestoreRefund,
    ReturnGoods,
    ShipInvoice,
    ShipOrder,
    Submission,
    SweepExpired,
    TakeBackRefund,
)
from entrepot.orders.model.decision import Ask, Decision, Happened, Postponed
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.gathering import gather_orders
from entrepot.orders.model.placing import record_payment
from entrepot.orders.model.record import Order
from entrepot.orders.model.refunding import (
    complete_refund,
    deny_refund,
    request_refund,
    restore_refund,
    take_back_refund,
)
from entrepot.orders.model.serving import Waiting, serve_order, serve_waiting, show
from entrepot.orders.model.sessions import (
    change_any_order,
    complete_session_order,
    place_any_draft,
    place_any_order,
)
from entrepot.orders.model.shipping import ship_invoice
from entrepot.orders.model.standing import waiting_rows
from entrepot.orders.model.stocktaking import adjust_stock, count_stock, receive_stock
from entrepot.orders.model.waiting import sweep_order


class BatchDecided(msgspec.Struct):
    """What became of each submission, by its number, and what happened by itself besides."""

    results: dict[int, Decision | Refusal | Postponed]
    besides: list[Happened]


def decide_batch_purely(
    facts: Facts,
    submissions: Sequence[tuple[int, Submission]],
    waiting: Sequence[Waiting],
    ask: Ask,
    new_id: IdSource,
) -> BatchDecided:
    """Decide numbered submissions; `waiting` are the orders to serve, with their places."""
    decided = BatchDecided({}, [])
    asking = []
    for number, submission in submissions:
        if _asks_for_stock(submission):
            asking.append((number, submission))
        else:
            _decide_one(facts, number, submission, ask, new_id, decided)
    decided.besides += serve_waiting(facts, [*waiting, *_written(facts, decided)], ask, new_id)
    for number, submission in asking:
        _decide_one(facts, number, submission, ask, new_id, decided)
    if any(isinstance(each.command, ChangeOrder) for _, each in asking):
        decided.besides += serve_waiting(facts, [*waiting, *_written(facts, decided)], ask, new_id)
    return decided


_ASKING: Final = (PlaceOrder, PlaceDraft, ChangeOrder, CompleteSessionOrder)


def _asks_for_stock(submission: Submission) -> bool:
    """Whether an act asks for stock rather than gives some back."""
    command = submission.command
    if isinstance(command, RecordPayment):
        return command.succeeded
    return isinstance(command, _ASKING)


def _decide_one(
    facts: Facts,
    number: int,
    submission: Submission,
    ask: Ask,
    new_id: IdSource,
    decided: BatchDecided,
) -> None:
    """Decide one submission and let the facts show what it changed."""
    command = submission.command
    if isinstance(command, SweepExpired):
        _sweep(facts, command, ask, new_id, decided.besides)
    elif isinstance(command, GatherOrders):
        for each in gather_orders(facts, command, submission.organisation, ask, new_id):
            show(facts, each.decision)
            decided.besides.append(each)
    elif not isinstance(command, RecheckWaiting):
        result = _RULES[type(command)](facts, submission, ask, new_id)
        decided.results[number] = result
        if isinstance(result, Decision):
            show(facts, result)
            if isinstance(command, ShipOrder | ReturnGoods) and command.trader is not None:
                # The producer acts on the trader's order, whose own history has it too.
                told = Decision(result.act, result.subject, result.answer)
                decided.besides.append(Happened(command.trader, new_id(), told))
            decided.besides += [Happened(other, new_id(), told) for other, told in result.told]
            _look_at_the_rest(facts, result, ask, new_id, decided.besides)


def _look_at_the_rest(
    facts: Facts, decision: Decision, ask: Ask, new_id: IdSource, besides: list[Happened]
) -> None:
    """Offer what was split off an order what is free, at once.

    What a cap kept from the order is still there: each order may have as much. Nothing that comes
    later would have this one looked at.
    """
    for order in decision.placed:
        if order.follows is not None:
            served = serve_order(facts, order, ask, new_id)
            if served is not None:
                besides.append(served)


_Rule: TypeAlias = Callable[[Facts, Submission, Ask, IdSource], Decision | Refusal | Postponed]


def _without_ids(
    rule: Callable[[Facts, Submission, Ask], Decision | Refusal | Postponed],
) -> _Rule:
    """Fit a rule that makes no new order into the table of rules."""

    def decide(
        facts: Facts, submission: Submission, ask: Ask, _: IdSource
    ) -> Decision | Refusal | Postponed:
        return rule(facts, submission, ask)

    return decide


_RULES: Final[dict[type, _Rule]] = {
    PlaceOrder: place_any_order,
    PlaceDraft: place_any_draft,
    ChangeOrder: change_any_order,
    CompleteSessionOrder: complete_session_order,
    RecordPayment: record_payment,
    CancelOrder: _without_ids(cancel_order),
    ShipOrder: _without_ids(ship_order),
    ReturnGoods: _without_ids(return_goods),
    PrioritiseOrder: _without_ids(prioritise_order),
    ShipInvoice: _without_ids(ship_invoice),
    RequestRefund: _without_ids(request_refund),
    TakeBackRefund: _without_ids(take_back_refund),
    CompleteRefund: _without_ids(complete_refund),
    DenyRefund: _without_ids(deny_refund),
    RestoreRefund: _without_ids(restore_refund),
    ReceiveStock: _without_ids(receive_stock),
    AdjustStock: _without_ids(adjust_stock),
    CountStock: _without_ids(count_stock),
}


def _written(facts: Facts, decided: BatchDecided) -> list[Waiting]:
    """List the orders this batch placed or changed: they may wait now and did not before."""
    decisions = [each for each in decided.results.values() if isinstance(each, Decision)]
    decisions += [each.decision for each in decided.besides]
    found = []
    for decision in decisions:
        for order in (*decision.placed, *decision.changed):
            now = facts.orders[order.organisation, order.id]
            rows = waiting_rows(now)
            if rows:
                found.append(Waiting(rows[0].place, now.organisation, now.id))
    return found


def _sweep(
    facts: Facts,
    command: SweepExpired,
    ask: Ask,
    new_id: Callable[[], Id],
    besides: list[Happened],
) -> None:
    """Cancel the orders whose limit has passed."""
    for key in command.orders:
        order: Order | None = facts.orders.get(key)
        if order is None:
            continue
        act = new_id()
        decision = sweep_order(facts, order, ask, act)
        if decision is not None:
            besides.append(Happened(order.organisation, act, decision))
