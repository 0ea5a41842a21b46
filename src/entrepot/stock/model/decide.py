"""Deciding a demand against the book: first a plan that changes nothing, then all of it or none.

The rules are told in `docs/concepts/stock.md`. Lines are summed per position within a demand, so
naming a variant twice can never promise a unit twice.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from entrepot.kernel.demand import (
    AllocationKey,
    Count,
    Demand,
    DemandLine,
    EndedPart,
    Ending,
    GivenUp,
    HeldPart,
    HoldEnd,
    LiveHold,
    Mode,
    Outcome,
    PositionKey,
    Shortage,
    Shrunk,
    StaleCount,
    Uncovered,
)
from entrepot.kernel.demand import Draw as DrawMode
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO
from entrepot.stock.model.book import Book, Figures
from entrepot.stock.model.drawing import (
    Draw,
    Drawing,
    legs_back,
    post_reversal,
    post_transfer,
)
from entrepot.stock.model.effects import HoldEnded, HoldOpened

LEDGER_KIND = {
    HoldEnd.CONVERTED: "ship",
    HoldEnd.RELEASED: "release",
    HoldEnd.EXPIRED: "expire",
}


class _Take(msgspec.Struct, frozen=True):
    """Units planned to be held at a position for a line."""

    line_no: int
    figures: Figures
    quantity: Decimal


class _Plan(msgspec.Struct, frozen=True):
    """What holding the lines of a demand would do, on own stock and by transfers, in that order."""

    steps: list[_Take | Draw]
    shortages: list[Shortage]


def decide(book: Book, demand: Demand) -> Outcome:
    """Decide one demand against the running figures; when accepted, post it to the book.

    Refused demands (`accepted` False) leave the book exactly as it was. A demand with endings,
    changes or counts is refused as a whole when one of its parts is.
    """
    gained: dict[PositionKey, Decimal] = {}
    given_back: dict[AllocationKey, Decimal] = {}
    is_plain = not (demand.endings or demand.changes or demand.counts or demand.reversals)
    if not is_plain:
        stale, uncovered = _preview(book, demand, gained, given_back)
        if stale or uncovered:
            return Outcome(accepted=False, stale=tuple(stale), uncovered=tuple(uncovered))
    drawing = None
    if demand.draw is not DrawMode.NOTHING:
        drawing = Drawing(book, gained, given_back)
    plan = _plan_lines(book, demand, gained, drawing)
    if plan.shortages and (demand.mode is Mode.WHOLE or (demand.some and not plan.steps)):
        return Outcome(accepted=False, shortages=tuple(plan.shortages))
    if plan.shortages and demand.mode is Mode.WHOLE_OR_NONE_HELD:
        plan = _Plan([], plan.shortages)
    if is_plain:
        return _open_all(book, demand, plan)
    return _post(book, demand, plan)


def expire(book: Book, holds: Iterable[LiveHold], act: Id) -> None:
    """End holds whose limit has passed, giving back exactly what they kept."""
    for hold in holds:
        _end(book, Ending(hold, hold.quantity, HoldEnd.EXPIRED), act, [])


def expire_allocations(book: Book, keys: Iterable[AllocationKey], act: Id) -> None:
    """End allocations whose validity has passed: what is left of them is free again."""
    for key in keys:
        allocation = book.allocations[key]
        if allocation.remaining:
            book.post(
                book.positions[allocation.position],
                "deallocate",
                act,
                allocated=-allocation.remaining,
            )
        book.close(allocation)


def _plan_lines(
    book: Book, demand: Demand, gained: dict[PositionKey, Decimal], drawing: Drawing | None
) -> _Plan:
    """Walk the lines in order and their sources by rank, without touching the book.

    Partners are asked once all lines had what there is of their own; line by line, each line has
    to be met before the next one is looked at.
    """
    steps: list[_Take | Draw] = []
    shortages: list[Shortage] = []
    by_line = demand.mode is Mode.LINE_BY_LINE
    most = dict(demand.most)
    for line in demand.lines:
        first = len(steps)
        if most:
            wanted = _take_within(book, line, most, gained, steps, keeps_part=not by_line)
        else:
            wanted = _take_free(book, line, line.quantity, gained, steps)
        if not wanted:
            continue
        if by_line and drawing is not None:
            wanted = _draw(drawing, line, wanted, steps)
        if wanted:
            shortages.append(_shortage(book, line, wanted, is_limited=bool(most)))
            if by_line:
                _forget(steps, first, gained, drawing)
    if drawing is None or by_line or not shortages:
        return _Plan(steps, shortages)
    return _draw_all(book, demand, steps, shortages, drawing)


def _take_free(
    book: Book,
    line: DemandLine,
    wanted: Decimal,
    gained: dict[PositionKey, Decimal],
    steps: list[_Take | Draw],
) -> Decimal:
    """Plan to take what is free at a line's own positions; return what is short then."""
    for source in line.sources:
        figures = book.positions[source]
        free = figures.available + gained.get(source, ZERO)
        if free <= ZERO:
            continue
        take = wanted if wanted < free else free
        gained[source] = gained.get(source, ZERO) - take
        steps.append(_Take(line.line_no, figures, take))
        wanted -= take
        if not wanted:
            break
    return wanted


