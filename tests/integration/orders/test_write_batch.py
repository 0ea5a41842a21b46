"""Writing what a batch decided: every act is told once, with whose figures it changed."""

from __future__ import annotations

from entrepot.kernel.ids import Id
from entrepot.orders import Accepted, ChangeOrder
from entrepot.orders.actions.run_batch import run_batch
from entrepot.orders.model import SweepExpired
from tests.factories.counter import Counter, order_of, submission, wanted
from tests.factories.network import Network
from tests.factories.street import Street


async def told(counter: Counter, event: str) -> list[set[Id]]:
    """The variants that each event of a kind names."""
    rows = await counter.rows("SELECT variants FROM outbox WHERE event = $1 ORDER BY at, id", event)
    return [set(row[0] or ()) for row in rows]  # type: ignore[call-overload] # a list of ids


async def test_an_act_names_the_variants_of_both_owners(network: Network, counter: Counter) -> None:
    street = Street(network, counter)
    await street.opens("shop", {"A": 1, "B": 5})
    await street.opens("wholesale", {"A": 5})
    await street.partners("wholesale", "shop", "A")

    await street.orders("shop", ("A", 3), ("B", 1))

    shop_a, shop_b = await street.variant("shop", "A"), await street.variant("shop", "B")
    assert await told(counter, "orders.placed") == [
        {shop_a, shop_b, await street.variant("wholesale", "A")}
    ]
    assert await told(counter, "stock.received") == [
        {shop_a},
        {shop_b},
        {await street.variant("wholesale", "A")},
    ]


async def test_what_waits_by_itself_names_what_it_took(network: Network, counter: Counter) -> None:
    street = Street(network, counter)
    await street.opens("shop", {"A": 1})
    await street.opens("wholesale")
    await street.partners("wholesale", "shop", "A")
    await street.orders("shop", ("A", 3))

    await street.receives("wholesale", "A", 2)

    assert await told(counter, "orders.released") == [
        {await street.variant("shop", "A"), await street.variant("wholesale", "A")}
    ]


async def test_an_order_placed_and_served_in_one_batch_is_written_once(
    network: Network, counter: Counter
) -> None:
    """What a change gives back goes to an order that is younger than the batch."""
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 2)
    first = order_of((variant, 2), paid=True)
    await counter.place(shop, first)
    waits = order_of((variant, 3), policy="ship_complete", paid=True)
    together = [
        submission(shop, waits),
        submission(shop, ChangeOrder(first.order, wanted((variant, 1)))),
    ]

    for answer in await run_batch(counter.tools, together, careful=True):
        assert isinstance(answer, Accepted)

    assert await counter.lines(waits.order) == ["1: 3 = 1 held + 2 missing"]
    assert await counter.rows("SELECT missing::text FROM waiting_lines") == [("2.000",)]
    assert await told(counter, "orders.supplied") == [{variant}]


async def test_a_passed_limit_names_the_lines_whose_holds_ended_before(
    network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 2)
    order = order_of((variant, 2))
    await counter.place(shop, order)
    await network.set_clock_past(order.order)
    await counter.place(shop, order_of((variant, 2)))  # ends the passed holds in its own batch

    await counter.keep_house(SweepExpired(((shop, order.order),)))

    assert await told(counter, "orders.expired") == [{variant}]


async def test_what_changed_no_figure_names_nothing(network: Network, counter: Counter) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)

    await counter.place(shop, order_of((variant, 2), draft=True))

    assert await told(counter, "orders.draft_saved") == [set()]
