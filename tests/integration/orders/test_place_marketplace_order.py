"""Orders over many sellers: what is refused, what is written, and what a repeat finds."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from entrepot.app import examine_database
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    Accepted,
    Address,
    Adjustment,
    Answer,
    Buyer,
    ChangeOrder,
    Desk,
    InvoiceTerms,
    KeyValue,
    Market,
    MarketLine,
    Money,
    NewMarketplaceOrder,
    PlaceOrder,
    place_marketplace_order,
)
from entrepot.orders.model.market import WHOLE_MAX
from tests.factories.bazaar import Bazaar
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, wanted
from tests.factories.network import Network


@pytest.fixture
async def bazaar(network: Network, counter: Counter) -> Bazaar:
    return await Bazaar(network, counter).open()


@pytest.fixture
async def seller(bazaar: Bazaar) -> Id:
    return await bazaar.seller()


async def placed(bazaar: Bazaar, order: PlaceOrder) -> Any:  # noqa: ANN401 - JSON, as it is read
    return await bazaar.counter.place(bazaar.marketplace, order)


async def refused(bazaar: Bazaar, order: PlaceOrder) -> list[tuple[str, str | None]]:
    """What is wrong with an order, and where; nothing is left of it."""
    answer = await bazaar.counter.act(bazaar.marketplace, order)
    assert isinstance(answer, Refusal), answer
    for table in ("orders", "seller_invoices", "holds", "order_external_ids"):
        ((count,),) = await bazaar.counter.rows(f"SELECT count(*) FROM {table}")
        assert not count, table
    return [(fault.code.removeprefix("orders."), fault.field) for fault in answer.faults]


def with_market(order: PlaceOrder, **changes: Any) -> PlaceOrder:  # noqa: ANN401 - fields of a market
    assert order.market is not None
    return msgspec.structs.replace(order, market=msgspec.structs.replace(order.market, **changes))


async def test_lines_of_one_variant_are_summed_before_stock_is_looked_at(
    bazaar: Bazaar, seller: Id
) -> None:
    mugs = await bazaar.goods(seller, "MUGS", stock=5)
    answer = await bazaar.counter.act(
        bazaar.marketplace, bazaar.order((mugs, 3, 300), (mugs, 3, 300))
    )
    assert code_of(answer) == "stock.insufficient_available"
    await placed(bazaar, bazaar.order((mugs, 3, 300), (mugs, 2, 200)))
    assert await bazaar.counter.figures(mugs) == (5, 5, 3)


async def test_twenty_at_once_for_the_last_unit(bazaar: Bazaar, seller: Id, desk: Desk) -> None:
    mugs = await bazaar.goods(seller, "MUGS", stock=1)
    caller = caller_for(bazaar.marketplace)

    async def buy(number: int) -> Answer:
        new = NewMarketplaceOrder(wanted((mugs, 1)), Market((MarketLine(Money(500)),)))
        return await place_marketplace_order(desk, caller, new, f"buyer {number}")

    answers = await asyncio.gather(*[buy(number) for number in range(20)])
    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    others = {code_of(answer) for answer in answers if isinstance(answer, Refusal)}
    assert others == {"stock.insufficient_available"}


async def test_invoices_are_split_by_seller_and_delivery_type(bazaar: Bazaar, seller: Id) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    pans = await bazaar.goods(await bazaar.seller(), "PANS")
    collected = MarketLine(Money(700), delivery_type="click_and_collect")
    order = bazaar.order((mugs, 1, 500), (mugs, 1, collected), (pans, 1, 900), (mugs, 2, 800))
    answer = (await placed(bazaar, order))["marketplace"]
    assert [
        (each["delivery_type"], each["lines"], each["total"]) for each in answer["invoices"]
    ] == [
        ("buy_online", [1, 4], 1300),
        ("click_and_collect", [2], 700),
        ("buy_online", [3], 900),
    ]
    assert answer["total"] == 2900
    numbers = [each["legacy_id"] for each in answer["invoices"]]
    assert len(set(numbers)) == 3
    async with bazaar.counter.pool.acquire() as connection:
        assert await examine_database(connection) == []


async def test_every_fault_is_named_at_once(bazaar: Bazaar, seller: Id) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    bare = await bazaar.goods(seller, "BARE", retail=None)
    gross = await bazaar.goods(seller, "GROSS", model="wholesale", wholesale=None)
    order = bazaar.order(
        (mugs, "1.5", MarketLine(Money(-1))),
        (bare, 1, None),
        (gross, 1, MarketLine(Money(100, 101, Decimal(101)), Money(5))),
        (
            mugs,
            1,
            MarketLine(Money(1), adjustments=(Adjustment("promotion", 5, 0, "Off"),)),
        ),
    )
    order = with_market(
        order,
        buyer=Buyer(first_name="\x00", address=Address(country="Australia")),
        external_ids=(KeyValue("", "x"),),
        invoices=(InvoiceTerms((0, 9)),),
    )
    assert await refused(bazaar, order) == [
        ("mixed_pricing_models", "lines"),
        ("wholesale_price_needed", "lines[2].variant"),
        ("quantity_not_whole", "lines[0].quantity"),
        ("cost_needed", "lines[1].cost"),
        ("money_not_valid", "lines[0].cost.amount"),
        ("money_not_valid", "lines[2].cost.tax"),
        ("money_not_valid", "lines[2].cost.tax_rate"),
        ("tax_incomplete", "lines[0].cost.tax"),
        ("tax_incomplete", "lines[1].cost.tax"),
        ("tax_incomplete", "lines[2].postage.tax"),
        ("tax_incomplete", "lines[3].cost.tax"),
        ("adjustment_not_valid", "lines[3].adjustments[0].amount"),
        ("invoice_lines_not_valid", "invoices[0].lines"),
        ("detail_not_valid", "buyer.first_name"),
        ("detail_not_valid", "buyer.address.country"),
        ("detail_not_valid", "external_ids[0].key"),
    ]


@pytest.mark.parametrize("country", ["AU", "NZ", "NL"])
async def test_wholesale_is_offered_by_the_home_country(
    network: Network, counter: Counter, country: str
) -> None:
    bazaar = await Bazaar(network, counter).open(country)
    mugs = await bazaar.goods(await bazaar.seller(), "MUGS", model="wholesale")
    order = bazaar.order((mugs, 1, 1000))
    if country == "NL":
        assert await refused(bazaar, order) == [("wholesale_not_offered", "lines[0].variant")]
        await counter.rows(
            "UPDATE organisations SET wholesale_countries = '{AU,NL}' WHERE id = $1",
            bazaar.marketplace,
        )
    await placed(bazaar, order)


async def test_a_variant_that_no_right_opens_is_unknown(bazaar: Bazaar, network: Network) -> None:
    stranger = await network.organisation("stranger")
    mugs = await bazaar.goods(stranger, "MUGS", model="wholesale", wholesale=None)
    assert await refused(bazaar, bazaar.order((mugs, 1, 5))) == [
        ("unknown_variant", "lines[0].variant")
    ]


async def test_there_are_no_more_invoices_than_lines(bazaar: Bazaar, seller: Id) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    order = with_market(bazaar.order((mugs, 1, 5)), invoices=(InvoiceTerms((0,)),) * 2)
    assert await refused(bazaar, order) == [("invoice_lines_not_valid", "invoices")]


async def test_minimum_and_multiple_count(bazaar: Bazaar, seller: Id) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    await bazaar.counter.rows(
        "UPDATE variants SET order_quantity_min = 4, order_quantity_multiple = 2 WHERE id = $1",
        mugs,
    )
    order = bazaar.order((mugs, 2, 5), (mugs, 5, 5))
    assert await refused(bazaar, order) == [
        ("quantity_below_min", "lines[0].quantity"),
        ("quantity_not_multiple", "lines[1].quantity"),
    ]


async def test_adjustments_change_what_is_paid_and_what_is_owed(bazaar: Bazaar, seller: Id) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    line = MarketLine(
        Money(1000), Money(100), adjustments=(Adjustment("promotion", -300, 100, "Welcome", "p1"),)
    )
    order = with_market(
        bazaar.order((mugs, 1, line)),
        invoices=(InvoiceTerms((0,), (Adjustment("fee", 50, 0, "Wrapping"),)),),
    )
    (invoice,) = (await placed(bazaar, order))["marketplace"]["invoices"]
    assert (invoice["total"], invoice["owed"]) == (1000 + 100 - 300 + 50, 1000 + 100 - 100)


async def test_what_does_not_fit_is_refused_never_wrapped(bazaar: Bazaar, seller: Id) -> None:
    mugs = await bazaar.goods(seller, "MUGS", stock=10)
    assert await refused(bazaar, bazaar.order((mugs, 1, WHOLE_MAX), (mugs, 1, 1))) == [
        ("total_out_of_range", "lines")
    ]
    assert await refused(bazaar, bazaar.order((mugs, 4, WHOLE_MAX))) == [
        ("total_out_of_range", "lines[0].cost")
    ]
    below = MarketLine(Money(1), adjustments=(Adjustment("promotion", -2, 0, "Off"),))
    assert await refused(bazaar, bazaar.order((mugs, 1, below))) == [
        ("total_out_of_range", "lines")
    ]
    await placed(bazaar, bazaar.order((mugs, 1, WHOLE_MAX)))


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ("1E+40", "quantity_too_large"),
        ("NaN", "quantity_not_positive"),
        ("-1", "quantity_not_positive"),
        (3_000_000_000, "quantity_not_whole"),
    ],
)
async def test_quantities_that_are_none(
    bazaar: Bazaar, seller: Id, quantity: object, code: str
) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    assert await refused(bazaar, bazaar.order((mugs, quantity, 5))) == [(code, "lines[0].quantity")]


async def test_the_longest_texts_fit(bazaar: Bazaar, seller: Id) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    order = bazaar.order((mugs, 1, 500))
    signs = [chr(0x1F600 + n % 64) + chr(0x4E00 + 7 * n) for n in range(500)]
    text = "".join(signs)
    await placed(
        bazaar,
        with_market(
            order,
            buyer=Buyer(first_name=text[:200], notes=f"{text}\n{text}"),
            external_ids=(KeyValue(text[:100], text[:255]),),
            metadata=(KeyValue(text[:200], text[:1000]),),
        ),
    )
    longer = with_market(
        bazaar.order((mugs, 1, 500)), external_ids=(KeyValue(text[:101], "1"), KeyValue("k", text))
    )
    answer = await bazaar.counter.act(bazaar.marketplace, longer)
    assert isinstance(answer, Refusal)
    assert [fault.field for fault in answer.faults] == [
        "external_ids[0].key",
        "external_ids[1].value",
    ]


async def test_an_external_id_stands_for_one_order_of_a_marketplace(
    bazaar: Bazaar, seller: Id, network: Network
) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    await placed(bazaar, bazaar.order((mugs, 1, 5), external_id="A1"))
    again = bazaar.order((mugs, 1, 5), external_id="A1")
    answer = await bazaar.counter.act(bazaar.marketplace, again)
    assert code_of(answer) == "orders.external_id_taken"
    one, other = (bazaar.order((mugs, 1, 5), external_id="B2") for _ in range(2))
    answers = await bazaar.counter.batch((bazaar.marketplace, one), (bazaar.marketplace, other))
    body_of(answers[0])
    assert code_of(answers[1]) == "orders.external_id_taken"
    elsewhere = await Bazaar(network, bazaar.counter).open()
    await network.right(seller, elsewhere.marketplace, "marketplace")
    await placed(elsewhere, elsewhere.order((mugs, 1, 5), external_id="A1"))


async def test_the_same_external_id_in_two_processes_at_once(bazaar: Bazaar, seller: Id) -> None:
    """The constraint decides where neither saw the other's."""
    mugs = await bazaar.goods(seller, "MUGS")
    pans = await bazaar.goods(seller, "PANS")
    counters = [Counter(bazaar.counter.pool) for _ in range(2)]
    orders = [bazaar.order((goods, 1, 5), external_id="A1") for goods in (mugs, pans)]
    answers = await asyncio.gather(
        *[c.act(bazaar.marketplace, o) for c, o in zip(counters, orders, strict=True)]
    )
    refusals = [code_of(each) for each in answers if isinstance(each, Refusal)]
    assert refusals == ["orders.external_id_taken"]


