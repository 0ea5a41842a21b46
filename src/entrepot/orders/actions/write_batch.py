"""Write what a batch decided: one statement an area, then the audit of every act."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from entrepot import stock
from entrepot.infra.ground import Act, write_ground
from entrepot.infra.pool import Connection
from entrepot.kernel import ids
from entrepot.kernel.demand import HoldKey, PositionKey
from entrepot.kernel.ids import Id, IdSource
from entrepot.notices import raise_notices
from entrepot.orders import store
from entrepot.orders.model import Facts, Happened, Notice, Order, Submission
from entrepot.orders.model.fulfilment_showing import tell_fulfilment
from entrepot.orders.model.record import tell_numbers

_ENCODER: Final = msgspec.json.Encoder()


class Outcomes(NamedTuple):
    """What there is to write: what happened and who asked for it, and keys to give back.

    `cursors` say by position where the next look at those who wait begins.
    """

    facts: Facts
    book: stock.Book
    happened: list[tuple[Happened, Submission | None]]
    freed: list[tuple[Id, str]]
    cursors: list[tuple[Id, Id, Id, str | None]]


async def write_batch(
    connection: Connection, new_id: IdSource, outcomes: Outcomes, *, has_windows: bool
) -> list[bytes]:
    """Write stock, orders, the queue, notices and the audit; return each act's answer as written.

    With `has_windows`, also what sales sessions hold of their products.
    A fixed number of statements whatever the size; each asserts its row counts.
    """
    facts, book = outcomes.facts, outcomes.book
    placed: dict[tuple[Id, Id], Order] = {}
    changed: dict[tuple[Id, Id], Order] = {}
    lifted: list[HoldKey] = []
    notices: list[Notice] = []
    # Acts are decided in another order than they came in, so an order is written as the facts
    # have it in the end, not as any one of its decisions does; once, also if it was placed and then
    # served.
    for decision in (each.decision for each, _ in outcomes.happened):
        for order in decision.placed:
            placed[order.organisation, order.id] = facts.orders[order.organisation, order.id]
        for order in decision.changed:
            changed[order.organisation, order.id] = facts.orders[order.organisation, order.id]
        lifted += decision.lifted
        notices += decision.notices
    changed = {key: order for key, order in changed.items() if key not in placed}
    for order in (*placed.values(), *changed.values()):
        order.next_hold_no = book.hold_numbers.get(order.id, 1)
    await stock.write_stock(connection, facts.now, book, lifted, outcomes.cursors)
    await _write_orders(connection, outcomes, list(placed.values()), list(changed.values()))
    holds = _changed_holds(book) if has_windows else []
    if holds:
        await store.count_window_holds(connection, holds)
    if notices:
        await raise_notices(connection, facts.now, notices, new_id)
    acts = _acts(outcomes)
    if acts or outcomes.freed:
        await write_ground(connection, facts.now, acts, outcomes.freed)
    return [each.answer for each in acts]


async def _write_orders(
    connection: Connection, outcomes: Outcomes, placed: list[Order], changed: list[Order]
) -> None:
    """Write orders and the queue; answers are told the numbers that marketplaces' orders got."""
    if placed:
        await store.place_orders(connection, placed)
    invoiced = [order for order in placed if order.market is not None]
    if invoiced:
        numbers = await store.write_marketplace_orders(connection, invoiced)
        for each, _ in outcomes.happened:
            tell_numbers(each.decision.answer, numbers)
    if changed:
        await store.change_orders(connection, changed)
    if placed or changed:
        await store.queue_lines(connection, placed, changed)
    await _write_fulfilment(connection, outcomes)


async def _write_fulfilment(connection: Connection, outcomes: Outcomes) -> None:
    """Write shipments and refund requests; answers are told the numbers that new ones got."""
    decisions = [each.decision for each, _ in outcomes.happened]
    shipments = [each for decision in decisions for each in decision.shipments]
    invoiced = outcomes.facts.market.invoiced
    refunds = {
        each.id: invoiced[each.organisation, each.order_id].refunds[each.id]
        for decision in decisions
        for each in decision.refunds
    }
    if shipments or refunds:
        numbers = await store.write_fulfilment(connection, shipments, list(refunds.values()))
        for decision in decisions:
            tell_fulfilment(decision.answer, numbers)
        touched = {(each.organisation, each.invoice) for each in shipments}
        touched |= {(each.organisation, each.invoice) for each in refunds.values()}
        await store.touch_invoices(connection, touched, outcomes.facts.now)


def next_cursors(
    book: stock.Book,
    cursors: Mapping[PositionKey, str | None],
    looked: store.Looked,
    locked: Mapping[tuple[Id, Id], Order],
    bound: int,
) -> list[tuple[Id, Id, Id, str | None]]:
    """Say for each position where the next look at those who wait begins, where that changes.

    A waiting order that was found only after the locks were taken, more of them than one batch
    decides, or a queue longer than it looks at, leave the cursor set for the next batch: just
    before that order, behind the last one decided, or where the look ended. Where something came
    from a partner and was left over, or somebody misses more than what came now, everybody who
    waits is looked at again.
    """
    found: dict[tuple[Id, Id], list[store.Candidate]] = {}
    for each in looked.candidates:
        found.setdefault((each.owner, each.variant), []).append(each)
    changed: list[tuple[Id, Id, Id, str | None]] = []
    for key, before in cursors.items():
        candidates = found.get((key.owner, key.variant), [])
        figures = book.positions[key]
        after: str | None = None
        if figures.available or figures.allocated:
            late = (each for each in candidates if (each.organisation, each.order) not in locked)
            first = next(late, None)
            if key in book.left_over or (key.owner, key.variant) in looked.again:
                after = ""
            elif first is not None:
                after = first.place[:-1]
            elif len(candidates) >= bound:
                after = candidates[-1].place
            else:
                after = looked.ends.get((key.owner, key.variant))
        if after != before:
            changed.append((*key, after))
    return changed


def _changed_holds(book: stock.Book) -> list[tuple[Id, Id, int, int]]:
    """List the holds that were opened (1) and ended (-1)."""
    effects = book.effects
    changed = [
        (row.position.owner, row.order, row.hold_no, 1)
        for row in effects.ledger
        if row.kind == "hold" and row.order is not None and row.hold_no is not None
    ]
    changed += [(each.owner, each.order, each.hold_no, 1) for each in effects.successors]
    changed += [(each.owner, each.order, each.hold_no, -1) for each in effects.ended]
    return changed


def _acts(outcomes: Outcomes) -> list[Act]:
    """Write the audit row of everything that happened; its answer is what the caller is told."""
    touched: dict[Id, set[Id]] = {}
    for row in outcomes.book.effects.ledger:
        touched.setdefault(row.act, set()).add(row.position.variant)
    acts = []
    for each, submission in outcomes.happened:
        decision = each.decision
        prefix = ids.VARIANT if decision.act.startswith("stock.") else decision.prefix
        variants = touched.get(each.act)
        if variants is None and decision.act == "orders.expired":
            # Its holds ended with whatever batch met them first; this tells of it.
            variants = {line.variant for order in decision.changed for line in order.lines}
        acts.append(
            Act(
                each.organisation,
                each.act,
                None if submission is None else submission.token,
                decision.act,
                prefix + decision.subject,
                _ENCODER.encode(decision.answer),
                None if submission is None else submission.request,
                variants or (),
            )
        )
    return acts
