"""Placing, changing and paying: what becomes of an order, by its policy and what is there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from entrepot.orders.model import ChangeOrder, PlaceDraft, RecordPayment
from tests.factories.counter import order_of, wanted
from tests.factories.pure_shop import PureShop
from tests.simulation.soundness import unsound

SHORT = "stock.insufficient_available"


@pytest.fixture
def shop() -> PureShop:
    """Five carrots and one leek on the first location."""
    shop = PureShop()
    shop.stock(5)
    shop.stock(1, shop.leeks)
    return shop


# What becomes of an order for 3 carrots and 2 leeks (of which there is one).
STANDINGS = {
    ("refuse_short", True): None,
    ("refuse_short", False): None,
    ("line_by_line", True): "complete unfulfilled paid: 3 = 3 held",
    ("line_by_line", False): "held held unpaid: 3 = 3 held",
    ("ship_complete", True): "waiting held paid: 3 = 3 held; 2 = 1 held + 1 missing",
    ("ship_complete", False): "waiting held unpaid: 3 = 3 held; 2 = 1 held + 1 missing",
    ("allow_split", True): "complete unfulfilled paid: 3 = 3 held; 2 = 1 held + 1 cancelled",
    ("allow_split", False): "waiting held unpaid: 3 = 3 held; 2 = 1 held + 1 missing",
    ("no_backorder", True): "complete unfulfilled paid: 3 = 3 held; 2 = 1 held + 1 cancelled",
    ("no_backorder", False): "held held unpaid: 3 = 3 held; 2 = 1 held + 1 cancelled",
}


@pytest.mark.parametrize(("policy", "paid"), STANDINGS)
def test_a_short_order_stands_as_its_policy_says(shop: PureShop, policy: str, paid: bool) -> None:  # noqa: FBT001 - a column of the table
    order = order_of((shop.carrots, 3), (shop.leeks, 2), policy=policy, paid=paid)
    standing = STANDINGS[policy, paid]
    if standing is None:
        assert shop.codes(order) == [SHORT]
        assert shop.there() == ("5", "0")
    else:
        shop.act(order)
        assert shop.told(shop.order(order.order)) == standing
    assert unsound(shop.world) == []


@pytest.mark.parametrize("policy", ["line_by_line", "no_backorder", "refuse_short"])
def test_an_order_that_can_have_nothing_is_refused(policy: str) -> None:
    shop = PureShop()
    assert shop.codes(order_of((shop.leeks, 3), policy=policy)) == [SHORT]


def test_every_short_line_is_named_with_what_is_left(shop: PureShop) -> None:
    refusal = shop.refused(order_of((shop.carrots, 6), (shop.leeks, 3), (shop.carrots, 1)))
    told = [(f.field, f.facts["quantity"], f.facts["available"]) for f in refusal.faults]
    assert told == [
        ("lines[0].quantity", "6", "5"),
        ("lines[1].quantity", "3", "1"),
        ("lines[2].quantity", "1", "0"),
    ]
    assert "version" not in refusal.faults[0].facts, "there are two places it could come from"


def test_the_version_is_told_where_there_is_one_position() -> None:
    shop = PureShop()
    del shop.world.positions[next(k for k in shop.world.positions if k.location == shop.second)]
    shop.stock(5)
    (fault,) = shop.refused(order_of((shop.carrots, 6))).faults
    assert fault.facts["version"] == 1


def test_dropped_lines_are_named(shop: PureShop) -> None:
    order = order_of((shop.leeks, 2), (shop.carrots, 3), policy="line_by_line", paid=True)
    answer = msgspec.to_builtins(shop.act(order).answer)
    (dropped,) = answer["dropped_lines"]
    assert dropped["line"] == 1
    assert (dropped["quantity"], dropped["available"]) == ("2", "1")
    assert [line["line"] for line in answer["lines"]] == [2]


def test_the_best_location_is_used_first(shop: PureShop) -> None:
    shop.stock(4, where=shop.second)
    shop.stock(9, where=shop.aside)
    shop.place((shop.carrots, 7), paid=True)
    assert shop.there() == ("5", "5")
    assert shop.there(where=shop.second) == ("4", "2")
    assert shop.codes(order_of((shop.carrots, 3))) == [SHORT]


def test_unlimited_goods_are_always_there(shop: PureShop) -> None:
    order = shop.place((shop.air, 1000), (shop.air, 1), paid=True)
    assert shop.told(order) == "complete unfulfilled paid: 1000 = 1000 held; 1 = 1 held"
    assert shop.there(shop.air) == ("0", "0")


def test_an_unpaid_order_has_a_limit_and_a_paid_one_none(shop: PureShop) -> None:
    unpaid = shop.place((shop.carrots, 1), hold_minutes=10)
    assert unpaid.hold_until == unpaid.placed_at + timedelta(minutes=10)
    assert shop.place((shop.carrots, 1), paid=True).hold_until is None


def test_where_waiting_holds_nothing(shop: PureShop) -> None:
    shop = PureShop(waits_holding=False)
    shop.stock(2)
    order = shop.place((shop.carrots, 3), policy="ship_complete", paid=True)
    assert shop.told(order) == "waiting held paid: 3 = 3 missing"
    assert shop.told(shop.place((shop.carrots, 2), policy="ship_complete", paid=True)) == (
        "complete unfulfilled paid: 2 = 2 held"
    )


class TestRefusedBeforeStockIsLookedAt:
    """All faults at once, the weightiest first."""

    def test_faults_of_lines_and_of_the_order(self, shop: PureShop) -> None:
        order = order_of(
            (shop.carrots, -1),
            ("0" * 32, 1),
            ("", 1),
            policy="ship_complete",
            kind="session",
            reference=" no # good ",
            hold_minutes=0,
            priority=100,
        )
        assert shop.codes(order, shop.buyer) == [
            "orders.reference_not_valid",
            "orders.policy_needs_own_stock",
            "orders.unknown_variant",
            "orders.unknown_variant",
            "orders.quantity_not_positive",
            "orders.limit_not_valid",
            "orders.priority_not_valid",
        ]

    @pytest.mark.parametrize("reference", ["", "x" * 101, "a#2", "a\nb", " a", "a "])
    def test_references(self, shop: PureShop, reference: str) -> None:
        order = msgspec.structs.replace(order_of((shop.carrots, 1)), reference=reference)
        assert shop.codes(order) == ["orders.reference_not_valid"]

    def test_a_reference_is_used_once(self, shop: PureShop) -> None:
        shop.place((shop.carrots, 1), reference="A 1")
        assert shop.codes(order_of((shop.carrots, 1), reference="A 1")) == [
            "orders.reference_taken"
        ]
        first, second = shop.together(
            order_of((shop.carrots, 1), reference="A 2"),
            order_of((shop.carrots, 1), reference="A 2"),
        )
        assert getattr(second, "code", None) == "orders.reference_taken", first

    @pytest.mark.parametrize("count", [0, 1001])
    def test_number_of_lines(self, shop: PureShop, count: int) -> None:
        code = "orders.no_lines" if not count else "orders.too_many_lines"
        assert shop.codes(order_of(*[(shop.carrots, 1)] * count)) == [code]

    @pytest.mark.parametrize(
        ("quantity", "code"),
        [
            ("0", "orders.quantity_not_positive"),
            ("NaN", "orders.quantity_not_positive"),
            ("Infinity", "orders.quantity_not_positive"),
            ("1000000000000", "orders.quantity_too_large"),
            ("0.0001", "orders.quantity_too_precise"),
            ("1.5", "orders.quantity_not_whole"),
            ("2", "orders.quantity_below_min"),
            ("5", "orders.quantity_not_multiple"),
        ],
    )
    def test_quantities(self, shop: PureShop, quantity: str, code: str) -> None:
        variants = shop.world.variants
        variants[shop.carrots] = msgspec.structs.replace(
            variants[shop.carrots],
            whole_units=True,
            order_quantity_min=Decimal(3),
            order_quantity_multiple=Decimal(3),
        )
        assert shop.codes(order_of((shop.carrots, quantity))) == [code]

    @pytest.mark.parametrize("price", ["-0.01", "NaN", "1.00001", "100000000000"])
    def test_prices(self, shop: PureShop, price: str) -> None:
        order = order_of((shop.carrots, 1))
        line = msgspec.structs.replace(order.lines[0], unit_price=Decimal(price))
        order = msgspec.structs.replace(order, lines=(line,))
        assert shop.codes(order) == ["orders.price_not_valid"]

    def test_what_cannot_be_ordered_now(self, shop: PureShop) -> None:
        variants = shop.world.variants
        variants[shop.carrots] = msgspec.structs.replace(variants[shop.carrots], is_orderable=False)
        assert shop.codes(order_of((shop.carrots, 1))) == ["orders.variant_not_orderable"]

    def test_what_no_right_opens_is_unknown(self, shop: PureShop) -> None:
        order = order_of((shop.carrots, 1), kind="session")
        shop.act(order, shop.buyer)
        assert shop.codes(order_of((shop.carrots, 1), kind="own"), shop.buyer) == [
            "orders.unknown_variant"
        ]
        shop.world.rights.clear()
        assert shop.codes(order_of((shop.carrots, 1), kind="session"), shop.buyer) == [
            "orders.unknown_variant"
        ]


class TestPrices:
    def test_a_line_has_the_variants_price_unless_it_says_its_own(self, shop: PureShop) -> None:
        variants = shop.world.variants
        variants[shop.carrots] = msgspec.structs.replace(
            variants[shop.carrots], retail_price=Decimal("2.5")
        )
        order = order_of((shop.carrots, 1), (shop.carrots, 1))
        own = msgspec.structs.replace(order.lines[1], unit_price=Decimal("1.9999"))
        order = msgspec.structs.replace(order, lines=(order.lines[0], own))
        answer = msgspec.to_builtins(shop.act(order).answer)
        assert [line["unit_price"] for line in answer["lines"]] == ["2.5", "1.9999"]


class TestSplitting:
    """The part that can go becomes complete; the rest is one waiting successor."""

    def test_the_rest_follows(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 8), policy="allow_split", paid=True, reference="A")
        (rest,) = (o for o in shop.world.orders.values() if o.follows == order.id)
        assert rest.reference == "A#2"
        assert shop.told(rest) == "waiting held paid: 3 = 3 missing"
        shop.stock(1)
        shop.stock(1)
        assert shop.told(rest) == "waiting held paid: 3 = 2 held + 1 missing"
        shop.stock(1)
        assert shop.told(rest) == "complete unfulfilled paid: 3 = 3 held"
        assert len(shop.world.orders) == 2

    def test_payment_splits_what_waited_unpaid(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 8), policy="allow_split")
        answer = msgspec.to_builtins(shop.pay(order).answer)
        assert answer["followed_by"].startswith("ord_")
        assert shop.told(order) == "complete unfulfilled paid: 8 = 5 held + 3 cancelled"

    def test_what_could_not_have_anything_splits_when_something_comes(self) -> None:
        shop = PureShop()
        order = shop.place((shop.carrots, 8), policy="allow_split", paid=True)
        assert shop.told(order) == "waiting held paid: 8 = 8 missing"
        shop.stock(5)
        assert shop.told(order) == "complete unfulfilled paid: 8 = 5 held + 3 cancelled"

    def test_a_change_does_not_split_again(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 8), policy="allow_split", paid=True)
        shop.change(order, (shop.carrots, 9))
        assert shop.told(order) == "waiting held paid: 9 = 5 held + 4 missing"
        assert len(shop.world.orders) == 2


class TestDrafts:
    def test_a_draft_holds_nothing_until_it_is_placed(self, shop: PureShop) -> None:
        draft = shop.place((shop.carrots, 3), draft=True)
        assert shop.told(draft) == "draft unfulfilled unpaid: 3 = 3 missing"
        assert shop.there() == ("5", "0")
        shop.world.now += timedelta(minutes=5)
        shop.act(PlaceDraft(draft.id, paid=True))
        placed = shop.order(draft.id)
        assert shop.told(placed) == "complete unfulfilled paid: 3 = 3 held"
        assert placed.placed_at > draft.placed_at

    def test_a_draft_of_which_part_was_cancelled(self, shop: PureShop) -> None:
        draft = shop.place((shop.carrots, 3), (shop.leeks, 1), draft=True)
        shop.cancel(draft, (1, 2), (2, 1))
        shop.act(PlaceDraft(draft.id, paid=True))
        assert shop.told(draft) == (
            "complete unfulfilled paid: 3 = 1 held + 2 cancelled; 1 = 1 cancelled"
        )

    def test_a_refused_draft_stays_one(self, shop: PureShop) -> None:
        draft = shop.place((shop.carrots, 6), draft=True)
        assert shop.codes(PlaceDraft(draft.id, paid=True)) == [SHORT]
        assert shop.codes(PlaceDraft(draft.id, hold_minutes=0)) == ["orders.limit_not_valid"]
        first, _ = shop.together(
            PlaceDraft(draft.id, paid=True), ChangeOrder(draft.id, wanted((shop.carrots, 2)))
        )
        assert getattr(first, "code", None) == SHORT
        assert shop.told(draft) == "draft unfulfilled unpaid: 2 = 2 missing"

    def test_it_is_placed_once(self, shop: PureShop) -> None:
        draft = shop.place((shop.carrots, 1), draft=True)
        shop.act(PlaceDraft(draft.id))
        assert shop.codes(PlaceDraft(draft.id)) == ["orders.not_a_draft"]
        assert shop.codes(PlaceDraft("0" * 32), shop.owner) == ["orders.unknown_order"]

    def test_a_variant_may_have_gone_meanwhile(self, shop: PureShop) -> None:
        draft = shop.place((shop.carrots, 1), draft=True)
        del shop.world.variants[shop.carrots]
        assert shop.codes(PlaceDraft(draft.id)) == ["orders.unknown_variant"]


class TestChanging:
    def test_its_own_holds_count_as_free(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 4), paid=True)
        shop.change(order, (shop.carrots, 5))
        assert shop.told(order) == "complete unfulfilled paid: 5 = 5 held"
        assert shop.there() == ("5", "5")

    def test_refused_it_stands_as_it_was(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 4), paid=True)
        assert shop.codes(ChangeOrder(order.id, wanted((shop.carrots, 6)))) == [SHORT]
        assert shop.codes(ChangeOrder(order.id, ())) == ["orders.no_lines"]
        assert shop.told(order) == "complete unfulfilled paid: 4 = 4 held"

    def test_its_place_in_the_queue_stays(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 6), policy="ship_complete", paid=True)
        shop.world.now += timedelta(minutes=5)
        shop.change(order, (shop.carrots, 7))
        assert shop.order(order.id).queue_place == order.queue_place

    def test_an_unpaid_orders_limit_stays(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 1))
        shop.world.now += timedelta(minutes=5)
        shop.change(order, (shop.carrots, 2))
        assert shop.order(order.id).hold_until == order.hold_until

    def test_what_it_gives_back_goes_to_who_began_to_wait_in_the_same_batch(
        self, shop: PureShop
    ) -> None:
        holder = shop.place((shop.carrots, 5), paid=True)
        taker = order_of((shop.carrots, 3), policy="ship_complete", paid=True)
        shop.together(taker, ChangeOrder(holder.id, wanted((shop.carrots, 1))))
        assert shop.told(shop.order(taker.order)) == "complete unfulfilled paid: 3 = 3 held"

    def test_not_after_it_left_or_ended(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 2), paid=True)
        shop.ship(order, (1, 1))
        change = ChangeOrder(order.id, wanted((shop.carrots, 1)))
        assert shop.codes(change) == ["orders.already_shipped"]
        gone = shop.place((shop.carrots, 1))
        shop.cancel(gone)
        change = ChangeOrder(gone.id, wanted((shop.carrots, 1)))
        assert shop.codes(change) == ["orders.already_cancelled"]
        assert shop.codes(ChangeOrder("0" * 32, ()), shop.owner) == ["orders.unknown_order"]


class TestPaying:
    def test_payment_lifts_the_limit(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 2))
        shop.pay(order)
        assert shop.told(order) == "complete unfulfilled paid: 2 = 2 held"
        shop.world.now += timedelta(days=100)
        shop.world.keep_house()
        assert shop.told(order) == "complete unfulfilled paid: 2 = 2 held"

    def test_a_paid_session_order_stays_held_and_never_lapses(self, shop: PureShop) -> None:
        order = order_of((shop.carrots, 2), kind="session")
        shop.act(order, shop.buyer)
        placed = shop.order(order.order)
        shop.pay(placed)
        shop.world.now += timedelta(days=100)
        shop.world.keep_house()
        assert shop.told(placed) == "held held paid: 2 = 2 held"

    def test_a_waiting_order_that_is_paid_takes_what_came(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 6), policy="ship_complete")
        shop.pay(order)
        assert shop.told(order) == "waiting held paid: 6 = 5 held + 1 missing"
        shop.stock(1)
        assert shop.told(order) == "complete unfulfilled paid: 6 = 6 held"

    def test_a_failed_payment_gives_back_exactly_what_was_held(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 2))
        other = shop.place((shop.carrots, 3))
        shop.pay(order, succeeded=False)
        assert shop.told(order) == "cancelled cancelled cancelled: 2 = 2 missing"
        assert shop.there() == ("5", "3")
        assert shop.told(other) == "held held unpaid: 3 = 3 held"

    @pytest.mark.parametrize("swept", [True, False])
    def test_after_the_limit_it_is_decided_anew(self, shop: PureShop, swept: bool) -> None:  # noqa: FBT001 - a column of the table
        order = shop.place((shop.carrots, 3))
        shop.world.now += timedelta(minutes=31)
        if swept:
            shop.world.keep_house()
        assert shop.codes(RecordPayment(order.id, succeeded=False)) == ["orders.already_cancelled"]
        shop.place((shop.carrots, 4), paid=True)
        assert shop.codes(RecordPayment(order.id, succeeded=True)) == [
            "orders.payment_too_late",
            SHORT,
        ]
        shop.stock(2)
        shop.pay(order)
        assert shop.told(order) == "complete unfulfilled paid: 3 = 3 held"

    def test_after_the_limit_a_line_that_was_cut_short_is_whole_again(self, shop: PureShop) -> None:
        order = shop.place((shop.carrots, 5))
        shop.count(3)
        assert shop.told(order) == "held held unpaid: 5 = 3 held + 2 short"
        shop.world.now += timedelta(minutes=31)
        shop.stock(2)
        shop.pay(order)
        assert shop.told(order) == "complete unfulfilled paid: 5 = 5 held"

    def test_refused(self, shop: PureShop) -> None:
        draft = shop.place((shop.carrots, 1), draft=True)
        assert shop.codes(RecordPayment(draft.id, succeeded=True)) == ["orders.not_placed"]
        paid = shop.place((shop.carrots, 1), paid=True)
        assert shop.codes(RecordPayment(paid.id, succeeded=True)) == ["orders.already_paid"]
        gone = shop.place((shop.carrots, 1))
        shop.cancel(gone)
        assert shop.codes(RecordPayment(gone.id, succeeded=True)) == ["orders.already_cancelled"]
        assert shop.codes(RecordPayment("0" * 32, succeeded=True)) == ["orders.unknown_order"]
