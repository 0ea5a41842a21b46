"""Drawing on partners: what a match opens, which pieces are taken, and how they go back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec
import pytest

from entrepot.kernel.demand import (
    AllocationKey,
    Demand,
    DemandLine,
    Draw,
    Ending,
    HoldEnd,
    HoldKey,
    Leg,
    LiveHold,
    LiveTransfer,
    Mode,
    Outcome,
    Partner,
    PositionKey,
    Reversal,
)
from entrepot.stock import Allocated, Book, Figures, decide
from entrepot.stock.model.drawing import Drawing

NEAR = PositionKey("wholesaler", "apples", "near")
FAR = PositionKey("wholesaler", "apples", "far")
SHOP = PositionKey("shop", "APPLE", "shelf")
OTHER = PositionKey("shop", "CRATE", "shelf")
WEEK = date(2026, 3, 2)
ENDLESS = Decimal("Infinity")


def units(quantity: object) -> Decimal:
    return Decimal(str(quantity))


def book(
    near: object = 10,
    far: object = 0,
    own: object = 0,
    allocated: tuple[object, ...] = (),
    *,
    unlimited: bool = False,
) -> Book:
    """Apples at a wholesaler's two locations and in a shop; allocations near, oldest first."""
    given = [units(each) for each in allocated]
    zero = Decimal(0)
    numbers = count(1)
    return Book(
        [
            Figures(NEAR, units(near), zero, sum(given, zero), 7, unlimited=unlimited),
            Figures(FAR, units(far), zero, zero, 3),
            Figures(SHOP, units(own), zero, zero, 0),
            Figures(OTHER, zero, zero, zero, 0),
        ],
        allocations=[
            Allocated(kept(n), "ours", NEAR, each, each, datetime(2026, 3, n, tzinfo=UTC))
            for n, each in enumerate(given, 1)
        ],
        new_id=lambda: f"transfer {next(numbers)}",
    )


def kept(number: int) -> AllocationKey:
    return AllocationKey("wholesaler", f"allocation {number}")


def partner(**terms: Any) -> Partner:  # noqa: ANN401 - what a partner has
    """A match with the wholesaler that shares all stock, one for one, in any part."""
    said: dict[str, Any] = {
        "factor": 1,
        "step": units("0.001"),
        "buffer": units(0),
        "cap": None,
        "is_all_stock": True,
    } | terms
    return Partner("match", "ours", (NEAR, FAR), said.pop("target", SHOP), week=WEEK, **said)


def offered(there: Book, to: Partner) -> Decimal:
    """What the match opens when nothing was drawn yet."""
    drawing = Drawing(there, {})
    return drawing.offered(to, drawing.pieces(to))


def demand(
    *quantities: object,
    mode: Mode = Mode.PART,
    draw: Draw = Draw.WHOLE,
    **terms: Any,  # noqa: ANN401 - what a partner has
) -> Demand:
    """Lines of apples for the shop, who may draw on the wholesaler."""
    lines = tuple(
        DemandLine(number, units(quantity), (SHOP,), (partner(**terms),))
        for number, quantity in enumerate(quantities, 1)
    )
    return Demand("act", "shop", "order", mode, lines, draw=draw)


def texts(*quantities: Decimal) -> list[str]:
    return [format(each.normalize(), "f") for each in quantities]


def passed(outcome: Outcome) -> list[tuple[str, ...]]:
    """What was transferred, with where it was taken: location or allocation, and how many."""
    return [
        (str(each.quantity), *[f"{_where(leg)} {leg.quantity}" for leg in each.legs])
        for each in outcome.transferred
    ]


def _where(leg: Leg) -> str:
    return leg.position.location if leg.allocation is None else leg.allocation.allocation


