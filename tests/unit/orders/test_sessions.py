"""Session orders from afar, and what happens to them that no other order meets."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from entrepot.kernel.ids import Id
from entrepot.orders.model import (
    CancelOrder,
    ChangeOrder,
    CompleteSessionOrder,
    CountStock,
    Decision,
    OrderAnswer,
    PlaceDraft,
    PlaceOrder,
    RecordPayment,
    Window,
)
from tests.factories.counter import order_of, wanted
from tests.factories.pure_shop import PureShop


class Afar(PureShop):
    """A shop that a remote trader orders from in one session."""

    def __init__(self) -> None:
        super().__init__()
        self.session: Id = self.world.new_id()
        self.until = self.world.now + timedelta(hours=24)
        self.world.sessions.windows[self.buyer, self.session] = Window(
            "open", is_remote=True, opens_at=None, closes_at=None, hold_until=self.until
        )
        self.stock(10)
        self.stock(10, self.leeks)

    def post(self, *lines: tuple[Id, object], **terms: object) -> PlaceOrder:
        order = order_of(*lines, kind="session", **terms)  # type: ignore[arg-type] # passed on
        return msgspec.structs.replace(order, window=self.session, producer=self.owner)

    def answered(self, command: object) -> OrderAnswer:
        answer = self.act(command, self.buyer).answer  # type: ignore[arg-type] # any command
        assert isinstance(answer, OrderAnswer)
        return answer


@pytest.fixture
def shop() -> Afar:
    return Afar()


def amounts(answer: OrderAnswer) -> list[tuple[str, str | None]]:
    return [(line.quantity, line.held) for line in answer.lines]


def test_it_is_held_until_its_session_is_over(shop: Afar) -> None:
    answer = shop.answered(shop.post((shop.carrots, 3)))
    assert (answer.status, answer.hold_until) == ("held", shop.until)


def test_the_same_lines_in_any_order_add_nothing(shop: Afar) -> None:
    first = shop.answered(shop.post((shop.carrots, 3), (shop.leeks, 1)))
    again = shop.answered(shop.post((shop.leeks, 1), (shop.carrots, 1), (shop.carrots, 2)))
    assert (again.id, amounts(again)) == (first.id, [("3", "3"), ("1", "1")])


def test_a_case_is_another_face_of_the_same_goods(shop: Afar) -> None:
    case = msgspec.structs.replace(wanted((shop.carrots, 6))[0], case_units=Decimal(6))
    order = msgspec.structs.replace(shop.post((shop.carrots, 1)), lines=(case,))
    shop.answered(order)
    both = shop.answered(shop.post((shop.carrots, 3)))
    assert [(line.quantity, line.case_units) for line in both.lines] == [("6", "6"), ("3", None)]
    refusal = shop.refused(shop.post((shop.carrots, 2)), shop.buyer)
    assert [(f.field, f.facts["available"]) for f in refusal.faults] == [("lines[0].quantity", "4")]


def test_a_cancelled_one_is_followed_by_a_new_one_also_in_one_batch(shop: Afar) -> None:
    first = shop.post((shop.carrots, 3))
    shop.answered(first)
    second = shop.post((shop.leeks, 2))
    results = shop.together(second, CancelOrder(first.order), who=shop.buyer)
    assert all(isinstance(each, Decision) for each in results)
    orders = shop.world.orders
    assert orders[shop.buyer, first.order].status == "cancelled"
    assert orders[shop.buyer, second.order].status == "held"


def test_nothing_is_paid_or_changed_once_it_is_complete(shop: Afar) -> None:
    order = shop.post((shop.carrots, 3))
    shop.answered(order)
    assert shop.codes(RecordPayment(order.order, succeeded=True), shop.buyer) == [
        "orders.pays_on_completion"
    ]
    done = shop.answered(CompleteSessionOrder(order.order))
    assert (done.status, done.payment_status, done.hold_until) == ("complete", "paid", None)
    assert shop.answered(shop.post((shop.carrots, 3))).id == done.id
    for command in (
        shop.post((shop.carrots, 4)),
        ChangeOrder(order.order, wanted((shop.carrots, 4))),
        CompleteSessionOrder(order.order, wanted((shop.carrots, 4))),
    ):
        assert shop.codes(command, shop.buyer) == ["orders.already_complete"]


def test_other_orders_are_not_completed_by_request(shop: Afar) -> None:
    order = order_of((shop.carrots, 1), kind="session")
    shop.act(order, shop.buyer)
    assert shop.codes(CompleteSessionOrder(order.order), shop.buyer) == [
        "orders.not_a_session_order"
    ]
    assert shop.codes(CompleteSessionOrder("f" * 32), shop.buyer) == ["orders.unknown_order"]


def test_what_a_count_took_has_to_be_there_to_complete(shop: Afar) -> None:
    order = shop.post((shop.carrots, 6))
    shop.answered(order)
    shop.act(CountStock(shop.carrots, Decimal(4), None, shop.first), shop.owner)
    refusal = shop.refused(CompleteSessionOrder(order.order), shop.buyer)
    assert refusal.faults[0].facts["available"] == "4"
    done = shop.answered(CompleteSessionOrder(order.order, wanted((shop.carrots, 4))))
    assert amounts(done) == [("4", "4")]


def test_a_count_takes_from_unpaid_baskets_before_session_orders(shop: Afar) -> None:
    afar = shop.post((shop.carrots, 5))
    shop.answered(afar)
    basket = order_of((shop.carrots, 5), kind="session")
    shop.act(basket, shop.buyer)
    shop.act(CountStock(shop.carrots, Decimal(5), None, shop.first), shop.owner)
    orders = shop.world.orders
    assert [line.held for line in orders[shop.buyer, afar.order].lines] == [5]
    assert [line.short for line in orders[shop.buyer, basket.order].lines] == [5]


def test_a_draft_keeps_nothing_until_it_is_placed(shop: Afar) -> None:
    draft = shop.answered(shop.post((shop.carrots, 3), draft=True))
    assert (draft.status, amounts(draft)) == ("draft", [("3", "0")])
    order = draft.id.removeprefix("ord_")
    assert amounts(shop.answered(PlaceDraft(order))) == [("3", "3")]
    assert shop.codes(PlaceDraft(order), shop.buyer) == ["orders.not_a_draft"]


def test_a_draft_that_is_posted_as_held_is_held(shop: Afar) -> None:
    shop.answered(shop.post((shop.carrots, 3), draft=True))
    held = shop.answered(shop.post((shop.carrots, 3)))
    assert (held.status, amounts(held)) == ("held", [("3", "3")])


def test_past_the_end_of_its_session_nothing_is_to_be_had(shop: Afar) -> None:
    order = shop.post((shop.carrots, 3))
    draft = shop.post((shop.carrots, 3), draft=True)
    shop.answered(order)
    shop.world.now = shop.until
    assert shop.codes(shop.post((shop.leeks, 1)), shop.buyer) == ["orders.sales_session_not_open"]
    assert shop.codes(draft, shop.buyer) == ["orders.sales_session_not_open"]
    for command in (
        ChangeOrder(order.order, wanted((shop.leeks, 1))),
        CompleteSessionOrder(order.order),
    ):
        assert shop.codes(command, shop.buyer) == ["orders.already_cancelled"]
