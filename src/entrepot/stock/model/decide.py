"""Deciding a demand against the book: first a plan that changes nothing, then all of it or none.

The rules are told in `docs/concepts/stock.md`. Lines are summed per position within a demand, so
naming a variant twice can never promise a unit twice.
"""

from decimal import Decimal

import msgspec

from entrepot.kernel.demand import (
    Count,
    Demand,
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
    StaleCount,
    Uncovered,
)
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO
from entrepot.stock.model.book import Book, Figures
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
    """What holding the lines of a demand would do."""

    takes: list[_Take]
    shortages: list[Shortage]


def decide(book: Book, demand: Demand) -> Outcome:
    """Decide one demand against the running figures; when accepted, post it to the book.

    Refused demands (`accepted` False) leave the book exactly as it was. A demand with endings,
    changes or counts is refused as a whole when one of its parts is.
    """
    gained: dict[PositionKey, Decimal] = {}
    if demand.endings or demand.changes or demand.counts:
        stale, uncovered = _preview(book, demand, gained)
        if stale or uncovered:
            return Outcome(accepted=False, stale=tuple(stale), uncovered=tuple(uncovered))
    plan = _plan_lines(book, demand, gained)
    if plan.shortages and (demand.mode is Mode.WHOLE or (demand.some and not plan.takes)):
        return Outcome(accepted=False, shortages=tuple(plan.shortages))
    if plan.shortages and demand.mode is Mode.WHOLE_OR_NONE_HELD:
        plan = _Plan([], plan.shortages)
    return _post(book, demand, plan)


def expire(book: Book, holds: list[LiveHold], act: Id) -> None:
    """End holds whose limit has passed, giving back exactly what they kept."""
    for hold in holds:
        _end(book, Ending(hold, hold.quantity, HoldEnd.EXPIRED), act, [])


def _plan_lines(book: Book, demand: Demand, gained: dict[PositionKey, Decimal]) -> _Plan:
    """Walk the lines in order and their sources by rank, without touching the book."""
    takes: list[_Take] = []
    shortages: list[Shortage] = []
    positions = book.positions
    for line in demand.lines:
        wanted = line.quantity
        first_take = len(takes)
        for source in line.sources:
            figures = positions[source]
            free = figures.available + gained.get(source, ZERO)
            if free <= ZERO:
                continue
            take = wanted if wanted < free else free
            gained[source] = gained.get(source, ZERO) - take
            takes.append(_Take(line.line_no, figures, take))
            wanted -= take
            if not wanted:
                break
        if wanted:
            version = positions[line.sources[0]].version if len(line.sources) == 1 else None
            shortages.append(Shortage(line.line_no, line.quantity, line.quantity - wanted, version))
            if demand.mode is Mode.LINE_BY_LINE:
                for dropped in takes[first_take:]:
                    gained[dropped.figures.key] += dropped.quantity
                del takes[first_take:]
    return _Plan(takes, shortages)


def _preview(
    book: Book, demand: Demand, gained: dict[PositionKey, Decimal]
) -> tuple[list[StaleCount], list[Uncovered]]:
    """Sum what endings, changes and counts would add to what is available, and find faults."""
    stale: list[StaleCount] = []
    uncovered: list[Uncovered] = []
    for ending in demand.endings:
        if ending.how is not HoldEnd.CONVERTED:
            key = ending.hold.position
            gained[key] = gained.get(key, ZERO) + ending.quantity
    for change in demand.changes:
        gained[change.position] = gained.get(change.position, ZERO) + change.quantity
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
            if missing > covered:
                uncovered.append(Uncovered(count.position, missing, covered, figures.version))
    return stale, uncovered


def _post(book: Book, demand: Demand, plan: _Plan) -> Outcome:
    """Post an accepted demand: endings, changes, counts, then the new holds."""
    if not (demand.endings or demand.changes or demand.counts):
        held = [_open(book, demand, take) for take in plan.takes]
        return Outcome(accepted=True, held=tuple(held), shortages=tuple(plan.shortages))
    act = demand.act
    moved: dict[PositionKey, Figures] = {}
    successors: list[HeldPart] = []
    given_up: list[GivenUp] = []
    ended = [_end(book, ending, act, successors) for ending in demand.endings]
    # What comes before what goes: their sum was found covered, not each step on the way to it.
    for change in sorted(demand.changes, key=lambda each: each.quantity < ZERO):
        figures = moved[change.position] = book.positions[change.position]
        book.post(figures, change.kind, act, on_hand=change.quantity, order=demand.order)
    for count in demand.counts:
        figures = moved[count.position] = book.positions[count.position]
        given_up += _give_up(book, figures, count, act, successors)
        book.post(figures, "count", act, on_hand=count.on_hand - figures.on_hand)
    held = [_open(book, demand, take) for take in plan.takes]
    return Outcome(
        accepted=True,
        held=tuple(held),
        shortages=tuple(plan.shortages),
        successors=tuple(successors),
        ended=tuple(ended),
        given_up=tuple(given_up),
        positions=tuple(touched.after() for touched in moved.values()),
    )


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
