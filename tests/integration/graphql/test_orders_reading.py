"""Orders, invoices and their lines, read by the marketplace and by the sellers.

Numbers in names of tests are those of the compatibility tests in marketplace-api.md, 16.
"""

from __future__ import annotations

import base64
from typing import Any

from entrepot.apis.graphql.ids import write_id
from tests.factories.bazaar_door import BazaarDoor

ORDER = {
    "firstName": "Trisha",
    "surname": "Connors",
    "phone": "07944242424",
    "emailAddress": "trisha.connors@email.com",
    "companyName": "Connors & Co",
    "address": {
        "address": "34 Casino Road",
        "city": "Melbourne",
        "country": {"code": "au"},
        "postcode": "3000",
        "state": {"name": "Victoria"},
    },
    "billingFirstName": "Tom",
    "billingBusinessRegistrationCode": "ABN 1",
    "purchaseOrderNumber": "PO 9",
    "notes": "Ring twice",
    "messageToSeller": "Thanks",
    "isGift": True,
    "messageToGiftRecipient": "Happy birthday",
    "paymentGatewayDetails": {"id": "pi_1"},
    "externalIds": [{"key": "shop", "value": "1001"}],
    "metadata": [{"key": "channel", "value": "web"}],
}
WHOLE_ORDER = """
fragment place on Address {
  id address city country { id code name states(first: 1) { totalCount nodes { short } } }
  fullAddress postcode state { id name short slug country { code } } subaddress
}
fragment order on Order {
  id legacyId firstName surname phone emailAddress companyName address { ...place }
  billingAddress { ...place } billingFirstName billingSurname billingPhone billingEmailAddress
  billingCompanyName billingBusinessRegistrationCode purchaseOrderNumber notes messageToSeller
  isGift messageToGiftRecipient paymentGatewayDetails externalId externalIds { id key value owner {
  __typename id } } metadata { key value createdAt updatedAt } createdAt updatedAt token
  postage subtotal taxTotal total discountCents discountFormatted shippingCostCents
  shippingCostFormatted subtotalCents subtotalFormatted taxTotalCents taxTotalFormatted totalCents
  totalFormatted(currency: "AUD")
  lineItems(first: 10) { totalCount nodes { id } }
  invoices { totalCount pageInfo { hasNextPage } edges { cursor node { ...invoice } } }
}
fragment invoice on Invoice {
  id legacyId buyerFirstName buyerSurname buyerPhone buyerEmailAddress buyerMessageToSeller notes
  buyerBillingAddress { ...place } shippingAddress { ...place } createdAt paidAt updatedAt
  deliveryType shippingDescription externalIds { key } metadata { key } seller { legacyId
  businessName legalBusinessName online enableWholesalePricing enableWholesalePricingPromo
  enableWholesaleProduct emailAddress phone businessNumber initiateRefundsEnabled
  externalIds { key } metadata { key } }
  discountCents shippingCostCents shippingCostFormatted subtotalCents taxRate postageTaxRate
  taxShippingCents taxTotalCents totalCents totalIncludingAdjustmentsCents
  adjustments { id } lineItems { ...line }
}
fragment line on LineItem {
  id legacyId adjustments { id adjustmentType amountCents } advert { title } advertId
  advertLegacyId advertTitle discountCents externalIds { key value } inventory { countOnHand }
  itemAmountCents metadata { key value } postageCents postageTaxRate pricingModel quantity
  subtotalCents taxRate taxTotalCents totalCents variant { sku } variantBarcode variantId
  variantLegacyId variantName variantSku wholesalePrice
}
"""
INVOICES = (
    "query($filters: InvoiceFilters, $sort: InvoiceSort) {"
    " invoices(filters: $filters, sort: $sort) { totalCount nodes { legacyId } } }"
)
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


async def numbers(key: Any, filters: object = None, sort: object = None) -> list[int]:  # noqa: ANN401 - a key, as the factory makes it
    """The numbers of the invoices that fit, which are as many as are counted."""
    asked = {"filters": filters, "sort": sort}
    found = (await key.data(INVOICES, asked))["invoices"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["legacyId"] for node in found["nodes"]]