def _take_within(
    book: Book,
    line: DemandLine,
    most: dict[Id, Decimal],
    gained: dict[PositionKey, Decimal],
    steps: list[_Take | Draw],
    *,
    keeps_part: bool,
) -> Decimal:
    """Plan to take what is free, but of each variant no more than `most` leaves its lines.

    A line that is dropped when it is short (not `keeps_part`) uses up nothing of that.
    """
    variant = line.sources[0].variant if line.sources else ""
    left = most.get(variant)
    if left is None:
        return _take_free(book, line, line.quantity, gained, steps)
    within = min(line.quantity, left)
    wanted = line.quantity
    if within > ZERO:
        wanted -= within - _take_free(book, line, within, gained, steps)
    if keeps_part or not wanted:
        most[variant] = left - (line.quantity - wanted)
    return wanted


def _draw(
    drawing: Drawing, line: DemandLine, wanted: Decimal, steps: list[_Take | Draw]
) -> Decimal:
    """Plan to draw on a line's partners; return what is short then."""
    first = len(drawing.draws)
    wanted = drawing.cover(line, wanted)
    steps += drawing.draws[first:]
    return wanted


def _forget(
    steps: list[_Take | Draw],
    kept: int,
    gained: dict[PositionKey, Decimal],
    drawing: Drawing | None,
) -> None:
    """Take back every step but the first ones: what they took is there for others."""
    while len(steps) > kept:
        step = steps.pop()
        if isinstance(step, _Take):
            gained[step.figures.key] += step.quantity
        else:
            assert drawing is not None, "only a drawing draws"
            drawing.undo_last()


def _draw_all(
    book: Book,
    demand: Demand,
    steps: list[_Take | Draw],
    shortages: list[Shortage],
    drawing: Drawing,
) -> _Plan:
    """Let partners cover what own stock left short: all of it, or as much as the demand allows.

    Where more had to come than a line wanted, the next line of the same goods has the rest first.
    """
    lines = {line.line_no: line for line in demand.lines}
    own = len(steps)
    left: list[Shortage] = []
    for shortage in shortages:
        line = lines[shortage.line_no]
        wanted = shortage.quantity - shortage.available
        wanted = _take_free(book, line, wanted, drawing.gained, steps)
        if wanted:
            wanted = _draw(drawing, line, wanted, steps)
        if wanted:
            left.append(_shortage(book, line, wanted))
    if left and demand.draw is DrawMode.WHOLE:
        # Who may not wait is told what there would have been, who waits what it got.
        return _Plan(steps[:own], left if demand.mode is Mode.WHOLE else shortages)
    return _Plan(steps, left)


