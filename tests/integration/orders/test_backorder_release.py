"""Backorder release: what an order takes from partners, by the vectors of the fulfilment reference.

T1 to T10 are those of its section 5.5 (T6, bundles, is not in scope), E numbers its section 12.
"""

from __future__ import annotations

import asyncio

import pytest

from entrepot.infra.pool import Pool
from entrepot.orders import ChangeOrder
from tests.factories.counter import Counter, body_of, code_of, order_of, wanted
from tests.factories.network import Network
from tests.factories.street import Street


@pytest.fixture
async def street(network: Network, counter: Counter) -> Street:
    return Street(network, counter)


async def test_t1_own_stock_first_then_the_shortfall_only(street: Street) -> None:
    await street.opens("shop", {"A": 3})
    await street.opens("wholesale", {"A": 10})
    await street.partners("wholesale", "shop", "A")

    answer = await street.orders("shop", ("A", 5))

    assert answer["status"] == "complete"
    assert await street.transferred() == ["wholesale -> shop: 2 A"]
    assert await street.shelf("shop", "A") == ("5", "5", "0")
    assert await street.shelf("wholesale", "A") == ("8", "0", "0")
    (told,) = answer["transferred"]
    assert (told["line"], told["quantity"]) == (1, "2")
    assert told["wholesaler"] == "org_" + street.organisations["wholesale"]


async def test_t2_nothing_moves_while_another_product_keeps_the_order_waiting(
    street: Street,
) -> None:
    await street.opens("shop")
    await street.opens("wholesale", {"A": 10, "B": 1})
    await street.partners("wholesale", "shop", "A", "B")

    answer = await street.orders("shop", ("A", 1), ("B", 2))

    assert answer["status"] == "waiting"
    assert await street.transferred() == []
    assert await street.shelf("wholesale", "A") == ("10", "0", "0")
    assert await street.shelf("wholesale", "B") == ("1", "0", "0")


async def test_t3_two_wholesalers_by_rank_each_for_its_part(street: Street) -> None:
    await street.opens("shop", {"A": 2})
    await street.opens("first", {"A": 3})
    await street.opens("second", {"A": 9})
    await street.partners("second", "shop", "A", rank=2)
    await street.partners("first", "shop", "A", rank=1)

    await street.orders("shop", ("A", 7))

    assert await street.transferred() == ["first -> shop: 3 A", "second -> shop: 2 A"]


async def test_t4_all_partners_together_are_not_enough(street: Street) -> None:
    await street.opens("shop", {"A": 2})
    await street.opens("first", {"A": 3})
    await street.opens("second", {"A": 1})
    await street.partners("first", "shop", "A", rank=1)
    await street.partners("second", "shop", "A", rank=2)

    answer = await street.orders("shop", ("A", 7))

    assert answer["status"] == "waiting"
    assert await street.transferred() == []
    assert await street.shelf("shop", "A") == ("2", "2", "0")


async def test_t5_lines_are_summed_before_anything_moves(street: Street) -> None:
    await street.opens("shop", {"A": 1})
    await street.opens("wholesale", {"A": 2})
    await street.partners("wholesale", "shop", "A")

    answer = await street.orders("shop", ("A", 2), ("A", 2))

    assert answer["status"] == "waiting"
    assert await street.transferred() == []


async def test_t7_what_a_waiting_order_holds_is_not_there_for_the_next(street: Street) -> None:
    await street.opens("shop", {"A": 1})
    await street.opens("wholesale", {"A": 1})
    await street.partners("wholesale", "shop", "A")
    waits = await street.orders("shop", ("A", 1), ("B", 1))

    goes = await street.orders("shop", ("A", 1))

    assert (waits["status"], goes["status"]) == ("waiting", "complete")
    assert await street.transferred() == ["wholesale -> shop: 1 A"]
    assert await street.shelf("shop", "A") == ("2", "2", "0")


async def test_t8_a_transferred_unit_is_pegged_to_the_order_it_came_for(street: Street) -> None:
    await street.opens("shop")
    await street.opens("wholesale", {"A": 1})
    await street.partners("wholesale", "shop", "A")
    older = await street.orders("shop", ("A", 1), ("B", 1))

    newer = await street.orders("shop", ("A", 1))
    await street.receives("shop", "B", 1)

    assert await street.status(newer) == "complete"
    assert await street.status(older) == "waiting"
    assert await street.shelf("shop", "B") == ("1", "1", "0")