async def place(door: BazaarDoor, **said: Any) -> Any:  # noqa: ANN401 - JSON, as it is read
    """An order of both sellers: its id, and its two invoices."""
    fee = {
        "adjustmentType": "FEE",
        "amountCents": 30,
        "amountToWithholdFromSellerRemittanceCents": 0,
        "description": "Wrapping",
    }
    first = door.line(
        1,
        "wholesale",
        quantity=2,
        cost={"amount": 2200, "tax": 200, "taxRate": 10},
        postage={"amount": 110, "tax": 10, "taxRate": 10},
        adjustments=fee,
        externalIds={"key": "row", "value": "A"},
        metadata={"key": "colour", "value": "red"},
    )
    second = door.line(2, "marketplace", cost={"amount": 1000, "tax": 0})
    payload = await door.create(first, second, order={**ORDER, **said})
    assert payload["errors"] is None, payload
    return payload["order"]


async def test_an_order_with_all_its_fields(door: BazaarDoor) -> None:
    id_ = (await place(door))["id"]
    query = f"query($id: ID!) {{ order(orderId: $id) {{ ...order }} }} {WHOLE_ORDER}"
    order = (await door.market.data(query, {"id": id_}))["order"]
    assert id_ == write_id("Order", order["legacyId"])
    for name in ("firstName", "surname", "notes", "purchaseOrderNumber", "paymentGatewayDetails"):
        assert order[name] == ORDER[name]
    assert order["billingFirstName"] == "Tom"
    assert order["billingSurname"] == "Connors"  # as for the goods
    address = order["address"]
    assert address["fullAddress"] == "34 Casino Road, Melbourne Victoria 3000, Australia"
    assert address["country"]["code"] == "AU"
    assert address["country"]["states"]["totalCount"] == 8
    assert (address["state"]["name"], address["state"]["short"]) == ("Victoria", "VIC")
    assert order["billingAddress"]["id"] != address["id"]
    assert order["externalId"] == "1001"
    assert order["externalIds"][0]["owner"] == {"__typename": "Order", "id": id_}
    assert (order["total"], order["totalCents"]) == (33.4, 3340)
    assert (order["totalFormatted"], order["shippingCostFormatted"]) == ("A$33.40", "A$1.10")
    assert (order["taxTotalCents"], order["subtotal"], order["postage"]) == (210, 32.0, 1.1)
    assert order["invoices"]["totalCount"] == order["lineItems"]["totalCount"] == 2
    one, two = [edge["node"] for edge in order["invoices"]["edges"]]
    assert (one["seller"]["businessName"], two["seller"]["businessName"]) == (
        "seller-one",
        "seller-two",
    )
    assert one["seller"]["enableWholesaleProduct"] is True
    assert (one["paidAt"], one["updatedAt"]) == (order["createdAt"], order["updatedAt"])
    assert (one["totalCents"], one["totalIncludingAdjustmentsCents"]) == (2310, 2340)
    assert (one["taxShippingCents"], one["taxTotalCents"], one["taxRate"]) == (10, 210, 10.0)
    assert one["adjustments"] == []
    (line,) = one["lineItems"]
    assert (line["quantity"], line["itemAmountCents"], line["totalCents"]) == (2, 1100, 2310)
    assert (line["wholesalePrice"], line["pricingModel"]) == ("7.125", "WHOLESALE")
    assert line["adjustments"][0]["amountCents"] == 30
    assert line["externalIds"] == [{"key": "row", "value": "A"}]
    assert line["variantId"] == door.variant(1, "wholesale")
    assert line["variant"]["sku"] == line["variantSku"]
    assert line["inventory"] == {"countOnHand": 8}
    assert two["lineItems"][0]["pricingModel"] == "MARKETPLACE"


