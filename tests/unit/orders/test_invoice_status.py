"""What is said of how far invoices and their lines are (marketplace-api.md, 7.2 and 7.3)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from entrepot.orders.model.fulfilment import is_out_of_stock
from entrepot.orders.model.invoice_status import (
    Asked,
    LineProgress,
    Progress,
    flags_of,
    line_status,
    line_status_full,
    status_of,
    status_of_all,
)


def line(quantity: int, shipped: int = 0, cancelled: int = 0, paid_back: int = 0) -> LineProgress:
    return LineProgress(*map(Decimal, (quantity, shipped, cancelled, paid_back)))


def invoice(
    *lines: LineProgress,
    asked: tuple[Asked, ...] = (),
    paid: bool = True,
    review: bool = False,
    collected: bool = False,
    ready: bool = False,
) -> Progress:
    return Progress(paid, review, collected, lines, asked, ready)


CANCELLATION = Asked(is_returned=False, has_returns=False, has_cancellations=True)
RETURN = Asked(is_returned=False, has_returns=True, has_cancellations=False)
CAME_BACK = Asked(is_returned=True, has_returns=True, has_cancellations=False)
AMOUNT = Asked(is_returned=False, has_returns=False, has_cancellations=False)

INVOICES = (
    (invoice(line(2), paid=False), "", "awaiting_payment"),
    (invoice(line(2)), "paid", "paid"),
    (invoice(line(2), review=True), "paid payment_under_review", "payment_under_review"),
    (invoice(line(2, 1)), "paid partially_sent", "partially_sent"),
    (invoice(line(2, 2), line(1)), "paid partially_sent", "partially_sent"),
    (invoice(line(2, 2)), "paid sent", "sent"),
    (invoice(line(2, 1, 1)), "paid sent cancelled", "sent"),
    (invoice(line(2), asked=(CANCELLATION,)), "paid awaiting_refund", "paid"),
    (invoice(line(2), asked=(AMOUNT,)), "paid", "paid"),
    (invoice(line(2, 2), asked=(RETURN,)), "paid sent awaiting_return", "sent"),
    (invoice(line(2, 2), asked=(CAME_BACK,)), "paid sent awaiting_refund", "sent"),
    (
        invoice(line(3, 2), asked=(RETURN, CANCELLATION)),
        "paid partially_sent awaiting_return awaiting_refund",
        "partially_sent",
    ),
    (invoice(line(2, 2, 0, 1)), "paid sent refunded", "sent"),
    (invoice(line(2, 2, 0, 2)), "paid sent refunded", "refunded"),
    (invoice(line(2, 1, 1, 1)), "paid sent refunded cancelled", "refunded"),
    (invoice(line(2, 0, 1)), "paid cancelled", "paid"),
    (invoice(line(2, 0, 2)), "paid cancelled", "cancelled"),
    (invoice(line(2, 0, 2), line(1, 1)), "paid sent cancelled", "sent"),
    (invoice(line(2, 1), collected=True), "paid", "paid"),
    (invoice(line(2, 2), collected=True), "paid collected", "collected"),
    (invoice(line(2, 1), collected=True, ready=True), "paid ready", "ready"),
    (invoice(line(2, 2), collected=True, ready=True), "paid ready collected", "collected"),
)


@pytest.mark.parametrize(("progress", "flags", "status"), INVOICES)
def test_flags_tell_a_history_and_one_word_the_most_of_it(
    progress: Progress, flags: str, status: str
) -> None:
    assert flags_of(progress) == flags.split()
    assert status_of(progress) == status


@pytest.mark.parametrize(
    ("progress", "status", "full"),
    [
        (line(2), "allocated", "allocated"),
        (line(2, 1), "allocated", "allocated"),
        (line(2, 2), "allocated", "shipped"),
        (line(2, 1, 1), "allocated", "shipped"),
        (line(2, 2, 0, 1), "allocated", "shipped"),
        (line(2, 2, 0, 2), "refunded", "refunded"),
        (line(2, 1, 1, 1), "refunded", "refunded"),
        (line(2, 0, 2), "cancelled", "cancelled"),
    ],
)
def test_a_line_is_what_became_of_all_of_it(progress: LineProgress, status: str, full: str) -> None:
    assert (line_status(progress), line_status_full(progress)) == (status, full)


def test_an_order_is_what_all_its_invoices_are() -> None:
    assert status_of_all(["sent", "sent"]) == "sent"
    assert status_of_all(["sent", "paid"]) == "mixed"


@pytest.mark.parametrize(
    ("reason", "is_out"),
    [
        ("Out of stock", True),
        ("OUT-OF-STOCK", True),
        ("seller: sold out!", True),
        ("No inventory", True),
        ("Changed my mind", False),
        ("Stocking present", False),
        (None, False),
    ],
)
def test_a_reason_may_say_that_the_goods_are_not_there(reason: str | None, is_out: bool) -> None:  # noqa: FBT001 - a table of cases
    assert is_out_of_stock(reason) is is_out
