"""orderCreate: what is made of an order, and each rule's refusal in the words that clients know.

Numbers in names of tests are those of the compatibility tests in marketplace-api.md, 16.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from entrepot.apis.graphql.ids import write_id
from entrepot.kernel.caller import Scope
from tests.factories.bazaar_door import CREATE, BazaarDoor
from tests.factories.digests import digest_of

LINES = (
    "mutation { orderCreate(input: { order: {}, lineItems: %s })"
    " { errors { field messages } order { totalCents } } }"
)


def fields(payload: Any) -> list[str]:  # noqa: ANN401 - JSON, as it is read
    """The attributes that an order was refused for."""
    assert (payload["order"], payload["status"]) == (None, 200), payload
    return [error["field"] for error in payload["errors"]]


async def test_2_one_seller_at_both_models_is_refused_and_nothing_happens(door: BazaarDoor) -> None:
    before = await digest_of(door.graphql.pool)
    payload = await door.create(door.line(1, "marketplace"), door.line(1, "wholesale"))
    assert fields(payload) == ["base"]
    constant, ours = payload["errors"][0]["messages"]
    assert constant.startswith("Line items for a seller must all use the same pricing model")
    assert "seller-one" in ours
    for deliveries in (("BUY_ONLINE", "CLICK_AND_COLLECT"), ("NO_DISPATCH", "BUY_ONLINE")):
        lines = [
            door.line(1, model, deliveryType=delivery)
            for model, delivery in zip(("marketplace", "wholesale"), deliveries, strict=True)
        ]
        assert fields(await door.create(*lines)) == ["base"]
        split = [{"lineItems": [line]} for line in lines]
        assert fields(await door.create(lineItems=None, invoices=split)) == ["base"]
    assert await digest_of(door.graphql.pool) == before


async def test_4_one_object_is_taken_where_a_list_is_expected(door: BazaarDoor) -> None:
    line = (
        f'{{ variantId: "{door.variant(1, "wholesale")}", quantity: 2, cost: {{ amount: 500 }} }}'
    )
    assert (await door.market.data(LINES % line))["orderCreate"] == {
        "errors": None,
        "order": {"totalCents": 500},
    }
    given = {"order": {}, "lineItems": door.line(1, "wholesale")}
    assert (await door.market.data(CREATE, {"input": given}))["orderCreate"]["errors"] is None


async def test_6_a_line_costs_whole_cents_a_unit(door: BazaarDoor) -> None:
    line = door.line(2, "marketplace", quantity=4, cost={"amount": 10830})
    (invoice,) = (await door.create(line))["order"]["invoices"]["nodes"]
    assert invoice["totalCents"] == 10832
    assert invoice["lineItems"][0]["subtotalCents"] == 10832


async def test_7_tax_is_said_of_everything_or_of_nothing(door: BazaarDoor) -> None:
    taxed = {"cost": {"amount": 1000, "tax": 91}}
    postage = {"amount": 200}
    payload = await door.create(door.line(1, "wholesale", **taxed, postage=postage))
    assert fields(payload) == ["postage"]
    payload = await door.create(door.line(1, "wholesale", postage={"amount": 200, "tax": 18}))
    assert fields(payload) == ["cost"]
    payload = await door.create(door.line(1, "wholesale", **taxed), door.line(2, "marketplace"))
    assert fields(payload) == ["cost"]
    assert payload["errors"][0]["messages"][0].startswith("lineItems[1]: ")
    zero = {"cost": {"amount": 1000, "tax": 0}, "postage": {"amount": 200, "tax": 0}}
    both = [door.line(1, "wholesale", **zero), door.line(2, "marketplace", **zero)]
    assert (await door.create(*both))["errors"] is None


async def test_8_no_more_is_ordered_than_there_is(door: BazaarDoor) -> None:
    before = await digest_of(door.graphql.pool)
    payload = await door.create(door.line(1, "wholesale"), door.line(2, "marketplace", quantity=11))
    assert fields(payload) == ["quantity"]
    known, ours = payload["errors"][0]["messages"]
    assert known.endswith(f"available for variant {door.variant(2, 'marketplace')}")
    assert ours.startswith("lineItems[1]: You asked for 11 of ")
    twice = [door.line(1, "wholesale", quantity=each) for each in (6, 5)]
    assert fields(await door.create(*twice)) == ["quantity"]
    assert await digest_of(door.graphql.pool) == before


async def test_8_twenty_at_once_for_the_last_one(door: BazaarDoor) -> None:
    await door.create(door.line(1, "wholesale", quantity=9))
    payloads = await asyncio.gather(*[door.create(door.line(1, "wholesale")) for _ in range(20)])
    made = [each for each in payloads if each["errors"] is None]
    assert len(made) == 1
    assert {fields(each)[0] for each in payloads if each is not made[0]} == {"quantity"}
    assert await door.held(1, "wholesale") == 10


async def test_9_two_ways_of_delivery_are_two_invoices(door: BazaarDoor) -> None:
    lines = [
        door.line(1, "wholesale", deliveryType=delivery)
        for delivery in ("BUY_ONLINE", "CLICK_AND_COLLECT", "BUY_ONLINE")
    ]
    invoices = (await door.create(*lines))["order"]["invoices"]["nodes"]
    assert [
        (each["deliveryType"], len(each["lineItems"]), each["totalCents"]) for each in invoices
    ] == [("BUY_ONLINE", 2, 2000), ("CLICK_AND_COLLECT", 1, 1000)]


async def test_13_errors_are_null_on_success_and_what_was_sent_is_echoed(door: BazaarDoor) -> None:
    line = door.line(1, "wholesale", inventoryId=door.variant(1, "wholesale", "Inventory"))
    payload = await door.create(line, clientMutationId="mine", notifications="EMAIL")
    assert payload["errors"] is None
    assert (payload["clientMutationId"], payload["status"]) == ("mine", 200)
    assert payload["order"]["invoices"]["nodes"][0]["seller"] == {"businessName": "seller-one"}


async def test_a_split_of_the_callers_own(door: BazaarDoor) -> None:
    promotion = {
        "adjustmentType": "PROMOTION",
        "amountCents": -150,
        "amountToWithholdFromSellerRemittanceCents": 50,
        "description": "Spring",
        "sourceId": "S1",
    }
    invoices = [
        {
            "lineItems": [door.line(1, "wholesale")],
            "adjustments": promotion,
            "externalIds": {"key": "till", "value": "7"},
            "metadata": {"key": "lane", "value": "3"},
            "totalCents": 1,
        },
        {"lineItems": door.line(2, "marketplace")},
    ]
    query = (
        "mutation($input: OrderCreateMutationInput!) { orderCreate(input: $input) { errors"
        " { field messages } order { totalCents discountCents invoices { nodes {"
        " totalCents totalIncludingAdjustmentsCents discountCents externalIds { key value }"
        " metadata { key value } adjustments { adjustmentType amountCents description sourceId"
        " amountToWithholdFromSellerRemittanceCents amountFormatted } } } } } }"
    )
    given = {"order": {}, "invoices": invoices}
    payload = (await door.market.data(query, {"input": given}))["orderCreate"]
    assert payload["errors"] is None
    assert (payload["order"]["totalCents"], payload["order"]["discountCents"]) == (1850, -150)
    first, second = payload["order"]["invoices"]["nodes"]
    assert (first["totalCents"], first["totalIncludingAdjustmentsCents"]) == (1000, 850)
    assert first["adjustments"] == [{**promotion, "amountFormatted": "-A$1.50"}]
    assert first["externalIds"] == [{"key": "till", "value": "7"}]
    assert first["metadata"] == [{"key": "lane", "value": "3"}]
    assert (second["adjustments"], second["discountCents"]) == ([], 0)


async def test_both_forms_at_once_and_neither(door: BazaarDoor) -> None:
    line = door.line(1, "wholesale")
    assert fields(await door.create(line, invoices=[{"lineItems": [line]}])) == ["line_items"]
    payload = await door.create()
    assert payload["errors"] == [{"field": "line_items", "messages": ["Line items can't be blank"]}]
    mixed = [{"lineItems": [line, door.line(2, "marketplace")]}]
    assert fields(await door.create(lineItems=None, invoices=mixed)) == ["invoices"]


async def test_a_variant_that_is_not_there_is_an_error_of_the_request(door: BazaarDoor) -> None:
    stranger = await door.bazaar.network.organisation("stranger")
    theirs = await door.bazaar.goods(stranger, "THEIRS")
    before = await digest_of(door.graphql.pool)
    ((number,),) = await door.bazaar.counter.rows(
        "SELECT legacy_id FROM variants WHERE id = $1", theirs
    )
    assert isinstance(number, int)
    for id_ in (write_id("Variant", number), write_id("Variant", 999_999), "5356", ""):
        line = {**door.line(1, "wholesale"), "variantId": id_}
        answer = await door.try_create(door.line(2, "marketplace"), line)
        assert answer["data"] == {"orderCreate": None}
        assert answer["errors"][0]["message"] == f"No object found for variantId: {id_}"
    assert await digest_of(door.graphql.pool) == before


async def test_an_inventory_must_be_the_variants(door: BazaarDoor) -> None:
    other = door.variant(2, "marketplace", "Inventory")
    assert fields(await door.create(door.line(1, "wholesale", inventoryId=other))) == [
        "inventory_id"
    ]
    absent = write_id("Inventory", 999_999)
    answer = await door.try_create(door.line(1, "wholesale", inventoryId=absent))
    assert answer["errors"][0]["message"] == f"No object found for inventoryId: {absent}"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"cost": {"amount": -1}}, "cost"),
        ({"cost": {"amount": 1, "taxRate": 101}}, "cost"),
        ({"postageCents": -1}, "postage"),
        ({"externalIds": [{"key": "k"}]}, "external_ids"),
        ({"metadata": [{"key": "", "value": "v"}]}, "metadata"),
        (
            {
                "adjustments": {
                    "adjustmentType": "FEE",
                    "amountCents": -1,
                    "amountToWithholdFromSellerRemittanceCents": 0,
                    "description": "d",
                }
            },
            "adjustments",
        ),
    ],
)
async def test_what_is_wrong_with_a_line_names_its_attribute(
    door: BazaarDoor, said: dict[str, Any], field: str
) -> None:
    assert fields(await door.create(door.line(1, "wholesale", **said))) == [field]


async def test_what_is_wrong_with_the_buyer_names_its_attribute(door: BazaarDoor) -> None:
    order = {
        "firstName": "x" * 201,
        "emailAddress": "\x07",
        "companyName": "y" * 201,
        "address": {"country": {"code": "Australia"}},
    }
    payload = await door.create(door.line(1, "wholesale"), order=order)
    assert set(fields(payload)) == {"first_name", "email_address", "company_name", "address"}


async def test_older_forms_of_money_count_where_the_newer_are_not_given(door: BazaarDoor) -> None:
    line = door.line(1, "wholesale", cost=None, totalCents=700, postageCents=50)
    assert (await door.create(line))["order"]["totalCents"] == 750
    priced = door.line(1, "wholesale", cost=None)  # at the variant's retail price
    assert (await door.create(priced))["order"]["totalCents"] == 1250


async def test_totals_that_no_int_holds_are_refused(door: BazaarDoor) -> None:
    line = door.line(1, "wholesale", cost={"amount": 2**31})
    answer = await door.try_create(line)
    assert "data" not in answer
    assert "32-bit" in answer["errors"][0]["message"]
    lines = [door.line(number, "wholesale", cost={"amount": 2**31 - 1}) for number in (1, 2)]
    assert fields(await door.create(*lines)) == ["base"]
    assert await door.held(1, "wholesale") == 0


async def test_an_external_id_is_one_orders(door: BazaarDoor) -> None:
    order = {"externalIds": [{"key": "shop", "value": "1001"}]}
    assert (await door.create(door.line(1, "wholesale"), order=order))["errors"] is None
    payload = await door.create(door.line(1, "wholesale"), order=order)
    assert fields(payload) == ["external_ids"]
    assert payload["errors"][0]["messages"][0] == "order with same external id already exists"
    assert await door.held(1, "wholesale") == 1


async def test_sent_again_under_a_key_it_is_one_order(door: BazaarDoor) -> None:
    given = {"order": {}, "lineItems": [door.line(1, "wholesale")]}
    first = await door.market.data(CREATE, {"input": given}, Idempotency_Key="k")
    again = await door.market.data(CREATE, {"input": given}, Idempotency_Key="k")
    assert again == first
    assert await door.held(1, "wholesale") == 1
    other = {**given, "lineItems": [door.line(1, "wholesale", quantity=2)]}
    answer = await door.market.ask(CREATE, {"input": other}, Idempotency_Key="k")
    assert answer["errors"][0]["extensions"]["code"] == "request.key_reused"


async def test_only_a_marketplaces_key_places_orders(door: BazaarDoor) -> None:
    given = {"order": {}, "lineItems": [door.line(1, "wholesale")]}
    answer = await door.key_one.ask(CREATE, {"input": given})
    assert answer["errors"][0]["extensions"] == {"code": "NOT_PERMITTED"}
    key = await door.graphql.key(
        door.bazaar.marketplace, Scope.CATALOGUE_READ, Scope.MARKETPLACE_READ
    )
    refused = await key.ask(CREATE, {"input": given})
    assert refused["errors"][0]["extensions"] == {"code": "MISSING_SCOPE"}
    assert await door.held(1, "wholesale") == 0


async def test_where_wholesale_is_not_offered(door: BazaarDoor) -> None:
    await door.bazaar.counter.rows(
        "UPDATE organisations SET country = 'NL' WHERE id = $1", door.bazaar.marketplace
    )
    assert fields(await door.create(door.line(1, "wholesale"))) == ["variant_id"]
    assert (await door.create(door.line(1, "marketplace")))["errors"] is None