async def test_3_invoices_and_nodes_as_sample_clients_ask(door: BazaarDoor) -> None:
    """A seller's program: its invoices by a sort in variables, one by number, each by its id."""
    (own, _) = (await place(door))["invoices"]["nodes"]
    query = (
        "query GetInvoices($sort: InvoiceSort, $filters: InvoiceFilters, $first: Int) {"
        " invoices(sort: $sort, filters: $filters, first: $first) { pageInfo { hasNextPage"
        " endCursor } nodes { id legacyId paidAt lineItems { id quantity variantId }"
        " shippingAddress { address city postcode state { name } } } } }"
    )
    asked = {"sort": {"fields": "CREATED_AT", "ordering": "DESCENDING"}, "first": 10}
    headers = {"MARKETPLACER-API-KEY": door.key_one.secret or "", "Authorization": "Basic eDp5"}
    body = {"query": query, "variables": asked, "operation": "GetInvoices"}
    answer = (await door.graphql.nobody().post(body, headers=headers)).json()
    (invoice,) = answer["data"]["invoices"]["nodes"]
    assert invoice["id"] == own["id"]
    assert await numbers(door.key_one, {"legacyId": own["legacyId"]}) == [own["legacyId"]]
    ids = [own["id"], invoice["lineItems"][0]["id"], invoice["lineItems"][0]["variantId"]]
    found = (await door.key_one.data(NODES, {"ids": ids}))["nodes"]
    assert [each["__typename"] for each in found] == ["Invoice", "LineItem", "Variant"]
    assert [each["id"] for each in found] == ids


async def test_11_a_seller_sees_its_invoices_and_no_order(door: BazaarDoor) -> None:
    order = await place(door)
    one, two = order["invoices"]["nodes"]
    assert await numbers(door.key_one) == [one["legacyId"]]
    assert await numbers(door.key_two) == [two["legacyId"]]
    assert await numbers(door.market) == [one["legacyId"], two["legacyId"]]
    answer = await door.key_one.ask("{ invoices { nodes { id order { id } } } }")
    assert answer["data"] == {"invoices": {"nodes": [None]}}
    assert answer["errors"][0]["extensions"] == {"code": "NOT_PERMITTED"}
    seen = await door.market.data("{ invoices { nodes { order { id } } } }")
    assert seen["invoices"]["nodes"] == [{"order": {"id": order["id"]}}] * 2
    ids = [order["id"], two["id"], two["lineItems"][0]["id"]]
    assert (await door.key_one.data(NODES, {"ids": ids}))["nodes"] == [None] * 3
    refused = await door.key_one.ask(f'{{ order(orderId: "{order["id"]}") {{ id }} }}')
    assert refused["errors"][0]["message"] == f"No object found for orderId: {order['id']}"
    assert await numbers(door.key_one, {"orderId": order["legacyId"]}) == []


async def test_everything_on_an_order_is_found_by_its_id(door: BazaarDoor) -> None:
    order = await place(door)
    query = (
        "query($id: ID!) { order(orderId: $id) { id address { id country { id } state { id } }"
        " billingAddress { id } invoices { nodes { id shippingAddress { id }"
        " buyerBillingAddress { id } lineItems { id adjustments { id } } } } } }"
    )
    data = await door.market.data(query, {"id": order["id"]})
    ids: list[str] = []
    gather(data, ids)
    found = (await door.market.data(NODES, {"ids": ids}))["nodes"]
    assert [each["id"] for each in found] == ids
    kinds = {each["__typename"] for each in found}
    assert kinds == {"Order", "Address", "Country", "State", "Invoice", "LineItem", "Adjustment"}
    lost = [write_id("Adjustment", (one << 20) + 99) for one in (1, order["legacyId"])]
    lost += [write_id("Country", 0), write_id("Country", 1), write_id("State", 7)]
    assert (await door.market.data(NODES, {"ids": lost}))["nodes"] == [None] * 5


def gather(value: Any, ids: list[str]) -> None:  # noqa: ANN401 - JSON, as it is read
    """All ids in an answer."""
    if isinstance(value, dict):
        ids += [each for name, each in value.items() if name == "id"]
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        gather(each, ids)


async def test_a_state_and_a_country_are_taken_by_id(door: BazaarDoor) -> None:
    order = await place(door)
    query = (
        "query($id: ID!) { order(orderId: $id) { address { country { id } state { id name } } } }"
    )
    address = (await door.market.data(query, {"id": order["id"]}))["order"]["address"]
    named = {name: {"id": address[name]["id"]} for name in ("country", "state")}
    again = await place(door, address={"city": "Ballarat", **named}, externalIds=[])
    found = (await door.market.data(query, {"id": again["id"]}))["order"]["address"]
    assert found == address
    for name in named:
        wrong = {**named, name: {"id": write_id(name.title(), 1)}}
        answer = await door.try_create(door.line(1, "wholesale"), order={**ORDER, "address": wrong})
        assert answer["errors"][0]["message"].startswith(f"No object found for {name}Id: ")