@pytest.mark.parametrize(
    ("terms", "opened"),
    [
        ({}, 10),
        ({"buffer": units(4)}, 6),
        ({"buffer": units(11)}, 0),
        ({"cap": units(3)}, 3),
        ({"cap": units("2.5"), "step": units(1)}, 2),
        ({"factor": 3, "step": units(1)}, 3),
        ({"factor": 3, "step": units(1), "buffer": units(2)}, 2),
        ({"is_all_stock": False}, 4),
        ({"is_all_stock": False, "buffer": units(1), "factor": 2, "step": units(1)}, 1),
    ],
)
def test_what_a_match_opens(terms: dict[str, Any], opened: int) -> None:
    """Worked by hand: ten apples are there, four of them allocated to us."""
    assert offered(book(8, 2, allocated=(3, 1)), partner(**terms)) == opened


@pytest.mark.parametrize(
    ("terms", "opened"),
    [({}, ENDLESS), ({"cap": units(3)}, 3), ({"is_all_stock": False}, 0)],
)
def test_what_is_unlimited_opens_the_cap_or_everything(
    terms: dict[str, Any], opened: object
) -> None:
    assert offered(book(0, unlimited=True), partner(**terms)) == opened


def test_what_others_have_to_themselves_is_not_open() -> None:
    there = book(5, allocated=(4,))
    (allocation,) = there.allocations.values()
    theirs = msgspec.structs.replace(partner(), partnership="theirs")
    assert offered(there, theirs) == 1
    assert offered(there, partner()) == 5
    assert allocation.remaining == 4


def test_allocations_are_used_first_then_the_nearest_that_is_free() -> None:
    there = book(5, 4, allocated=(1, 2))
    outcome = decide(there, demand(6))
    assert passed(outcome) == [
        ("6", "allocation 1 1", "allocation 2 2", "near 2", "far 1"),
    ]
    near, far, shop = (there.positions[key] for key in (NEAR, FAR, SHOP))
    assert texts(near.on_hand, near.allocated, near.available) == ["0", "0", "0"]
    assert texts(far.on_hand, shop.on_hand, shop.held) == ["3", "6", "6"]
    assert [each.remaining for each in there.reallocated.values()] == [0, 0]
    assert [row.kind for row in there.effects.ledger] == [
        *["transfer_out"] * 4,
        "transfer_in",
        "hold",
    ]
    assert all(row.order is None for row in there.effects.ledger[:4]), "it is not their order"


def test_all_or_nothing_leaves_the_book_as_it_was() -> None:
    there = book(3, own=1)
    outcome = decide(there, demand(2, 3))
    assert (outcome.accepted, outcome.transferred) == (True, ())
    assert [each.line_no for each in outcome.shortages] == [1, 2]
    assert texts(*[each.quantity - each.available for each in outcome.shortages]) == ["1", "3"]
    assert there.positions[NEAR].on_hand == 3
    refused = decide(there, demand(2, 3, mode=Mode.WHOLE))
    assert (refused.accepted, there.effects.transfers) == (False, [])


def test_in_parts_each_line_gets_what_can_be_had() -> None:
    outcome = decide(book(3), demand(2, 3, draw=Draw.PART))
    assert passed(outcome) == [("2", "near 2"), ("1", "near 1")]
    assert [(each.line_no, str(each.available)) for each in outcome.shortages] == [(2, "1")]


def test_the_cap_is_one_for_all_lines() -> None:
    outcome = decide(book(9), demand(2, 2, draw=Draw.PART, cap=units(3)))
    assert passed(outcome) == [("2", "near 2"), ("1", "near 1")]


@pytest.mark.parametrize("mode", [Mode.PART, Mode.WHOLE, Mode.LINE_BY_LINE])
def test_what_cannot_be_split_is_shared_by_the_lines(mode: Mode) -> None:
    """Two cases of two make the four halves and more that three lines ask for."""
    there = book(4)
    outcome = decide(there, demand("0.5", "1", "2.5", mode=mode, factor=1, step=units(2)))
    assert passed(outcome) == [("2", "near 2"), ("2", "near 2")]
    shop = there.positions[SHOP]
    assert (texts(shop.on_hand, shop.held), outcome.shortages) == (["4", "4"], ())
    assert there.left_over == {SHOP}


def test_a_dropped_line_gives_back_what_it_would_have_drawn() -> None:
    there = book(3, own=1, allocated=(1,))
    outcome = decide(there, demand(5, 4, mode=Mode.LINE_BY_LINE))
    assert [each.line_no for each in outcome.shortages] == [1]
    assert passed(outcome) == [("3", "allocation 1 1", "near 2")]
    assert texts(there.positions[SHOP].held, there.positions[NEAR].on_hand) == ["4", "0"]