async def test_t9_two_retailers_and_one_unit_at_the_same_moment(
    street: Street, counter: Counter, pool: Pool
) -> None:
    await street.opens("north")
    await street.opens("south")
    await street.opens("wholesale", {"A": 1})
    for shop in ("north", "south"):
        await street.partners("wholesale", shop, "A")
    wanted = {shop: await street.variant(shop, "A") for shop in ("north", "south")}
    other = Counter(pool)  # a second process, as far as the database can tell

    answers = await asyncio.gather(
        *[
            each.act(
                street.organisations[shop],
                order_of((wanted[shop], 1), policy="ship_complete", paid=True),
            )
            for each, shop in ((counter, "north"), (other, "south"))
        ]
    )

    assert sorted(body_of(each)["status"] for each in answers) == ["complete", "waiting"]
    assert len(await street.transferred()) == 1
    assert await street.shelf("wholesale", "A") == ("0", "0", "0")


@pytest.mark.parametrize("first", ["wholesale", "shop"])
async def test_t10_the_last_unit_goes_to_whoever_is_first(street: Street, first: str) -> None:
    await street.opens("shop")
    await street.opens("wholesale", {"A": 1})
    await street.partners("wholesale", "shop", "A")

    names = ["wholesale", "shop"] if first == "wholesale" else ["shop", "wholesale"]
    statuses = [(await street.orders(name, ("A", 1)))["status"] for name in names]

    assert statuses == ["complete", "waiting"]
    assert len(await street.transferred()) == (first == "shop")


async def test_an_unpaid_order_never_transfers_until_it_is_paid(
    street: Street, counter: Counter
) -> None:
    await street.opens("shop", {"A": 1})
    await street.opens("wholesale", {"A": 5})
    await street.partners("wholesale", "shop", "A")

    order = await street.orders("shop", ("A", 3), paid=False)
    assert order["status"] == "waiting"
    assert await street.transferred() == []

    await counter.pay(street.organisations["shop"], order["id"].removeprefix("ord_"))
    assert await street.status(order) == "complete"
    assert await street.transferred() == ["wholesale -> shop: 2 A"]


class TestPolicies:
    async def test_who_may_not_wait_is_told_what_there_is_with_partners(
        self, street: Street, counter: Counter
    ) -> None:
        await street.opens("shop", {"A": 1})
        await street.opens("wholesale", {"A": 2})
        await street.partners("wholesale", "shop", "A")
        variant = await street.variant("shop", "A")

        order = order_of((variant, 5), paid=True)
        refusal = await counter.act(street.organisations["shop"], order)
        assert refusal.faults[0].facts["available"] == "3"  # type: ignore[union-attr] # it is one
        assert await street.transferred() == []

        fits = await counter.place(street.organisations["shop"], order_of((variant, 3), paid=True))
        assert fits["status"] == "complete"

    async def test_e3_only_the_part_that_is_split_off_draws(self, street: Street) -> None:
        await street.opens("shop", {"A": 1})
        await street.opens("wholesale", {"A": 2})
        await street.partners("wholesale", "shop", "A")

        answer = await street.orders("shop", ("A", 5), policy="allow_split")

        assert answer["status"] == "complete"
        assert await street.transferred() == ["wholesale -> shop: 2 A"]
        rest = {"id": answer["followed_by"]}
        assert await street.status(rest) == "waiting"

        await street.receives("wholesale", "A", 1)  # not all of the rest: nothing moves
        assert await street.status(rest) == "waiting"
        assert len(await street.transferred()) == 1
        await street.receives("wholesale", "A", 1)
        assert await street.status(rest) == "complete"
        assert (await street.transferred())[1:] == ["wholesale -> shop: 2 A"]

    async def test_e4_partners_first_then_what_is_short_is_cancelled(
        self, street: Street, counter: Counter
    ) -> None:
        await street.opens("shop", {"A": 1})
        await street.opens("wholesale", {"A": 2})
        await street.partners("wholesale", "shop", "A")

        answer = await street.orders("shop", ("A", 5), policy="no_backorder")

        assert answer["status"] == "complete"
        order = answer["id"].removeprefix("ord_")
        assert await counter.lines(order) == ["1: 5 = 3 held + 2 cancelled"]
        assert await street.transferred() == ["wholesale -> shop: 2 A"]

    async def test_line_by_line_a_dropped_line_takes_nothing(self, street: Street) -> None:
        await street.opens("shop", {"A": 1})
        await street.opens("wholesale", {"A": 2, "B": 1})
        await street.partners("wholesale", "shop", "A", "B")

        answer = await street.orders("shop", ("A", 3), ("B", 2), policy="line_by_line")

        assert answer["status"] == "complete"
        assert [each["line"] for each in answer["dropped_lines"]] == [2]
        assert await street.transferred() == ["wholesale -> shop: 2 A"]
        assert await street.shelf("wholesale", "B") == ("1", "0", "0")

    async def test_who_waits_without_holding_still_goes_whole_through_partners(
        self, street: Street
    ) -> None:
        await street.opens("shop", {"A": 1}, waiting_holds=False)
        await street.opens("wholesale", {"A": 1})
        await street.partners("wholesale", "shop", "A")

        order = await street.orders("shop", ("A", 3))
        assert (await street.shelf("shop", "A"))[1] == "0"
        await street.receives("wholesale", "A", 1)

        assert await street.status(order) == "complete"
        assert await street.transferred() == ["wholesale -> shop: 2 A"]


