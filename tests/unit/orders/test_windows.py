"""What a sales session lets a customer order, and how it counts what customers hold."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX
from entrepot.orders.model import (
    CancelOrder,
    ChangeOrder,
    CountStock,
    Decision,
    OrderAnswer,
    PlaceOrder,
    ReceiveStock,
    StockLine,
    Window,
    WindowProduct,
)
from tests.factories.counter import order_of, wanted
from tests.factories.pure_shop import PureShop

MINUTE = timedelta(minutes=1)


class Selling(PureShop):
    """A shop whose buyer sells its goods in one session: carrots up to five, leeks without end."""

    def __init__(self) -> None:
        super().__init__()
        self.session: Id = self.world.new_id()
        self.key = (self.buyer, self.session)
        now = self.world.now
        self.world.sessions.windows[self.key] = Window(
            "open",
            is_remote=False,
            opens_at=now,
            closes_at=now + 60 * MINUTE,
            hold_until=None,
            products={
                self.carrots: WindowProduct(Decimal(5), Decimal(4), Decimal(2), Decimal(0)),
                self.leeks: WindowProduct(None, None, None, Decimal(0)),
                self.air: WindowProduct(None, None, None, Decimal(0)),
            },
        )
        self.stock(10)
        self.stock(10, self.leeks)

    def basket(self, *lines: tuple[Id, object], **terms: object) -> PlaceOrder:
        order = order_of(*lines, kind="session", **terms)  # type: ignore[arg-type] # passed on
        return msgspec.structs.replace(order, window=self.session)

    def held_of(self, decision: Decision) -> list[Decimal]:
        (order,) = (*decision.placed, *decision.changed)
        return [line.held for line in self.world.orders[order.organisation, order.id].lines]


@pytest.fixture
def shop() -> Selling:
    return Selling()


def test_lines_of_one_product_share_what_is_left(shop: Selling) -> None:
    refusal = shop.refused(shop.basket((shop.carrots, 3), (shop.carrots, 3)), shop.buyer)
    assert [(f.field, f.facts["available"]) for f in refusal.faults] == [("lines[1].quantity", "2")]
    assert "version" not in refusal.faults[0].facts  # it tells nothing about the shelf
    assert shop.held_of(
        shop.act(shop.basket((shop.carrots, 3), (shop.carrots, 2)), shop.buyer)
    ) == [3, 2]


def test_a_dropped_line_leaves_its_share_to_the_next(shop: Selling) -> None:
    order = shop.basket((shop.carrots, 6), (shop.carrots, 5), policy="line_by_line")
    assert shop.held_of(shop.act(order, shop.buyer)) == [5]


def test_a_product_without_a_limit_has_what_can_be_written(shop: Selling) -> None:
    shop.act(shop.basket((shop.air, QUANTITY_MAX)), shop.buyer)
    assert shop.codes(shop.basket((shop.air, 1)), shop.buyer) == ["stock.insufficient_available"]


def test_what_is_given_back_in_a_batch_is_left_in_it(shop: Selling) -> None:
    first = shop.basket((shop.carrots, 5))
    shop.act(first, shop.buyer)
    results = shop.together(
        shop.basket((shop.carrots, 5)), CancelOrder(first.order), who=shop.buyer
    )
    assert all(isinstance(each, Decision) for each in results)


def test_a_change_may_keep_what_it_has(shop: Selling) -> None:
    order = shop.basket((shop.carrots, 5))
    shop.act(order, shop.buyer)
    change = ChangeOrder(order.order, wanted((shop.carrots, 4), (shop.leeks, 1)))
    assert shop.held_of(shop.act(change, shop.buyer)) == [4, 1]
    assert shop.codes(ChangeOrder(order.order, wanted((shop.carrots, 6))), shop.buyer) == [
        "stock.insufficient_available"
    ]


def test_who_is_short_gets_back_no_more_than_the_limit(shop: Selling) -> None:
    order = shop.basket((shop.carrots, 5), paid=True)
    shop.act(order, shop.buyer)
    shop.act(CountStock(shop.carrots, Decimal(2), None, shop.first), shop.owner)
    window = shop.world.sessions.windows[shop.key]
    window.products[shop.carrots].quantity_max = Decimal(3)
    shop.act(ReceiveStock((StockLine(shop.carrots, Decimal(9), shop.first),)), shop.owner)
    assert [line.held for line in shop.world.orders[shop.buyer, order.order].lines] == [3]


@pytest.mark.parametrize("minutes", [-1, 60, 61])
def test_a_session_is_open_from_its_beginning_until_just_before_its_end(
    shop: Selling, minutes: int
) -> None:
    shop.world.now += minutes * MINUTE
    assert shop.codes(shop.basket((shop.carrots, 1)), shop.buyer) == [
        "orders.sales_session_not_open"
    ]


@pytest.mark.parametrize("state", ["closing", "complete"])
def test_nothing_is_placed_in_a_session_that_was_closed(shop: Selling, state: str) -> None:
    shop.world.sessions.set_state(shop.key, state)
    refusal = shop.refused(shop.basket((shop.carrots, 1)), shop.buyer)
    assert refusal.faults[0].facts["state"] == state


def test_every_fault_is_named_at_once(shop: Selling) -> None:
    other = shop.world.variant(shop.owner, "onions")
    order = shop.basket((other, 1), (shop.carrots, "0.0001"))
    assert shop.codes(order, shop.buyer) == [
        "orders.not_in_sales_session",
        "orders.quantity_too_precise",
    ]


def test_the_sessions_price_holds_and_else_the_variants(shop: Selling) -> None:
    decision = shop.act(shop.basket((shop.carrots, 1)), shop.buyer)
    answer = decision.answer
    assert isinstance(answer, OrderAnswer)
    assert (answer.lines[0].unit_price, answer.sales_session) == ("4", f"sal_{shop.session}")
    assert answer.producer is None