def _shortage(
    book: Book, line: DemandLine, wanted: Decimal, *, is_limited: bool = False
) -> Shortage:
    """Say how much of a line is short; with one source alone, at which version of it.

    What a limit leaves says nothing about the position, so it has no version.
    """
    version = None
    if len(line.sources) == 1 and not line.partners and not is_limited:
        version = book.positions[line.sources[0]].version
    return Shortage(line.line_no, line.quantity, line.quantity - wanted, version)


def _preview(
    book: Book,
    demand: Demand,
    gained: dict[PositionKey, Decimal],
    given_back: dict[AllocationKey, Decimal],
) -> tuple[list[StaleCount], list[Uncovered]]:
    """Sum what happens before the lines are held, and find what of it cannot be."""
    _foresee(book, demand, gained, given_back)
    stale: list[StaleCount] = []
    uncovered: list[Uncovered] = []
    for key in {change.position for change in demand.changes}:
        figures = book.positions[key]
        if figures.unlimited:
            continue
        if figures.available + gained[key] < ZERO:
            uncovered.append(Uncovered(key, gained[key], figures.available, figures.version))
        elif figures.on_hand + gained[key] > QUANTITY_MAX:
            most = QUANTITY_MAX - figures.on_hand
            uncovered.append(Uncovered(key, gained[key], most, figures.version))
    for count in demand.counts:
        figures = book.positions[count.position]
        if count.expected_version is not None and count.expected_version != figures.version:
            stale.append(StaleCount(count.position, count.expected_version, figures.after()))
        elif not figures.unlimited:
            missing = figures.held + figures.allocated - count.on_hand
            covered = sum((hold.quantity for hold in count.given_up), ZERO)
            covered += sum((book.allocations[key].remaining for key in count.allocations), ZERO)
            if missing > covered:
                uncovered.append(Uncovered(count.position, missing, covered, figures.version))
    return stale, uncovered


def _foresee(
    book: Book,
    demand: Demand,
    gained: dict[PositionKey, Decimal],
    given_back: dict[AllocationKey, Decimal],
) -> None:
    """Sum what endings, reversals and changes would add to what is available and allocated."""
    for ending in demand.endings:
        if ending.how is not HoldEnd.CONVERTED:
            key = ending.hold.position
            gained[key] = gained.get(key, ZERO) + ending.quantity
    for reversal in demand.reversals:
        key = reversal.transfer.partner.target
        gained[key] = gained.get(key, ZERO) - reversal.quantity
        for leg in legs_back(book, reversal):
            if leg.allocation is None:
                gained[leg.position] = gained.get(leg.position, ZERO) + leg.quantity
            else:
                back = given_back.get(leg.allocation, ZERO)
                given_back[leg.allocation] = back + leg.quantity
    for change in demand.changes:
        gained[change.position] = gained.get(change.position, ZERO) + change.quantity


def _open_all(book: Book, demand: Demand, plan: _Plan) -> Outcome:
    """Open the holds of a plan, those on transferred units right after their transfers."""
    held, transferred = [], []
    for step in plan.steps:
        if isinstance(step, _Take):
            held.append(_open(book, demand, step))
            continue
        assert demand.order is not None, "a transfer is for a named order line"
        transferred.append(post_transfer(book, step, demand.organisation, demand.order, demand.act))
        target = book.positions[step.partner.target]
        held.append(_open(book, demand, _Take(step.line_no, target, step.held)))
    return Outcome(
        accepted=True,
        held=tuple(held),
        shortages=tuple(plan.shortages),
        transferred=tuple(transferred),
    )