async def test_without_a_reference_it_is_named_by_its_id_and_known_by_its_key(
    bazaar: Bazaar, seller: Id, desk: Desk
) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    caller = caller_for(bazaar.marketplace)
    new = NewMarketplaceOrder(wanted((mugs, 1)), Market((MarketLine(Money(500)),)))
    first = await place_marketplace_order(desk, caller, new, "one")
    again = await place_marketplace_order(desk, caller, new, "one")
    assert isinstance(first, Accepted)
    assert isinstance(again, Accepted)
    assert (again.body, again.replayed) == (first.body, True)
    assert body_of(first)["reference"] == body_of(first)["id"]
    other = await place_marketplace_order(desk, caller, new, "")
    assert body_of(other)["id"] != body_of(first)["id"]


async def test_it_needs_a_scope_of_its_own(bazaar: Bazaar, seller: Id, desk: Desk) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    caller = Caller(bazaar.marketplace, frozenset({Scope.ORDERS_WRITE.value}))
    new = NewMarketplaceOrder(wanted((mugs, 1)), Market((MarketLine(),)))
    assert (
        code_of(await place_marketplace_order(desk, caller, new, "k")) == "identity.scope_missing"
    )


async def test_an_order_with_invoices_is_not_changed_but_may_be_cancelled(
    bazaar: Bazaar, seller: Id
) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    order = bazaar.order((mugs, 4, 400))
    await placed(bazaar, order)
    change = ChangeOrder(order.order, wanted((mugs, 1)))
    answer = await bazaar.counter.act(bazaar.marketplace, change)
    assert code_of(answer) == "orders.already_invoiced"
    await bazaar.refund(order.order, (1, 3))
    assert await bazaar.counter.lines(order.order) == ["1: 4 = 1 held + 3 cancelled"]
    async with bazaar.counter.pool.acquire() as connection:
        assert await examine_database(connection) == []


