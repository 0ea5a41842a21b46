"""Deciding a demand: how much of it is met, from where, and what it leaves in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from entrepot.kernel.demand import (
    Change,
    Count,
    Demand,
    DemandLine,
    Ending,
    HoldEnd,
    HoldKey,
    LiveHold,
    Mode,
    Outcome,
    PositionKey,
)
from entrepot.stock import Book, Figures, decide, expire

NEAR = PositionKey("owner", "carrots", "near")
FAR = PositionKey("owner", "carrots", "far")
LEEKS = PositionKey("owner", "leeks", "near")
LIMIT = datetime(2026, 3, 2, tzinfo=UTC)


def units(quantity: object) -> Decimal:
    return Decimal(str(quantity))


def book(near: object = 5, far: object = 0, leeks: object = 0, *, unlimited: bool = False) -> Book:
    """Carrots at two locations and leeks at one, nothing held yet."""
    zero = Decimal(0)
    return Book(
        [
            Figures(NEAR, units(near), zero, zero, 7, unlimited=unlimited),
            Figures(FAR, units(far), zero, zero, 3),
            Figures(LEEKS, units(leeks), zero, zero, 0),
        ]
    )


def demand(
    *lines: tuple[object, tuple[PositionKey, ...]], mode: Mode = Mode.WHOLE, some: bool = False
) -> Demand:
    numbered = tuple(DemandLine(n, units(q), sources) for n, (q, sources) in enumerate(lines, 1))
    return Demand("act", "buyer", "order", mode, numbered, expires_at=LIMIT, some=some)


def held(outcome: Outcome) -> list[tuple[int, str, str]]:
    return [(part.line_no, part.position.location, str(part.quantity)) for part in outcome.held]


def short(outcome: Outcome) -> list[tuple[int, str, str]]:
    return [(each.line_no, str(each.quantity), str(each.available)) for each in outcome.shortages]


NEAR_FAR = (NEAR, FAR)

# Carrots: 5 near, 2 far; leeks: none. What is asked, how; what is held, what is short.
TABLE = [
    # One line, met
    (Mode.WHOLE, [(5, NEAR_FAR)], [(1, "near", "5")], []),
    (Mode.WHOLE, [(6.5, NEAR_FAR)], [(1, "near", "5"), (1, "far", "1.5")], []),
    # One line, short
    (Mode.WHOLE, [(8, NEAR_FAR)], None, [(1, "8", "7")]),
    (Mode.PART, [(8, NEAR_FAR)], [(1, "near", "5"), (1, "far", "2")], [(1, "8", "7")]),
    (Mode.LINE_BY_LINE, [(8, NEAR_FAR)], [], [(1, "8", "7")]),
    (Mode.WHOLE_OR_NONE_HELD, [(8, NEAR_FAR)], [], [(1, "8", "7")]),
    (Mode.WHOLE_OR_NONE_HELD, [(7, NEAR_FAR)], [(1, "near", "5"), (1, "far", "2")], []),
    # The same goods twice are counted once
    (Mode.WHOLE, [(4, (NEAR,)), (4, (NEAR,))], None, [(2, "4", "1")]),
    (
        Mode.WHOLE,
        [(4, NEAR_FAR), (3, NEAR_FAR)],
        [(1, "near", "4"), (2, "near", "1"), (2, "far", "2")],
        [],
    ),
    (
        Mode.PART,
        [(4, (NEAR,)), (4, (NEAR,))],
        [(1, "near", "4"), (2, "near", "1")],
        [(2, "4", "1")],
    ),
    # What a dropped line would have taken is there for the next
    (Mode.LINE_BY_LINE, [(6, (NEAR,)), (5, (NEAR,))], [(2, "near", "5")], [(1, "6", "5")]),
    (
        Mode.LINE_BY_LINE,
        [(8, NEAR_FAR), (7, NEAR_FAR)],
        [(2, "near", "5"), (2, "far", "2")],
        [(1, "8", "7")],
    ),
    # Nothing at all, and nowhere
    (Mode.PART, [(1, (LEEKS,))], [], [(1, "1", "0")]),
    (Mode.WHOLE, [(1, ())], None, [(1, "1", "0")]),
    (Mode.WHOLE, [(1, (LEEKS,)), (9, ()), (1, (NEAR,))], None, [(1, "1", "0"), (2, "9", "0")]),
]


@pytest.mark.parametrize(("mode", "lines", "parts", "shortages"), TABLE)
def test_how_much_of_a_demand_is_met(
    mode: Mode,
    lines: list[tuple[object, tuple[PositionKey, ...]]],
    parts: list[tuple[int, str, str]] | None,
    shortages: list[tuple[int, str, str]],
) -> None:
    there = book(5, 2)
    outcome = decide(there, demand(*lines, mode=mode))
    assert outcome.accepted is (parts is not None)
    assert held(outcome) == (parts or [])
    assert short(outcome) == shortages
    taken = sum((part.quantity for part in outcome.held), Decimal(0))
    assert sum(figures.held for figures in there.positions.values()) == taken
    assert [row.kind for row in there.effects.ledger] == ["hold"] * len(outcome.held)


@pytest.mark.parametrize("mode", [Mode.PART, Mode.LINE_BY_LINE])
def test_some_must_be_met_where_that_is_asked(mode: Mode) -> None:
    there = book(0)
    assert decide(there, demand((1, (NEAR,)), mode=mode)).accepted
    refused = decide(there, demand((1, (NEAR,)), mode=mode, some=True))
    assert not refused.accepted
    assert short(refused) == [(1, "1", "0")]
    assert there.effects.ledger == []


def test_the_version_is_told_only_of_a_single_source() -> None:
    (one,) = decide(book(), demand((9, (NEAR,)))).shortages
    (two,) = decide(book(), demand((9, NEAR_FAR))).shortages
    assert (one.version, two.version) == (7, None)


def test_each_change_raises_the_version_and_carries_its_row() -> None:
    there = book(5)
    decide(there, demand((1, (NEAR,)), (2, (NEAR,))))
    decide(there, demand((1, (NEAR,))))
    rows = [
        (row.version, str(row.held_change), str(row.held), row.hold_no)
        for row in there.effects.ledger
    ]
    assert rows == [(8, "1", "1", 1), (9, "2", "3", 2), (10, "1", "4", 3)]
    (changed,) = there.changed()
    assert (changed.key, changed.version_before, changed.version) == (NEAR, 7, 10)
    assert there.effects.ledger[0].expires_at == LIMIT


def test_unlimited_positions_keep_no_figures() -> None:
    there = book(0, unlimited=True)
    outcome = decide(there, demand((1000, NEAR_FAR), (1, NEAR_FAR)))
    assert held(outcome) == [(1, "near", "1000"), (2, "near", "1")]
    assert there.positions[NEAR].held == 0
    assert there.positions[NEAR].version == 9


class TestEnding:
    """A hold ends once: whole, or for a part whose rest lives on."""

    def hold(self, there: Book, quantity: object) -> LiveHold:
        (part,) = decide(there, demand((quantity, (NEAR,)))).held
        key = HoldKey("owner", "order", part.hold_no)
        return LiveHold(key, NEAR, "buyer", 1, part.quantity, LIMIT)

    @pytest.mark.parametrize(
        ("how", "on_hand", "kind"),
        [(HoldEnd.CONVERTED, "3", "ship"), (HoldEnd.RELEASED, "5", "release")],
    )
    def test_in_part(self, how: HoldEnd, on_hand: str, kind: str) -> None:
        there = book(5)
        hold = self.hold(there, 3)
        ending = Ending(hold, units(2), how)
        outcome = decide(there, Demand("act", "buyer", "order", endings=(ending,)))
        figures = there.positions[NEAR]
        assert (str(figures.on_hand), str(figures.held)) == (on_hand, "1")
        (successor,) = outcome.successors
        assert (successor.hold_no, str(successor.quantity)) == (2, "1")
        (ended,) = there.effects.ended
        assert (ended.hold_no, ended.state, str(ended.ended_quantity)) == (1, how.value, "2")
        assert there.effects.ledger[-1].kind == kind
        (opened,) = there.effects.successors
        assert (opened.opened_version, opened.expires_at) == (ended.ended_version, LIMIT)

    def test_what_a_hold_gives_back_counts_for_the_lines_of_the_same_demand(self) -> None:
        there = book(5)
        hold = self.hold(there, 5)
        ending = Ending(hold, hold.quantity, HoldEnd.RELEASED)
        lines = (DemandLine(1, units(4), (NEAR,)),)
        assert decide(
            there, Demand("act", "buyer", "order", lines=lines, endings=(ending,))
        ).accepted
        assert there.positions[NEAR].held == 4

    def test_what_leaves_does_not(self) -> None:
        there = book(5)
        hold = self.hold(there, 5)
        ending = Ending(hold, hold.quantity, HoldEnd.CONVERTED)
        lines = (DemandLine(1, units(1), (NEAR,)),)
        refused = decide(there, Demand("act", "buyer", "order", lines=lines, endings=(ending,)))
        assert not refused.accepted
        assert there.positions[NEAR].on_hand == 5

    def test_past_its_limit(self) -> None:
        there = book(5)
        expire(there, [self.hold(there, 3)], "act")
        assert there.positions[NEAR].held == 0
        assert there.effects.ended[0].state == "expired"

    @pytest.mark.parametrize("quantity", ["0", "-1", "3.001"])
    def test_more_than_it_keeps_is_a_bug(self, quantity: str) -> None:
        there = book(5)
        ending = Ending(self.hold(there, 3), units(quantity), HoldEnd.RELEASED)
        with pytest.raises(AssertionError, match="only what a hold keeps"):
            decide(there, Demand("act", "buyer", "order", endings=(ending,)))

    def test_twice_is_a_bug(self) -> None:
        there = book(5)
        ending = Ending(self.hold(there, 3), units(3), HoldEnd.RELEASED)
        once = Demand("act", "buyer", "order", endings=(ending,))
        decide(there, once)
        with pytest.raises(AssertionError, match="would end more than is held"):
            decide(there, once)


class TestChangingAndCounting:
    def change(self, *changes: tuple[PositionKey, object]) -> Demand:
        return Demand(
            "act", "owner", changes=tuple(Change(key, units(q), "adjust") for key, q in changes)
        )

    @pytest.mark.parametrize(
        ("changes", "uncovered"),
        [
            ([(NEAR, -2)], []),
            ([(NEAR, -3)], [("near", "-3", "2")]),
            ([(NEAR, -3), (NEAR, 1)], []),
            ([(NEAR, -2), (NEAR, -1)], [("near", "-3", "2")]),
            ([(NEAR, -2), (FAR, -1)], [("far", "-1", "0")]),
            ([(NEAR, "999999999999.999")], [("near", "999999999999.999", "999999999994.999")]),
        ],
    )
    def test_all_or_none(
        self, changes: list[tuple[PositionKey, object]], uncovered: list[tuple[str, str, str]]
    ) -> None:
        there = book(5)
        decide(there, demand((3, (NEAR,))))
        before = len(there.effects.ledger)
        outcome = decide(there, self.change(*changes))
        assert outcome.accepted is not bool(uncovered)
        assert [
            (each.position.location, str(each.quantity), str(each.available))
            for each in outcome.uncovered
        ] == uncovered
        assert len(there.effects.ledger) == before + (len(changes) if not uncovered else 0)

    def test_a_count_against_another_version(self) -> None:
        count = Count(NEAR, units(1), expected_version=6)
        outcome = decide(book(5), Demand("act", "owner", counts=(count,)))
        assert not outcome.accepted
        (stale,) = outcome.stale
        assert (stale.expected_version, stale.after.version) == (6, 7)

    def test_a_count_that_its_holds_do_not_explain(self) -> None:
        there = book(5)
        decide(there, demand((3, (NEAR,))))
        count = Count(NEAR, units(1), expected_version=None)
        outcome = decide(there, Demand("act", "owner", counts=(count,)))
        assert [str(each.quantity) for each in outcome.uncovered] == ["2"]
        assert there.positions[NEAR].on_hand == 5

    def test_a_count_gives_up_just_enough(self) -> None:
        there = book(5)
        outcome = decide(there, demand((2, (NEAR,)), (3, (NEAR,))))
        holds = tuple(
            LiveHold(
                HoldKey("owner", "order", p.hold_no), NEAR, "buyer", p.line_no, p.quantity, None
            )
            for p in reversed(outcome.held)
        )
        count = Count(NEAR, units(3), None, holds)
        counted = decide(there, Demand("act", "owner", counts=(count,)))
        assert [(each.hold.line_no, str(each.quantity)) for each in counted.given_up] == [(2, "2")]
        figures = there.positions[NEAR]
        assert (figures.on_hand, figures.held) == (units(3), units(3))
        (after,) = counted.positions
        assert after.on_hand == 3


def test_figures_that_cannot_be_are_a_bug() -> None:
    there = book(5)
    with pytest.raises(AssertionError, match="would promise more than is on hand"):
        there.post(there.positions[NEAR], "hold", "act", held=units(6))
    there = book(5)
    with pytest.raises(AssertionError, match="would use more than is allocated"):
        there.post(there.positions[NEAR], "hold", "act", allocated=units(-1))


def test_a_hold_is_for_an_order() -> None:
    with pytest.raises(AssertionError, match="a hold is for a named order line"):
        decide(book(5), msgspec.structs.replace(demand((1, (NEAR,))), order=None))


def test_available_is_never_below_zero() -> None:
    figures = Figures(NEAR, units(1), units(3), units(0), 1)
    assert figures.available == 0
