"""Goods arrive, are corrected, are counted; a count that lacks units gives promises up."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from entrepot.kernel.ids import Id
from entrepot.orders.model import (
    AdjustStock,
    CancelOrder,
    CountStock,
    Decision,
    Postponed,
    ReceiveStock,
    StockLine,
    Submission,
)
from tests.factories.counter import order_of
from tests.factories.pure_shop import PureShop
from tests.simulation.soundness import unsound


@pytest.fixture
def shop() -> PureShop:
    return PureShop()


def line(variant: Id, quantity: object, where: Id | None = None) -> StockLine:
    return StockLine(variant, Decimal(str(quantity)), where)


class TestReceivingAndAdjusting:
    def test_several_positions_at_once(self, shop: PureShop) -> None:
        decision = shop.act(
            ReceiveStock((line(shop.carrots, 2), line(shop.leeks, 3), line(shop.carrots, 1)))
        )
        assert decision.act == "stock.received"
        answer = msgspec.to_builtins(decision.answer)
        told = [(each["on_hand"], each["version"]) for each in answer["positions"]]
        assert told == [("3", 2), ("3", 1)]

    def test_goods_arrive_at_the_first_location_unless_another_is_named(
        self, shop: PureShop
    ) -> None:
        shop.act(ReceiveStock((line(shop.carrots, 2), line(shop.carrots, 1, shop.aside))))
        assert shop.there() == ("2", "0")
        assert shop.there(where=shop.aside) == ("1", "0")

    def test_a_correction_may_go_down_to_what_is_promised(self, shop: PureShop) -> None:
        shop.stock(5)
        shop.place((shop.carrots, 3), paid=True)
        decision = shop.act(AdjustStock((line(shop.carrots, -2),)))
        assert decision.act == "stock.adjusted"
        refusal = shop.refused(AdjustStock((line(shop.carrots, -0.5), line(shop.carrots, -1))))
        (fault,) = refusal.faults
        assert (fault.code, fault.field) == ("stock.insufficient_available", "lines[0].quantity")
        assert (fault.facts["quantity"], fault.facts["available"]) == ("-1.5", "0")

    def test_lines_that_cancel_out_are_judged_by_their_sum(self, shop: PureShop) -> None:
        shop.stock(2)
        shop.place((shop.carrots, 2), paid=True)
        shop.act(AdjustStock((line(shop.carrots, -3), line(shop.carrots, 3))))
        assert shop.there() == ("2", "2")
        assert unsound(shop.world) == []

    def test_no_more_than_a_position_can_say(self, shop: PureShop) -> None:
        shop.stock("999999999999.999")
        assert shop.codes(ReceiveStock((line(shop.carrots, "0.001"),))) == [
            "orders.quantity_too_large"
        ]

    def test_unlimited_goods_are_written_down_only(self, shop: PureShop) -> None:
        shop.act(AdjustStock((line(shop.air, -5),)))
        assert shop.there(shop.air) == ("0", "0")
        assert shop.world.ledger[-1].on_hand_change == -5

    def test_refused(self, shop: PureShop) -> None:
        for lines, codes in (
            ((), ["orders.no_lines"]),
            ((line(shop.carrots, 1),) * 1001, ["orders.too_many_lines"]),
            ((line(shop.carrots, 0),), ["orders.quantity_not_positive"]),
            ((line("0" * 32, 1),), ["orders.unknown_variant"]),
            ((line("", 1),), ["orders.unknown_variant"]),
            ((line(shop.carrots, 1, "0" * 32),), ["orders.unknown_location"]),
        ):
            assert shop.codes(ReceiveStock(lines)) == codes
        assert shop.codes(ReceiveStock((line(shop.carrots, -1),))) == [
            "orders.quantity_not_positive"
        ]
        assert shop.codes(ReceiveStock((line(shop.carrots, 1),)), shop.buyer) == [
            "orders.unknown_variant"
        ]

    def test_where_no_location_ships(self, shop: PureShop) -> None:
        shop.world.locations[shop.owner].clear()
        assert shop.codes(ReceiveStock((line(shop.carrots, 1),))) == ["orders.unknown_location"]


class TestCounting:
    def test_more_than_was_known_serves_who_waits(self, shop: PureShop) -> None:
        waiting = shop.place((shop.carrots, 3), policy="ship_complete", paid=True)
        shop.count(4)
        assert shop.told(waiting) == "complete unfulfilled paid: 3 = 3 held"
        assert shop.there() == ("4", "3")

    def test_against_the_version_that_was_counted(self, shop: PureShop) -> None:
        shop.stock(5)
        shop.act(CountStock(shop.carrots, Decimal(6), 1))
        refusal = shop.refused(CountStock(shop.carrots, Decimal(6), 1))
        (fault,) = refusal.faults
        assert (fault.code, fault.field) == ("stock.version_changed", "expected_version")
        assert (fault.facts["version"], fault.facts["on_hand"]) == (2, "6")

    def test_what_is_missing_is_given_up_in_order(self, shop: PureShop) -> None:
        """Free stock; then who waits; then who has not paid; then who has; youngest first."""
        shop.stock(20)
        orders = {
            "paid old": shop.place((shop.carrots, 3), paid=True),
            "unpaid old": shop.place((shop.carrots, 3)),
            "paid young": shop.place((shop.carrots, 3), paid=True),
            "unpaid young": shop.place((shop.carrots, 3)),
            "waiting old": shop.place(
                (shop.carrots, 3), (shop.leeks, 1), policy="ship_complete", paid=True
            ),
            "waiting young": shop.place((shop.carrots, 3), (shop.leeks, 1), policy="ship_complete"),
        }
        order = [
            "waiting young",
            "waiting old",
            "unpaid young",
            "unpaid old",
            "paid young",
            "paid old",
        ]
        held = dict.fromkeys(orders, 3)
        for counted in range(18, -1, -1):
            shop.count(counted)
            if counted < 18:
                held[next(name for name in order if held[name])] -= 1
            assert {
                name: shop.order(each.id).lines[0].held for name, each in orders.items()
            } == held
            assert unsound(shop.world) == []
        assert shop.told(orders["paid old"]) == "complete unfulfilled paid: 3 = 3 short"
        assert shop.told(orders["unpaid old"]) == "held held unpaid: 3 = 3 short"
        assert shop.told(orders["waiting old"]).startswith("waiting held paid: 3 = 3 missing")

    def test_the_youngest_hold_of_an_order_goes_first(self, shop: PureShop) -> None:
        shop.stock(5)
        order = shop.place((shop.carrots, 2), (shop.carrots, 3), paid=True)
        shop.count(3)
        assert shop.told(order) == "complete unfulfilled paid: 2 = 2 held; 3 = 1 held + 2 short"

    def test_orders_of_one_moment_are_told_apart_by_id(self, shop: PureShop) -> None:
        shop.stock(4)
        first, second = order_of((shop.carrots, 2)), order_of((shop.carrots, 2))
        assert first.order < second.order
        shop.together(second, first)
        shop.count(3)
        assert shop.told(shop.order(first.order)) == "held held unpaid: 2 = 2 held"

    def test_orders_cut_short_get_a_notice_and_are_named(self, shop: PureShop) -> None:
        shop.stock(5)
        order = shop.place((shop.carrots, 5), paid=True, reference="A")
        waiting = shop.place((shop.leeks, 1), policy="ship_complete", paid=True)
        decision = shop.count(3)
        (notice,) = decision.notices
        assert (notice.kind, notice.subject) == ("orders.line_short", f"ord_{order.id}")
        assert notice.facts["quantity"] == "2"
        assert msgspec.to_builtins(decision.answer)["given_up"] == [
            {"order": f"ord_{order.id}", "line": 1, "quantity": "2"}
        ]
        assert shop.told(waiting) == "waiting held paid: 1 = 1 missing"

    def test_what_was_cut_short_is_served_before_all_who_wait(self, shop: PureShop) -> None:
        shop.stock(5)
        short = shop.place((shop.carrots, 5), paid=True)
        waiting = shop.place((shop.carrots, 2), policy="ship_complete", paid=True, priority=99)
        shop.count(3)
        shop.stock(3)
        assert shop.told(short) == "complete unfulfilled paid: 5 = 5 held"
        assert shop.told(waiting) == "waiting held paid: 2 = 1 held + 1 missing"

    def test_what_is_free_elsewhere_makes_up_for_it_at_once(self, shop: PureShop) -> None:
        shop.stock(5)
        order = shop.place((shop.carrots, 5), paid=True)
        shop.stock(2, where=shop.second)
        shop.count(3)
        assert shop.told(order) == "complete unfulfilled paid: 5 = 5 held"

    def test_holds_that_ended_in_the_same_batch_are_not_given_up_again(
        self, shop: PureShop
    ) -> None:
        shop.stock(10)
        old = shop.place((shop.carrots, 5), paid=True)
        young = shop.place((shop.carrots, 5), paid=True)
        cancelled, counted = shop.together(
            CancelOrder(young.id), CountStock(shop.carrots, Decimal(4), None)
        )
        assert isinstance(cancelled, Decision)
        assert isinstance(counted, Decision)
        assert shop.told(old) == "complete unfulfilled paid: 5 = 4 held + 1 short"
        assert unsound(shop.world) == []

    def test_the_rest_of_a_hold_is_told_from_other_rests(self, shop: PureShop) -> None:
        """Two lines give up parts; each line keeps its own rest."""
        shop.stock(9)
        order = shop.place((shop.carrots, 4), (shop.carrots, 5), paid=True)
        shop.ship(order, (1, 1), (2, 1))
        shop.count(2)
        assert shop.told(order) == (
            "complete partly_fulfilled paid: 4 = 2 held + 1 shipped + 1 short;"
            " 5 = 1 shipped + 4 short"
        )
        assert unsound(shop.world) == []

    def test_lapsed_holds_are_no_promise(self, shop: PureShop) -> None:
        shop.stock(5)
        lapsed = shop.place((shop.carrots, 5))
        shop.world.now += timedelta(minutes=31)
        assert shop.count(1).notices == ()
        assert shop.there() == ("1", "0")
        shop.world.keep_house()
        assert shop.told(lapsed).startswith("cancelled cancelled cancelled")

    def test_unlimited_goods(self, shop: PureShop) -> None:
        order = shop.place((shop.air, 5), paid=True)
        shop.count(0, shop.air)
        assert shop.told(order) == "complete unfulfilled paid: 5 = 5 held"

    def test_refused(self, shop: PureShop) -> None:
        for command, code in (
            (CountStock(shop.carrots, Decimal(-1), None), "orders.quantity_not_positive"),
            (CountStock(shop.carrots, Decimal("0.0001"), None), "orders.quantity_too_precise"),
            (CountStock("0" * 32, Decimal(1), None), "orders.unknown_variant"),
            (CountStock(shop.carrots, Decimal(1), None, "0" * 32), "orders.unknown_location"),
        ):
            assert shop.codes(command) == [code]

    def test_a_hold_that_was_not_locked_postpones_it(self, shop: PureShop) -> None:
        shop.stock(5)
        order = shop.place((shop.carrots, 5), paid=True)
        hidden = shop.world.orders.pop((shop.owner, order.id))
        submission = Submission(
            CountStock(shop.carrots, Decimal(1), None), shop.owner, "a", "k", b""
        )
        (result,) = shop.world.decide([submission])
        assert isinstance(result, Postponed)
        shop.world.orders[shop.owner, order.id] = hidden
        assert unsound(shop.world) == []