def _post(book: Book, demand: Demand, plan: _Plan) -> Outcome:
    """Post an accepted demand: endings, reversals, changes, counts, then the new holds."""
    act = demand.act
    moved: dict[PositionKey, Figures] = {}
    successors: list[HeldPart] = []
    given_up: list[GivenUp] = []
    shrunk: list[Shrunk] = []
    ended = [_end(book, ending, act, successors) for ending in demand.endings]
    back = []
    for reversal in demand.reversals:
        assert demand.order is not None, "a reversal is for a named order line"
        back.append(post_reversal(book, reversal, demand.organisation, demand.order, act))
    # What comes before what goes: their sum was found covered, not each step on the way to it.
    for change in sorted(demand.changes, key=lambda each: each.quantity < ZERO):
        figures = moved[change.position] = book.positions[change.position]
        book.post(figures, change.kind, act, on_hand=change.quantity, order=demand.order)
    for count in demand.counts:
        figures = moved[count.position] = book.positions[count.position]
        shrunk += _shrink(book, figures, count, act)
        given_up += _give_up(book, figures, count, act, successors)
        book.post(figures, "count", act, on_hand=count.on_hand - figures.on_hand)
    outcome = _open_all(book, demand, plan)
    return msgspec.structs.replace(
        outcome,
        transferred=(*back, *outcome.transferred),
        successors=tuple(successors),
        ended=tuple(ended),
        given_up=tuple(given_up),
        shrunk=tuple(shrunk),
        positions=tuple([touched.after() for touched in moved.values()]),
    )


def _shrink(book: Book, figures: Figures, count: Count, act: Id) -> list[Shrunk]:
    """Shrink allocations, in the order given, until the counted figure covers what is promised."""
    shrunk: list[Shrunk] = []
    if figures.unlimited:
        return shrunk
    missing = figures.held + figures.allocated - count.on_hand
    for key in count.allocations:
        allocation = book.allocations[key]
        quantity = min(allocation.remaining, missing)
        if quantity <= ZERO:
            continue
        missing -= quantity
        book.post(figures, "deallocate", act, allocated=-quantity)
        book.shrink(allocation, quantity)
        shrunk.append(Shrunk(key, allocation.partnership, quantity, allocation.remaining))
    return shrunk


def _open(book: Book, demand: Demand, take: _Take) -> HeldPart:
    """Open a hold at a position."""
    order, figures = demand.order, take.figures
    assert order is not None, "a hold is for a named order line"
    hold_no = book.number_hold(order)
    version = book.post(
        figures,
        "hold",
        demand.act,
        held=take.quantity,
        order=order,
        hold_no=hold_no,
        hold=(demand.organisation, take.line_no, demand.expires_at),
    )
    return HeldPart(take.line_no, hold_no, figures.key, take.quantity, version)


def _end(book: Book, ending: Ending, act: Id, successors: list[HeldPart]) -> EndedPart:
    """End a hold once: whole, or for a part whose rest lives on in a successor hold."""
    hold, quantity, how = ending.hold, ending.quantity, ending.how
    assert ZERO < quantity <= hold.quantity, "only what a hold keeps can be ended"
    owner, order, hold_no = hold.key
    version = book.post(
        book.positions[hold.position],
        LEDGER_KIND[how],
        act,
        on_hand=-quantity if how is HoldEnd.CONVERTED else ZERO,
        held=-quantity,
        order=order,
        hold_no=hold_no,
    )
    book.effects.ended.append(HoldEnded(owner, order, hold_no, how.value, quantity, version))
    rest = hold.quantity - quantity
    if rest:
        number = book.number_hold(order)
        book.effects.successors.append(
            HoldOpened(
                owner,
                order,
                number,
                hold.organisation,
                hold.line_no,
                hold.position.variant,
                hold.position.location,
                rest,
                hold.expires_at,
                version,
            )
        )
        successors.append(HeldPart(hold.line_no, number, hold.position, rest, version))
    return EndedPart(hold.line_no, hold.position, quantity, LEDGER_KIND[how], version)


def _give_up(
    book: Book, figures: Figures, count: Count, act: Id, successors: list[HeldPart]
) -> list[GivenUp]:
    """End holds, in the order given, until the counted figure covers what is promised."""
    given_up: list[GivenUp] = []
    if figures.unlimited:
        return given_up
    missing = figures.held + figures.allocated - count.on_hand
    for hold in count.given_up:
        if missing <= ZERO:
            break
        quantity = min(hold.quantity, missing)
        _end(book, Ending(hold, quantity, HoldEnd.RELEASED), act, successors)
        given_up.append(GivenUp(hold, quantity))
        missing -= quantity
    return given_up