class TestGivingBack:
    async def test_e5_cancelled_in_the_open_week_it_goes_back(
        self, street: Street, counter: Counter
    ) -> None:
        await street.opens("shop", {"A": 3})
        await street.opens("wholesale", {"A": 10})
        await street.partners("wholesale", "shop", "A")
        order = await street.orders("shop", ("A", 5))
        ident = order["id"].removeprefix("ord_")

        answer = await counter.cancel(street.organisations["shop"], ident, (1, 1))
        assert [each["quantity"] for each in answer["transferred"]] == ["1"]
        assert answer["transferred"][0]["reverses"] == order["transferred"][0]["id"]
        await counter.cancel(street.organisations["shop"], ident)

        assert await street.transferred() == [
            "wholesale -> shop: 2 A",
            "wholesale <- shop: 1 A",
            "wholesale <- shop: 1 A",
        ]
        assert await street.shelf("shop", "A") == ("3", "0", "0")
        assert await street.shelf("wholesale", "A") == ("10", "0", "0")

    async def test_e5_by_agreement_it_is_kept(self, street: Street, counter: Counter) -> None:
        await street.opens("shop")
        await street.opens("wholesale", {"A": 10})
        await street.partners("wholesale", "shop", "A", on_cancel_open_week="keep")
        order = await street.orders("shop", ("A", 5))

        await counter.cancel(street.organisations["shop"], order["id"].removeprefix("ord_"))

        assert await street.shelf("shop", "A") == ("5", "0", "0")
        assert await street.shelf("wholesale", "A") == ("5", "0", "0")

    @pytest.mark.parametrize("later", ["keep", "reverse"])
    async def test_e6_cancelled_after_the_week_closed(
        self, street: Street, counter: Counter, later: str
    ) -> None:
        await street.opens("shop")
        await street.opens("wholesale", {"A": 10})
        partnership = await street.partners("wholesale", "shop", "A", on_cancel_later=later)
        order = await street.orders("shop", ("A", 5))
        await street.network.close_week(partnership)

        await counter.cancel(street.organisations["shop"], order["id"].removeprefix("ord_"))

        rows = await counter.rows("SELECT count(DISTINCT week), count(*) FROM transfers")
        assert rows == ([(1, 1)] if later == "keep" else [(2, 2)])

    async def test_e8_a_return_is_the_retailers(self, street: Street, counter: Counter) -> None:
        await street.opens("shop")
        await street.opens("wholesale", {"A": 10})
        await street.partners("wholesale", "shop", "A")
        order = (await street.orders("shop", ("A", 5)))["id"].removeprefix("ord_")
        shop = street.organisations["shop"]
        await counter.ship(shop, order)

        await counter.give_back(shop, order, (1, 2))

        assert await street.shelf("shop", "A") == ("2", "0", "0")
        assert await street.shelf("wholesale", "A") == ("5", "0", "0")

    async def test_only_what_has_not_left_goes_back(self, street: Street, counter: Counter) -> None:
        await street.opens("shop", {"A": 1})
        await street.opens("wholesale", {"A": 10})
        await street.partners("wholesale", "shop", "A")
        order = (await street.orders("shop", ("A", 5)))["id"].removeprefix("ord_")
        shop = street.organisations["shop"]
        await counter.ship(shop, order, (1, 3))

        await counter.cancel(shop, order)

        assert (await street.transferred())[1:] == ["wholesale <- shop: 2 A"]
        assert await street.shelf("shop", "A") == ("0", "0", "0")

    async def test_e29_a_change_counts_what_was_transferred_as_its_own(
        self, street: Street, counter: Counter
    ) -> None:
        await street.opens("shop", {"A": 1})
        await street.opens("wholesale", {"A": 5})
        await street.partners("wholesale", "shop", "A")
        order = (await street.orders("shop", ("A", 3)))["id"].removeprefix("ord_")
        shop, variant = street.organisations["shop"], await street.variant("shop", "A")

        await counter.change(shop, order, (variant, 5))
        assert (await street.transferred())[1:] == ["wholesale -> shop: 2 A"]
        await counter.change(shop, order, (variant, 2))

        assert await street.shelf("shop", "A") == ("2", "2", "0")
        assert await street.shelf("wholesale", "A") == ("4", "0", "0")
        refused = await counter.act(shop, ChangeOrder(order, wanted((variant, "0.0001"))))
        assert code_of(refused) == "orders.quantity_too_precise"
        assert await street.shelf("shop", "A") == ("2", "2", "0")