FITTING: tuple[tuple[dict[str, Any], list[int]], ...] = (
    ({}, [0, 1, 2, 3]),
    ({"externalId": "1001"}, [0, 1]),
    ({"externalId": "100"}, []),
    ({"partialExternalId": "100"}, [0, 1, 2, 3]),
    ({"partialExternalId": "%2"}, []),
    ({"buyerEmailAddress": "Trisha.Connors@email.com"}, [0, 1]),
    ({"buyerName": "isha conn"}, [0, 1, 2, 3]),
    ({"createdSince": "2020-01-01", "createdUntil": "2100-01-01"}, [0, 1, 2, 3]),
    ({"createdUntil": "2020-01-01"}, []),
    ({"updatedSince": "2100-01-01"}, []),
    ({"updatedUntil": "2100-01-01", "paidUntil": "2100-01-01"}, [0, 1, 2, 3]),
    ({"paidSince": "2020-01-01", "notDispatched": True}, [0, 1, 2, 3]),
    ({"paidSince": "2100-01-01"}, []),
    ({"statuses": "PAID"}, [0, 1, 2, 3]),
    ({"statuses": ["SENT", "CANCELLED"]}, []),
    ({"statuses": []}, []),
    ({"awaitingReturn": True}, []),
    ({"awaitingCollection": True}, []),
    ({"legacyId": 1}, []),
    ({"orderId": 1}, []),
)


async def test_invoices_that_fit(door: BazaarDoor) -> None:
    made = [
        each["legacyId"]
        for value, email in (("1001", ORDER["emailAddress"]), ("1002", "other@email.com"))
        for each in (
            await place(door, externalIds={"key": "shop", "value": value}, emailAddress=email)
        )["invoices"]["nodes"]
    ]
    for filters, expected in FITTING:
        for sort in ("CREATED_AT", "PAID_AT", "UPDATED_AT"):
            for ordering, wanted in (("ASCENDING", expected), ("DESCENDING", expected[::-1])):
                found = await numbers(door.market, filters, {"fields": sort, "ordering": ordering})
                assert found == [made[number] for number in wanted], (filters, sort, ordering)
        own = [made[number] for number in expected if number % 2 == 0]
        assert await numbers(door.key_one, filters) == own, filters


async def test_the_invoices_of_an_order_by_its_number(door: BazaarDoor) -> None:
    order = await place(door)
    one, two = [each["legacyId"] for each in order["invoices"]["nodes"]]
    query = (
        "query($number: Int, $after: String) { invoices(filters: { orderId: $number }, first: 1,"
        " after: $after) { totalCount pageInfo { endCursor hasNextPage } nodes { legacyId } } }"
    )
    asked: dict[str, Any] = {"number": order["legacyId"]}
    first = (await door.market.data(query, asked))["invoices"]
    asked["after"] = first["pageInfo"]["endCursor"]
    second = (await door.market.data(query, asked))["invoices"]
    assert [each["nodes"][0]["legacyId"] for each in (first, second)] == [one, two]
    assert [each["pageInfo"]["hasNextPage"] for each in (first, second)] == [True, False]
    assert first["totalCount"] == 2