async def test_what_goods_were_called_stays(bazaar: Bazaar, seller: Id) -> None:
    mugs = await bazaar.goods(seller, "MUGS", model="wholesale")
    await placed(bazaar, bazaar.order((mugs, 1, 1000)))
    await bazaar.counter.rows(
        "UPDATE variants SET name = 'Cups', sku = 'CUPS', pricing_model = 'marketplace',"
        " wholesale_price = 1 WHERE id = $1",
        mugs,
    )
    ((name, sku, model, price),) = await bazaar.counter.rows(
        "SELECT variant_name, sku, pricing_model, wholesale_price FROM marketplace_lines"
    )
    assert str(name).startswith("MUGS")
    assert str(sku).startswith("MUGS")
    assert (model, price) == ("wholesale", Decimal("7.1250"))


async def test_it_may_draw_on_the_sellers_partners(
    bazaar: Bazaar, seller: Id, network: Network
) -> None:
    wholesaler = await network.organisation("wholesale")
    mugs = await bazaar.goods(seller, "MUGS", stock=1)
    theirs = await network.variant(wholesaler, "MUGS")
    await bazaar.counter.receive(wholesaler, theirs, 5)
    partnership = await network.partnership(wholesaler, seller)
    await network.match(partnership, (wholesaler, theirs), (seller, mugs))
    order = bazaar.order((mugs, 4, 400))
    answer = await placed(bazaar, order)
    assert answer["status"] == "complete"
    assert await bazaar.counter.figures(theirs) == (2, 0, 2)
    # Who supplies the seller is not the marketplace's to know, also when some goes back.
    refunded = await bazaar.refund(order.order, (1, 4))
    assert await bazaar.counter.figures(theirs) == (5, 0, 3)
    assert "transferred" not in {**answer, **refunded}
    ((told,),) = await bazaar.counter.rows(
        "SELECT string_agg(answer::text, '') FROM audit WHERE organisation = $1",
        bazaar.marketplace,
    )
    assert "transferred" not in str(told)


async def test_what_is_told_and_kept_says_nothing_of_the_buyer(bazaar: Bazaar, seller: Id) -> None:
    mugs = await bazaar.goods(seller, "MUGS")
    order = with_market(
        bazaar.order((mugs, 1, 500)),
        buyer=Buyer(first_name="Trisha", email="trisha@example.com"),
        payment_details='{"card":"4111"}',
    )
    await placed(bazaar, order)
    ((answers,),) = await bazaar.counter.rows("SELECT string_agg(answer::text, '') FROM audit")
    assert "Trisha" not in str(answers)
    assert "4111" not in str(answers)
