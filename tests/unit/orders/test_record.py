"""How an order is answered, and what a batch looks at before it reads anything."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from entrepot.orders.model import (
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    CountStock,
    Line,
    PlaceOrder,
    RecheckWaiting,
    ReturnGoods,
    StockLine,
    Submission,
    SweepExpired,
    positions_of,
    survey_submissions,
)
from entrepot.orders.model.record import answer_line, queue_place
from tests.factories.counter import order_of, parts, wanted

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


def test_places_in_the_queue_sort_as_text() -> None:
    later = datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC)
    places = [
        queue_place(0, later, "b", short=True),
        queue_place(99, later, "a"),
        queue_place(1, NOON, "a"),
        queue_place(0, NOON, "a"),
        queue_place(0, NOON, "b"),
        queue_place(0, later, "a"),
    ]
    assert places == sorted(places)
    assert places[3] == "19901772452800123456a"


@pytest.mark.parametrize(
    ("line", "waits", "told"),
    [
        (Line(1, "o", "v", Decimal(2), held=Decimal(2)), False, {"held": "2"}),
        (
            Line(1, "o", "v", Decimal(2), held=Decimal("0.50")),
            True,
            {"held": "0.5", "waiting": "1.5"},
        ),
        (
            Line(1, "o", "v", Decimal(2), cancelled=Decimal(2)),
            False,
            {"held": "0", "cancelled": "2"},
        ),
        (
            Line(
                1, "o", "v", Decimal(3), shipped=Decimal(2), returned=Decimal(1), short=Decimal(1)
            ),
            False,
            {"held": "0", "shipped": "2", "returned": "1", "short": "1"},
        ),
        (
            Line(1, "o", "v", Decimal(2), held=Decimal(2), unit_price=Decimal("1.5000")),
            False,
            {"held": "2", "unit_price": "1.5"},
        ),
    ],
)
def test_a_line_says_what_it_has_and_leaves_out_what_it_has_not(
    line: Line,
    waits: bool,  # noqa: FBT001 - a column of the table
    told: dict[str, str],
) -> None:
    answer = msgspec.to_builtins(answer_line(line, waits=waits))
    expected = {"line": 1, "variant": "var_v", "quantity": f"{line.quantity}"}
    assert answer == expected | told


def submission(command: object) -> Submission:
    return Submission(command, "org", "act", "key", b"")  # type: ignore[arg-type] # any command


OWNERS = {"v": "org", "w": "other"}


@pytest.mark.parametrize(
    ("command", "variants", "gains", "acted"),
    [
        (order_of(("v", 1), ("w", 1), ("x", 1), ("", 1)), {"v", "w"}, {}, set()),
        (ChangeOrder("o", wanted(("v", 1))), {"v"}, {}, {"o"}),
        (CancelOrder("o"), set(), {}, {"o"}),
        (AdjustStock((StockLine("w", Decimal(1)),)), {"w"}, {"w": 1}, set()),
        (AdjustStock((StockLine("w", Decimal(-1)),)), {"w"}, {}, set()),
        (CountStock("v", Decimal(7), None), {"v"}, {"v": 7}, set()),
        (CountStock("", Decimal(1), None), set(), {}, set()),
        (ReturnGoods("o", parts((1, 1))), set(), {}, {"o"}),
        (RecheckWaiting((("other", "w"),)), {"w"}, {}, set()),
        (SweepExpired((("org", "o"),)), set(), {}, {"o"}),
    ],
)
def test_what_a_batch_looks_at(
    command: PlaceOrder,
    variants: set[str],
    gains: dict[str, int],
    acted: set[str],
) -> None:
    survey = survey_submissions([submission(command)], OWNERS)
    assert survey.variants == {(OWNERS[variant], variant) for variant in variants}
    assert survey.gains == {(OWNERS[variant], variant): most for variant, most in gains.items()}
    assert survey.acted == [("org", order) for order in sorted(acted)]
    undone = isinstance(command, CancelOrder | ChangeOrder)
    assert survey.undone == (survey.acted if undone else [])


@pytest.mark.parametrize(
    ("command", "wanted_positions"),
    [
        (order_of(("v", 1), ("x", 1)), [("org", "v", None, "org", True)]),
        (ChangeOrder("o", wanted(("w", 1))), [("other", "w", None, "org", True)]),
        (AdjustStock((StockLine("v", Decimal(1), "l"),)), [("org", "v", "l", "org", False)]),
        (CountStock("v", Decimal(1), None), [("org", "v", None, "org", False)]),
        (CancelOrder("o"), []),
    ],
)
def test_which_positions_are_made(
    command: PlaceOrder, wanted_positions: list[tuple[object, ...]]
) -> None:
    assert [tuple(each) for each in positions_of(submission(command), OWNERS)] == wanted_positions