def test_a_dropped_line_leaves_what_was_left_over_before_it() -> None:
    there = book(4)
    outcome = decide(there, demand("0.5", 9, "1.5", mode=Mode.LINE_BY_LINE, step=units(2)))
    assert [each.line_no for each in outcome.shortages] == [2]
    assert passed(outcome) == [("2", "near 2")]
    assert there.positions[SHOP].held == 2


def transferred(there: Book, quantity: object, **terms: Any) -> tuple[LiveTransfer, LiveHold]:  # noqa: ANN401 - what a partner has
    """A transfer that was made, and the hold on it."""
    outcome = decide(there, demand(quantity, **terms))
    (made,), (part,) = outcome.transferred, outcome.held
    live = LiveTransfer(made.id, made.partner, 1, made.quantity, made.quantity, made.legs)
    key = HoldKey("shop", "order", part.hold_no)
    return live, LiveHold(key, SHOP, "shop", 1, part.quantity, None)


def give_back(there: Book, live: LiveTransfer, hold: LiveHold, quantity: object) -> Outcome:
    return decide(
        there,
        Demand(
            "act",
            "shop",
            "order",
            endings=(Ending(hold, units(quantity), HoldEnd.RELEASED),),
            reversals=(Reversal(live, units(quantity), WEEK),),
        ),
    )


def test_what_was_taken_last_goes_back_first() -> None:
    there = book(5, 4, allocated=(2,))
    live, hold = transferred(there, 6)
    outcome = give_back(there, live, hold, 3)
    (back,) = outcome.transferred
    assert (back.reverses, str(back.quantity)) == (live.id, "3")
    near, far, shop = (there.positions[key] for key in (NEAR, FAR, SHOP))
    assert texts(near.on_hand, near.allocated, far.on_hand) == ["2", "0", "4"]
    assert texts(shop.on_hand, shop.held) == ["3", "3"]
    (successor,) = outcome.successors
    rest = msgspec.structs.replace(live, quantity=units(3))
    later = msgspec.structs.replace(
        hold, key=hold.key._replace(hold_no=successor.hold_no), quantity=units(3)
    )
    give_back(there, rest, later, 3)
    assert texts(near.on_hand, near.allocated, shop.on_hand) == ["5", "2", "0"]
    assert there.allocations[kept(1)].remaining == 2


def test_an_allocation_that_ended_gets_nothing_back() -> None:
    there = book(2, allocated=(2,))
    live, hold = transferred(there, 2)
    there.close(there.allocations[kept(1)])
    give_back(there, live, hold, 2)
    near = there.positions[NEAR]
    assert texts(near.on_hand, near.allocated, near.available) == ["2", "0", "2"]


def test_what_goes_back_to_an_allocation_may_be_drawn_again_at_once() -> None:
    """An order of apples becomes one of crates: the same apples, by the same allocation."""
    there = book(4, allocated=(4,))
    live, hold = transferred(there, 4, is_all_stock=False)
    crates = partner(factor=2, step=units(1), is_all_stock=False, target=OTHER)
    outcome = decide(
        there,
        Demand(
            "act",
            "shop",
            "order",
            Mode.WHOLE,
            (DemandLine(1, units(2), (OTHER,), (crates,)),),
            endings=(Ending(hold, units(4), HoldEnd.RELEASED),),
            reversals=(Reversal(live, units(4), WEEK),),
            draw=Draw.WHOLE,
        ),
    )
    assert outcome.accepted
    assert [str(each.quantity) for each in outcome.transferred] == ["4", "2"]
    assert there.allocations[kept(1)].remaining == 0


def test_more_never_goes_back_than_is_left_of_a_transfer() -> None:
    there = book(3)
    live, hold = transferred(there, 3)
    too_much = msgspec.structs.replace(live, quantity=units(1))
    with pytest.raises(AssertionError, match="no more is given back"):
        give_back(there, too_much, hold, 2)