async def test_pages_of_invoices_and_of_changed_orders(door: BazaarDoor) -> None:
    placed = [await door.create(door.line(1, "wholesale")) for _ in range(5)]
    made = [each["order"]["invoices"]["nodes"][0]["legacyId"] for each in placed]
    lists = (
        ("invoices(sort: { fields: PAID_AT }, first: 2, after: $after)", made),
        ("invoices(filters: { notDispatched: true }, first: 2, after: $after)", made),
        (
            'updatedOrders(updatedSince: "2020-01-01", first: 2, after: $after)',
            [each["order"]["legacyId"] for each in placed],
        ),
    )
    for asked, expected in lists:
        query = (
            f"query($after: String) {{ it: {asked} {{ totalCount nodes {{ legacyId }} edges"
            " { cursor } pageInfo { endCursor hasNextPage hasPreviousPage } } }"
        )
        found: list[int] = []
        after = None
        while True:
            page = (await door.market.data(query, {"after": after}))["it"]
            assert page["totalCount"] == 5
            assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
            found += [node["legacyId"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert found == expected
    beyond = base64.b64encode(f'["{"f" * 32}","{"0" * 32}"]'.encode()).decode()
    for cursor in ("x", "bm8=", beyond):
        answer = await door.market.ask(f'{{ invoices(after: "{cursor}") {{ totalCount }} }}')
        assert "cursor" in answer["errors"][0]["message"]
    for asked in ('updatedOrders(updatedSince: "2020-01-01", first: 0)', "invoices(first: 0)"):
        query = f"{{ it: {asked} {{ totalCount nodes {{ id }} pageInfo {{ endCursor }} }} }}"
        assert (await door.market.data(query))["it"] == {
            "totalCount": 5,
            "nodes": [],
            "pageInfo": {"endCursor": None},
        }
    none = '{ updatedOrders(updatedSince: "2100-01-01") { totalCount nodes { id } } }'
    assert (await door.market.data(none))["updatedOrders"] == {"totalCount": 0, "nodes": []}


async def test_a_seller_that_sells_no_more_is_still_named(door: BazaarDoor) -> None:
    await place(door)
    await door.bazaar.counter.rows(
        "UPDATE trading_rights SET state = 'ended' WHERE seller = $1", door.one
    )
    query = "{ invoices { nodes { seller { businessName online } } } }"
    nodes = (await door.market.data(query))["invoices"]["nodes"]
    assert [node["seller"]["online"] for node in nodes] == [False, True]
    assert nodes[0]["seller"]["businessName"] == "seller-one"


async def test_external_ids_are_found_by_what_they_say(door: BazaarDoor) -> None:
    order = await place(door)
    query = (
        "query($type: String, $key: String, $value: String, $values: [String!]) {"
        " externalIds(ownerType: $type, key: $key, value: $value, values: $values) {"
        " id key value owner { __typename id } } }"
    )
    line = order["invoices"]["nodes"][0]["lineItems"][0]["id"]
    for asked, owner in (
        ({"key": "shop", "value": "1001"}, order["id"]),
        ({"key": "shop", "values": ["no", "1001"], "type": "Order"}, order["id"]),
        ({"key": "row", "value": "A", "type": "LineItem"}, line),
    ):
        (found,) = (await door.market.data(query, asked))["externalIds"]
        assert found["owner"]["id"] == owner
    for asked in (
        {"key": "shop", "value": "1001", "type": "Invoice"},
        {"key": "shop", "value": "1001", "type": "Advert"},
        {"key": "shop", "value": "1002"},
    ):
        assert (await door.market.data(query, asked))["externalIds"] == []
    assert (await door.key_one.data(query, {"key": "shop", "value": "1001"}))["externalIds"] == []
    (own,) = (await door.key_one.data(query, {"key": "row", "value": "A"}))["externalIds"]
    assert own["owner"]["id"] == line
    assert (await door.key_two.data(query, {"key": "row", "value": "A"}))["externalIds"] == []
    for asked in ({}, {"key": "shop"}, {"value": "1001"}, {"key": "shop", "values": []}):
        answer = await door.market.ask(query, asked)
        assert "Give a key" in answer["errors"][0]["message"]


async def test_a_page_of_orders_is_one_statement_a_level(door: BazaarDoor) -> None:
    await place(door)
    query = (
        '{ updatedOrders(updatedSince: "2020-01-01", first: 50) { totalCount nodes { ...order } } }'
        + WHOLE_ORDER
    )
    counts = []
    for _ in range(2):
        with door.graphql.statements() as seen:
            data = await door.market.data(query)
            counts.append((len(data["updatedOrders"]["nodes"]), len(seen)))
        for number in range(3 - len(counts)):
            await place(door, externalIds={"key": "shop", "value": f"{len(counts)}/{number}"})
    # The key; orders that changed, in all, themselves; invoices, lines, adjustments, external ids,
    # shipments, refund requests; sellers, variants, adverts.
    assert counts == [(1, 13), (3, 13)]
