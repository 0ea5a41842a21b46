"""Cancelling, shipping, returning, prioritising."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entrepot.orders.model import (
    CancelOrder,
    Order,
    PrioritiseOrder,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
)
from tests.factories.counter import order_of, parts
from tests.factories.pure_shop import PureShop
from tests.simulation.soundness import unsound


@pytest.fixture
def shop() -> PureShop:
    """Five carrots on the first location and five on the second."""
    shop = PureShop()
    shop.stock(5)
    shop.stock(5, where=shop.second)
    return shop


@pytest.fixture
def order(shop: PureShop) -> Order:
    """Eight carrots from both locations, in two lines, paid."""
    return shop.place((shop.carrots, 6), (shop.carrots, 2), paid=True)


class TestCancelling:
    def test_everything(self, shop: PureShop, order: Order) -> None:
        shop.cancel(order)
        assert shop.told(order) == "cancelled cancelled paid: 6 = 6 cancelled; 2 = 2 cancelled"
        assert shop.there() == ("5", "0")
        assert unsound(shop.world) == []

    def test_an_unpaid_order(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 1))
        shop.cancel(order)
        assert shop.told(order) == "cancelled cancelled cancelled: 1 = 1 cancelled"
        assert shop.codes(RecordPayment(order.id, succeeded=True)) == ["orders.already_cancelled"]

    def test_a_part_gives_back_the_youngest_hold(self, shop: PureShop, order: Order) -> None:
        shop.cancel(order, (1, 1), (1, 0.5))
        assert shop.told(order) == (
            "complete unfulfilled paid: 6 = 4.5 held + 1.5 cancelled; 2 = 2 held"
        )
        assert shop.there() == ("5", "4.5")
        assert shop.there(where=shop.second) == ("5", "2")

    def test_what_is_missing_goes_first(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 12), policy="ship_complete", paid=True)
        shop.cancel(order, (1, 1))
        assert shop.told(order) == "waiting held paid: 12 = 10 held + 1 cancelled + 1 missing"
        shop.cancel(order, (1, 1))
        assert shop.told(order) == "complete unfulfilled paid: 12 = 10 held + 2 cancelled"

    def test_a_waiting_unpaid_order_that_is_met_by_it_is_held(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 12), policy="ship_complete")
        shop.cancel(order, (1, 3))
        assert shop.told(order) == "held held unpaid: 12 = 9 held + 3 cancelled"

    def test_what_is_short_goes_first(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 10), paid=True)
        shop.count(3)
        assert shop.told(order) == "complete unfulfilled paid: 10 = 8 held + 2 short"
        shop.cancel(order, (1, 1))
        assert shop.told(order) == (
            "complete unfulfilled paid: 10 = 8 held + 1 short + 1 cancelled"
        )
        shop.cancel(order, (1, 2))
        assert shop.told(order) == "complete unfulfilled paid: 10 = 7 held + 3 cancelled"

    def test_the_rest_after_a_part_has_left(self, shop: PureShop, order: Order) -> None:
        shop.ship(order, (1, 4))
        shop.cancel(order)
        assert shop.told(order) == (
            "complete fulfilled paid: 6 = 4 shipped + 2 cancelled; 2 = 2 cancelled"
        )
        assert shop.codes(CancelOrder(order.id)) == ["orders.already_shipped"]

    def test_refused(self, shop: PureShop, order: Order) -> None:
        for lines, codes in (
            (parts(), ["orders.no_lines"]),
            (parts((3, 1)), ["orders.unknown_line"]),
            (parts((1, 7)), ["orders.more_than_open"]),
            (parts((1, 4), (1, 3)), ["orders.more_than_open"]),
            (
                parts((2, 3), (9, 1), (1, 0)),
                [
                    "orders.unknown_line",
                    "orders.quantity_not_positive",
                    "orders.more_than_open",
                ],
            ),
        ):
            assert shop.codes(CancelOrder(order.id, lines)) == codes
        assert shop.codes(CancelOrder("0" * 32)) == ["orders.unknown_order"]
        assert shop.codes(CancelOrder(order.id), shop.buyer) == ["orders.unknown_order"]
        shop.cancel(order)
        assert shop.codes(CancelOrder(order.id)) == ["orders.already_cancelled"]


class TestShipping:
    def test_everything(self, shop: PureShop, order: Order) -> None:
        shop.ship(order)
        assert shop.told(order) == "complete fulfilled paid: 6 = 6 shipped; 2 = 2 shipped"
        assert shop.there() == ("0", "0")
        assert shop.there(where=shop.second) == ("2", "0")

    def test_the_oldest_hold_leaves_first(self, shop: PureShop, order: Order) -> None:
        shop.ship(order, (1, 4))
        assert shop.told(order) == (
            "complete partly_fulfilled paid: 6 = 2 held + 4 shipped; 2 = 2 held"
        )
        assert shop.there() == ("1", "1")
        assert shop.there(where=shop.second) == ("5", "3")
        assert unsound(shop.world) == []

    def test_what_is_short_cannot_leave(self, shop: PureShop, order: Order) -> None:
        shop.count(0)
        shop.ship(order)
        assert "short" in shop.told(order)
        assert shop.told(order).startswith("complete partly_fulfilled paid")
        assert shop.codes(ShipOrder(order.id)) == ["orders.already_shipped"]

    def test_unlimited_goods_leave_no_trace_in_the_figures(self, shop: PureShop) -> None:
        order = shop.place((shop.air, 3), paid=True)
        shop.ship(order)
        assert shop.told(order) == "complete fulfilled paid: 3 = 3 shipped"
        assert shop.there(shop.air) == ("0", "0")

    def test_refused(self, shop: PureShop, order: Order) -> None:
        assert shop.codes(ShipOrder(order.id, parts((1, 7)))) == ["orders.more_than_held"]
        unpaid = shop.place((shop.carrots, 1))
        assert shop.codes(ShipOrder(unpaid.id)) == ["orders.not_complete"]
        shop.world.now += timedelta(minutes=31)
        assert shop.codes(ShipOrder(unpaid.id)) == ["orders.already_cancelled"]
        assert shop.codes(ShipOrder("0" * 32)) == ["orders.unknown_order"]


class TestReturning:
    def test_to_where_it_left_from(self, shop: PureShop, order: Order) -> None:
        shop.ship(order, (1, 6))
        shop.take_back(order, (1, 5.5))
        assert "6 shipped" in shop.told(order)
        assert shop.order(order.id).lines[0].returned == 5.5
        assert shop.there() == ("5", "0")
        assert shop.there(where=shop.second) == ("4.5", "2")

    def test_what_came_back_before_is_passed_over(self, shop: PureShop, order: Order) -> None:
        shop.ship(order, (1, 6))
        shop.take_back(order, (1, 5))
        shop.take_back(order, (1, 1))
        assert shop.there() == ("5", "0")
        assert shop.there(where=shop.second) == ("5", "2")

    def test_to_a_place_that_no_order_ships_from(self, shop: PureShop, order: Order) -> None:
        shop.ship(order)
        shop.take_back(order, (1, 2), where=shop.aside)
        assert shop.there(where=shop.aside) == ("2", "0")
        assert shop.codes(order_of((shop.carrots, 3))) == ["stock.insufficient_available"]

    def test_what_comes_back_serves_who_waits(self, shop: PureShop, order: Order) -> None:
        shop.ship(order)
        waiting = shop.place((shop.carrots, 3), policy="ship_complete", paid=True)
        shop.take_back(order, (1, 1))
        assert shop.told(waiting) == "complete unfulfilled paid: 3 = 3 held"

    def test_refused(self, shop: PureShop, order: Order) -> None:
        shop.ship(order, (1, 2))
        for lines, location, code in (
            (parts((1, 3)), None, "orders.more_than_shipped"),
            (parts((2, 1)), None, "orders.more_than_shipped"),
            (parts((1, 1)), "0" * 32, "orders.unknown_location"),
        ):
            assert shop.codes(ReturnGoods(order.id, lines, location)) == [code]
        assert shop.codes(ReturnGoods("0" * 32, parts((1, 1)))) == ["orders.unknown_order"]


class TestPrioritising:
    def test_first_is_served_first(self, shop: PureShop, order: Order) -> None:
        early = shop.place((shop.carrots, 5), policy="ship_complete", paid=True)
        late = shop.place((shop.carrots, 5), policy="ship_complete", paid=True)
        shop.act(PrioritiseOrder(late.id, 1))
        shop.stock(4)
        assert shop.told(late) == "waiting held paid: 5 = 4 held + 1 missing"
        assert shop.told(early) == "waiting held paid: 5 = 2 held + 3 missing"
        assert order.priority == 0

    @pytest.mark.parametrize("priority", [-1, 100])
    def test_refused(self, shop: PureShop, order: Order, priority: int) -> None:
        assert shop.codes(PrioritiseOrder(order.id, priority)) == ["orders.priority_not_valid"]
        assert shop.codes(PrioritiseOrder("0" * 32, 1)) == ["orders.unknown_order"]
        shop.cancel(order)
        assert shop.codes(PrioritiseOrder(order.id, 1)) == ["orders.already_cancelled"]