class TestTerms:
    async def test_allocated_only_opens_what_was_allocated(
        self, street: Street, counter: Counter
    ) -> None:
        await street.opens("shop")
        await street.opens("other")
        await street.opens("wholesale", {"A": 10})
        partnership = await street.partners("wholesale", "shop", "A", policy="allocated_only")
        await street.partners("wholesale", "other", "A")
        await street.network.allocate(partnership, await street.variant("wholesale", "A"), 4)

        too_much = await street.orders("shop", ("A", 5))
        assert too_much["status"] == "waiting"
        exclusive = await street.orders("other", ("A", 7))
        assert exclusive["status"] == "waiting"
        fits = await street.orders("shop", ("A", 4))

        assert fits["status"] == "complete"
        assert await street.shelf("wholesale", "A") == ("6", "0", "0")

        await counter.cancel(street.organisations["shop"], fits["id"].removeprefix("ord_"))
        assert await street.shelf("wholesale", "A") == ("10", "0", "4")

    async def test_e23_a_case_is_never_split_and_its_rest_is_the_retailers(
        self, street: Street
    ) -> None:
        await street.opens("shop")
        await street.opens("wholesale", {"A": 13})
        await street.partners("wholesale", "shop", "A", factor=6)

        answer = await street.orders("shop", ("A", "1.5"))

        assert answer["status"] == "complete"
        assert await street.transferred() == ["wholesale -> shop: 2 A"]
        assert await street.shelf("wholesale", "A") == ("1", "0", "0")
        assert await street.shelf("shop", "A") == ("2", "1.5", "0")

    async def test_buffer_and_cap_narrow_what_is_opened(self, street: Street) -> None:
        await street.opens("shop")
        await street.opens("wholesale", {"A": 10})
        await street.partners("wholesale", "shop", "A", buffer=3, cap=4)

        assert (await street.orders("shop", ("A", 5)))["status"] == "waiting"
        assert (await street.orders("shop", ("A", 4)))["status"] == "complete"
        assert (await street.orders("shop", ("A", 4)))["status"] == "waiting"
        assert (await street.orders("shop", ("A", 3)))["status"] == "complete"

    async def test_e9_a_recount_shrinks_the_youngest_allocation_and_takes_nothing_back(
        self, street: Street, counter: Counter
    ) -> None:
        await street.opens("shop")
        wholesale = await street.opens("wholesale", {"A": 10})
        partnership = await street.partners("wholesale", "shop", "A")
        variant = await street.variant("wholesale", "A")
        await street.orders("shop", ("A", 2))
        older = await street.network.allocate(partnership, variant, 3)
        younger = await street.network.allocate(partnership, variant, 3)

        answer = await counter.count(wholesale, variant, 4)

        assert [each["quantity"] for each in answer["shrunk"]] == ["2"]
        rows = await counter.rows("SELECT id, remaining::text FROM allocations")
        assert sorted(rows) == sorted([(older, "3.000"), (younger, "1.000")])
        assert await street.shelf("shop", "A") == ("2", "2", "0")
        told = await counter.rows("SELECT organisation FROM notices ORDER BY organisation")
        assert [row[0] for row in told] == sorted([wholesale, street.organisations["shop"]])

    async def test_e18_a_pool_received_is_never_shared_on(self, street: Street) -> None:
        await street.opens("shop")
        await street.opens("middle")
        await street.opens("importer", {"A": 5})
        await street.partners("middle", "shop", "A")
        await street.partners("importer", "middle", "A")

        assert (await street.orders("shop", ("A", 1)))["status"] == "waiting"
        assert (await street.orders("middle", ("A", 1)))["status"] == "complete"

    @pytest.mark.parametrize("state", ["paused", "ending"])
    async def test_e13_a_partnership_that_is_not_active_gives_nothing(
        self, street: Street, state: str
    ) -> None:
        await street.opens("shop")
        await street.opens("wholesale", {"A": 5})
        partnership = await street.partners("wholesale", "shop", "A")
        await street.network.set_partnership_state(partnership, state)

        assert (await street.orders("shop", ("A", 1)))["status"] == "waiting"

    async def test_an_allocation_past_its_validity_is_everybodys(self, street: Street) -> None:
        await street.opens("shop")
        await street.opens("wholesale", {"A": 5})
        partnership = await street.partners("wholesale", "shop", "A", policy="allocated_only")
        allocation = await street.network.allocate(
            partnership, await street.variant("wholesale", "A"), 4
        )
        waits = await street.orders("wholesale", ("A", 3))
        await street.network.pass_validity(allocation)

        own = await street.orders("wholesale", ("A", 2))

        assert (waits["status"], await street.status(waits)) == ("waiting", "complete")
        assert own["status"] == "complete"
        assert await street.shelf("wholesale", "A") == ("5", "5", "0")
        assert (await street.orders("shop", ("A", 1)))["status"] == "waiting"
