"""Session orders over the DFC door, each way in which a client is known to write them.

The quirks are those of reference `dfc.md`, 3, 4 and 11; documents have the shapes that were
recorded.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from decimal import Decimal

import pytest

from entrepot.kernel import ids
from tests.factories.dfc import (
    BEGAN,
    BEGINS,
    CONTEXT,
    ENDS,
    WILL_END,
    Platform,
    nodes,
    only,
    order_id,
    quantities,
    statuses,
)
from tests.factories.farm import Farm
from tests.unit.dfc.sample import example


async def post(farm: Farm, lines: dict[str, object], **more: object) -> dict[str, object]:
    """An order that is accepted."""
    posted = await farm.hub.send(
        "POST",
        farm.basket.orders,
        farm.basket.order(lines, **more),  # type: ignore[arg-type] # options of many types
    )
    assert posted.status_code in {200, 201}, posted.text
    document: dict[str, object] = posted.json()
    return document


def address(document: object) -> str:
    """The address of the order in a document."""
    found: str = only(document, "Order")["@id"]
    return found


async def test_a_posted_order_holds_and_is_answered_with_its_graph(farm: Farm) -> None:
    posted = await farm.hub.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 6}))
    assert posted.status_code == 201, posted.text
    document = posted.json()
    order = only(document, "Order")
    # The address is our own, though the document had that of the collection.
    assert posted.headers["location"] == order["@id"]
    assert order["@id"].startswith(f"{farm.basket.orders}/{ids.ORDER}")
    assert statuses(document) == ("Held", "Held", "Unpaid")
    assert quantities(document) == {farm.carrot: 6}
    assert await farm.available(farm.carrots) == 4
    # What the producer asks of traders counts.
    price = only(document, "OrderLine")["dfc-b:hasPrice"]
    assert (price["dfc-b:value"], price["dfc-b:VATrate"]) == (2, 9)
    session = only(document, "SaleSession")
    assert order["dfc-b:belongsTo"] == {"@id": session["@id"]}
    assert session["dfc-b:beginDate"] == BEGAN.isoformat().replace("+00:00", "Z")
    assert session["dfc-b:endDate"] == WILL_END.isoformat().replace("+00:00", "Z")
    # Everything that is pointed at stands in the document, so that a client can write it back.
    known = {node["@id"] for node in document["@graph"]}
    assert {order["dfc-b:soldBy"]["@id"], order["dfc-b:belongsTo"]["@id"]} <= known

    read = await farm.hub.send("GET", order["@id"])
    assert read.json() == document
    assert read.headers["etag"] == posted.headers["etag"]
    assert read.headers["content-type"] == "application/ld+json"


async def test_a_post_that_is_repeated_adds_nothing(farm: Farm) -> None:
    first = await post(farm, {farm.carrot: 6})
    again = await farm.hub.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 6}))
    assert again.status_code == 200
    assert again.json() == first
    assert await farm.available(farm.carrots) == 4


async def test_a_post_of_something_else_adds_its_lines(farm: Farm) -> None:
    first = await post(farm, {farm.carrot: 6})
    second = await post(farm, {farm.carrot: 1, farm.bean: 2})
    assert address(second) == address(first)
    assert quantities(second) == {farm.carrot: 7, farm.bean: 2}


async def test_each_session_has_an_order_of_its_own(farm: Farm) -> None:
    first = await post(farm, {farm.carrot: 1})
    later = (WILL_END + timedelta(days=1)).isoformat()
    second = await post(farm, {farm.carrot: 1}, ends=later)
    endless = await post(farm, {farm.carrot: 1}, begins=None, ends=None)
    # The address that clients give their session is the same for all of them.
    assert len({address(first), address(second), address(endless)}) == 3
    assert "dfc-b:endDate" not in only(endless, "SaleSession")
    listed = await farm.hub.get(farm.basket.orders)
    assert [node["@id"] for node in nodes(listed, "Order")] == [
        address(endless),
        address(second),
        address(first),
    ]


@pytest.mark.parametrize(
    "written",
    ["%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)", "%Y-%m-%d %H:%M:%S UTC"],
)
async def test_odd_dates_are_of_the_same_session(farm: Farm, written: str) -> None:
    first = await post(farm, {farm.carrot: 1})
    odd = await post(
        farm,
        {farm.carrot: 1},
        begins=BEGAN.strftime(written),
        ends=WILL_END.strftime(written),
    )
    assert address(odd) == address(first)


async def test_a_replacement_is_whole(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 6, farm.bean: 2})
    put = await farm.hub.send(
        "PUT", address(placed), farm.basket.order({farm.bean: 3}, identifier=address(placed))
    )
    # A 204 would crash the client that sends it.
    assert put.status_code == 200
    assert quantities(put.json()) == {farm.bean: 3}
    assert await farm.available(farm.carrots) == 10


async def test_a_quantity_of_zero_takes_a_line_away(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 6, farm.bean: 2})
    put = await farm.hub.send("PUT", address(placed), farm.basket.order({farm.carrot: 0}))
    assert quantities(put.json()) == {}
    assert statuses(put.json()) == ("Held", "Held", "Unpaid")
    assert await farm.available(farm.beans) == 20


async def test_a_bare_order_without_lines_holds_nothing_and_stays(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 6})
    bare = {
        "@context": CONTEXT,
        "@id": address(placed),
        "@type": "dfc-b:Order",
        "dfc-b:hasOrderStatus": "dfc-v:Held",
    }
    put = await farm.hub.send("PUT", address(placed), bare)
    assert put.status_code == 200
    assert statuses(put.json()) == ("Held", "Held", "Unpaid")
    assert await farm.available(farm.carrots) == 10
    # Its platform may fill it again.
    filled = await post(farm, {farm.carrot: 2})
    assert address(filled) == address(placed)


async def test_complete_that_echoes_the_held_fulfilment(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 6})
    final = farm.basket.order(
        {farm.carrot: 5},
        identifier=address(placed),
        status="Complete",
        hasFulfilmentStatus="dfc-v:Held",
        hasPaymentStatus="dfc-v:Unpaid",
    )
    put = await farm.hub.send("PUT", address(placed), final)
    assert put.status_code == 200, put.text
    assert statuses(put.json()) == ("Complete", "Unfulfilled", "Unpaid")
    assert quantities(put.json()) == {farm.carrot: 5}
    again = await farm.hub.send("PUT", address(placed), final)
    assert (again.status_code, again.json()) == (200, put.json())
    late = await farm.hub.send("PUT", address(placed), farm.basket.order({farm.carrot: 6}))
    assert (late.status_code, late.json()["code"]) == (409, "orders.already_complete")
    repeated = await farm.hub.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 5}))
    assert (repeated.status_code, repeated.json()) == (200, put.json())
    # A finished order can still be read.
    assert statuses(await farm.hub.get(address(placed)))[0] == "Complete"


async def test_the_recorded_complete_of_open_food_network(farm: Farm) -> None:
    """The file as it was recorded, with our addresses in the place of those of its server."""
    placed = await post(farm, {farm.carrot: 6})
    text = example("ruby-ofn-put-complete").decode()
    recorded = json.loads(text)
    order = next(node for node in recorded["@graph"] if node["@type"] == "dfc-b:Order")
    products = [
        node["@id"] for node in recorded["@graph"] if node["@type"] == "dfc-b:SuppliedProduct"
    ]
    lines = [node for node in recorded["@graph"] if node["@type"] == "dfc-b:OrderLine"]
    wanted = sum(Decimal(str(line["dfc-b:quantity"])) for line in lines)
    text = text.replace(order["@id"], address(placed))
    for product in products:
        text = text.replace(product, farm.carrot)
    put = await farm.hub.send("PUT", address(placed), text.encode())
    assert put.status_code == 200, put.text
    assert statuses(put.json()) == ("Complete", "Unfulfilled", "Unpaid")
    assert quantities(put.json()) == {farm.carrot: int(wanted)}


async def test_the_recorded_post_of_open_food_network(farm: Farm) -> None:
    text = example("ruby-ofn-post-new-order").decode()
    recorded = json.loads(text)
    product = next(
        node["@id"] for node in recorded["@graph"] if node["@type"] == "dfc-b:SuppliedProduct"
    )
    session = next(node for node in recorded["@graph"] if node["@type"] == "dfc-b:SaleSession")
    text = text.replace(product, farm.carrot)
    for name, written in (("beginDate", BEGINS), ("endDate", ENDS)):
        text = text.replace(session[f"dfc-b:{name}"], written)
    posted = await farm.hub.send("POST", farm.basket.orders, text.encode())
    assert posted.status_code == 201, posted.text
    assert list(quantities(posted.json())) == [farm.carrot]


async def test_a_new_line_with_the_id_of_one_that_is_there(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 6})
    line = only(placed, "OrderLine")["@id"]
    document = farm.basket.order({farm.carrot: 6, farm.bean: 2}, identifier=address(placed))
    text = json.dumps(document)
    for number in (1, 2):
        text = text.replace(f"{address(placed)}/OrderLines/{number}", line)
    put = await farm.hub.send("PUT", address(placed), text.encode())
    assert put.status_code == 200, put.text
    assert quantities(put.json()) == {farm.carrot: 6, farm.bean: 2}


async def test_what_a_client_echoes_of_the_catalogue_changes_nothing_there(farm: Farm) -> None:
    before = await farm.hub.get(farm.carrot)
    await post(farm, {farm.carrot: 1})
    after = await farm.hub.get(farm.carrot)
    assert only(before, "SuppliedProduct") == only(after, "SuppliedProduct")
    assert only(after, "SuppliedProduct")["dfc-b:name"].startswith("CARROTS")


async def test_an_order_that_cannot_be_held_whole_holds_nothing(farm: Farm) -> None:
    body = farm.basket.order({farm.carrot: 11, farm.bean: 1, farm.case: 4})
    refused = await farm.hub.send("POST", farm.basket.orders, body)
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["code"] == "stock.insufficient_available"
    short = {fault["facts"]["product"]: fault for fault in problem["faults"]}
    assert short[farm.carrot]["facts"] == {
        "product": farm.carrot,
        "requested": "11",
        "available": "10",
    }
    assert short[farm.carrot]["field"] == "Order.hasPart[0].quantity"
    # Of cases it is told how many whole ones there are, next to the loose bean.
    assert short[farm.case]["facts"]["available"] == "3"
    assert farm.bean not in short
    assert await farm.available(farm.carrots) == 10
    assert await farm.available(farm.beans) == 20


async def test_a_change_that_is_short_leaves_the_order_as_it_was(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 6})
    await (await farm.another_hub()).send(
        "POST", farm.basket.orders, farm.basket.order({farm.carrot: 3})
    )
    for status in ("Held", "Complete"):
        refused = await farm.hub.send(
            "PUT", address(placed), farm.basket.order({farm.carrot: 8}, status=status)
        )
        assert refused.status_code == 409
        assert refused.json()["faults"][0]["facts"]["available"] == "7"
    assert await farm.hub.get(address(placed)) == placed


async def test_cases_are_counted_on_the_one_position(farm: Farm) -> None:
    placed = await post(farm, {farm.case: 2})
    assert quantities(placed) == {farm.case: 2}
    assert await farm.available(farm.beans) == 8
    line = only(placed, "OrderLine")
    assert line["dfc-b:hasPrice"]["dfc-b:value"] == 15  # six times 2.50
    both = await post(farm, {farm.bean: 3})
    assert quantities(both) == {farm.case: 2, farm.bean: 3}
    assert await farm.available(farm.beans) == 5
    final = await farm.hub.send(
        "PUT", address(placed), farm.basket.order({farm.case: 3}, status="Complete")
    )
    assert quantities(final.json()) == {farm.case: 3}
    assert await farm.available(farm.beans) == 2


async def test_a_case_that_has_changed_keeps_its_size_on_the_order(farm: Farm) -> None:
    placed = await post(farm, {farm.case: 2})
    async with farm.dfc.pool.acquire() as connection:
        await connection.execute("UPDATE variants SET units_per_case = 4 WHERE id = $1", farm.beans)
    put = await farm.hub.send("PUT", address(placed), farm.basket.order({farm.case: 1}))
    assert await farm.available(farm.beans) == 14
    assert quantities(put.json()) == {farm.case: 1}
    # More of them are of the size that the catalogue tells of now.
    await farm.hub.send("PUT", address(placed), farm.basket.order({farm.case: 3}))
    assert await farm.available(farm.beans) == 8


async def test_cases_are_whole_and_of_what_has_any(farm: Farm) -> None:
    carrots = farm.basket.product(farm.carrots, is_case=True)
    body = farm.basket.order({farm.case: 1.5, carrots: 1})
    refused = await farm.hub.send("POST", farm.basket.orders, body)
    assert refused.status_code == 404
    problem = refused.json()
    assert {(fault["code"], fault["field"]) for fault in problem["faults"]} == {
        ("orders.unknown_variant", "Order.hasPart[1].concerns"),
        ("orders.quantity_not_whole", "Order.hasPart[0].quantity"),
    }


async def test_a_draft_holds_nothing_until_it_is_held(farm: Farm) -> None:
    draft = await post(farm, {farm.carrot: 6}, status="Draft")
    assert statuses(draft)[0] == "Draft"
    assert await farm.available(farm.carrots) == 10
    # It may be more than there is, and it stays a draft where nothing else is said.
    put = await farm.hub.send(
        "PUT", address(draft), farm.basket.order({farm.carrot: 12}, status=None)
    )
    assert (statuses(put.json())[0], quantities(put.json())) == ("Draft", {farm.carrot: 12})
    short = await farm.hub.send("PUT", address(draft), farm.basket.order({farm.carrot: 12}))
    assert short.status_code == 409
    held = await farm.hub.send("PUT", address(draft), farm.basket.order({farm.carrot: 4}))
    assert statuses(held.json())[0] == "Held"
    assert await farm.available(farm.carrots) == 6
    back = await farm.hub.send(
        "PUT", address(draft), farm.basket.order({farm.carrot: 4}, status="Draft")
    )
    assert (back.status_code, back.json()["code"]) == (409, "orders.not_a_draft")


async def test_an_order_may_be_complete_at_once(farm: Farm) -> None:
    body = farm.basket.order({farm.carrot: 6}, status="Complete")
    posted = await farm.hub.send("POST", farm.basket.orders, body)
    assert (posted.status_code, statuses(posted.json())[0]) == (201, "Complete")
    again = await farm.hub.send("POST", farm.basket.orders, body)
    assert (again.status_code, again.json()) == (200, posted.json())
    assert await farm.available(farm.carrots) == 4


@pytest.mark.parametrize("way", ["PUT", "DELETE"])
async def test_a_cancelled_order_gives_back_and_can_be_read(farm: Farm, way: str) -> None:
    placed = await post(farm, {farm.carrot: 6})
    body = farm.basket.order({farm.carrot: 6}, status="Cancelled") if way == "PUT" else None
    gone = await farm.hub.send(way, address(placed), body)
    again = await farm.hub.send(way, address(placed), body)
    assert again.json() == gone.json()
    for each in (gone, again):
        assert each.status_code == 200
        assert statuses(each.json()) == ("Cancelled", "Cancelled", "Cancelled")
    assert await farm.available(farm.carrots) == 10
    assert await farm.hub.get(address(placed)) == gone.json()
    assert quantities(gone.json()) == {farm.carrot: 6}
    dead = await farm.hub.send("PUT", address(placed), farm.basket.order({farm.carrot: 1}))
    assert (dead.status_code, dead.json()["code"]) == (409, "orders.already_cancelled")
    # The session goes on, and has another order.
    anew = await farm.hub.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 1}))
    assert anew.status_code == 201
    assert address(anew.json()) != address(placed)


async def test_past_its_time_an_order_is_cancelled_at_once(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 6})
    await farm.network.set_clock_past(order_id(placed))
    assert statuses(await farm.hub.get(address(placed)))[0] == "Cancelled"
    assert await farm.available(farm.carrots) == 10


async def test_single_lines(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 6})
    lines = f"{address(placed)}/orderLines"
    added = await farm.hub.send("POST", lines, single(farm.bean, 4))
    assert added.status_code == 201, added.text
    line = only(added.json(), "OrderLine")
    assert added.headers["location"] == line["@id"]
    assert line["dfc-b:quantity"] == 4
    assert await farm.hub.get(line["@id"]) == added.json()
    # The same product takes the place of what was there.
    set_again = await farm.hub.send("POST", lines, single(farm.bean, 5))
    assert set_again.status_code == 200
    assert quantities(await farm.hub.get(lines)) == {farm.carrot: 6, farm.bean: 5}
    put = await farm.hub.send("PUT", f"{lines}/1", single(farm.carrot, 2))
    assert only(put.json(), "OrderLine")["dfc-b:quantity"] == 2
    taken = await farm.hub.send("PUT", f"{lines}/1", single(farm.carrot, 0))
    assert taken.status_code == 200
    missing = await farm.hub.send("PUT", f"{lines}/9", single(farm.carrot, 1))
    assert (missing.status_code, missing.json()["code"]) == (404, "orders.unknown_line")
    absent = await farm.hub.send("GET", f"{lines}/9")
    assert absent.json()["code"] == "orders.unknown_line"
    assert await farm.available(farm.carrots) + await farm.available(farm.beans) >= 15


async def test_lines_that_are_added_at_once_are_all_there(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 1})
    others = [await farm.network.variant(farm.jean, "LEEK", unlimited=True) for _ in range(4)]
    await asyncio.gather(
        *(
            farm.hub.send(
                "POST", f"{address(placed)}/orderLines", single(farm.basket.product(each), 1)
            )
            for each in others
        )
    )
    assert len(quantities(await farm.hub.get(address(placed)))) == 5


async def test_if_match_keeps_one_from_writing_over_another(farm: Farm) -> None:
    placed = await farm.hub.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 1}))
    tag, place = placed.headers["etag"], placed.headers["location"]
    changed = await farm.hub.send(
        "PUT", place, farm.basket.order({farm.carrot: 2}), headers={"If-Match": tag}
    )
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    for method, body in (("PUT", farm.basket.order({farm.carrot: 3})), ("DELETE", None)):
        refused = await farm.hub.send(method, place, body, headers={"If-Match": tag})
        assert (refused.status_code, refused.json()["code"]) == (412, "dfc.order_changed")
    both = await asyncio.gather(
        *(
            farm.hub.send(
                "PUT",
                place,
                farm.basket.order({farm.carrot: quantity}),
                headers={"If-Match": changed.headers["etag"]},
            )
            for quantity in (4, 5)
        )
    )
    assert sorted(each.status_code for each in both) == [200, 412]


async def test_a_key_is_honoured(farm: Farm) -> None:
    first = await post(farm, {farm.carrot: 1})
    key = {"Idempotency-Key": "k-1"}
    body = farm.basket.order({farm.bean: 2})
    added = await farm.hub.send("POST", farm.basket.orders, body, headers=key)
    again = await farm.hub.send("POST", farm.basket.orders, body, headers=key)
    assert quantities(again.json()) == quantities(added.json()) == {farm.carrot: 1, farm.bean: 2}
    assert again.headers["idempotent-replayed"] == "true"
    other = farm.basket.order({farm.bean: 3})
    reused = await farm.hub.send("POST", farm.basket.orders, other, headers=key)
    assert (reused.status_code, reused.json()["code"]) == (409, "request.key_reused")
    put = farm.basket.order({farm.bean: 3}, identifier=address(first))
    key = {"Idempotency-Key": "k-2"}
    for _ in range(2):
        answer = await farm.hub.send("PUT", address(first), put, headers=key)
        assert answer.status_code == 200


async def test_an_order_of_another_address_is_not_written_here(farm: Farm) -> None:
    first = await post(farm, {farm.carrot: 1})
    later = (WILL_END + timedelta(days=1)).isoformat()
    second = await post(farm, {farm.carrot: 1}, ends=later)
    body = farm.basket.order({farm.carrot: 2}, identifier=address(first))
    refused = await farm.hub.send("PUT", address(second), body)
    assert (refused.status_code, refused.json()["code"]) == (400, "dfc.another_order")


async def test_products_of_others_are_unknown(farm: Farm) -> None:
    stranger = await farm.network.organisation("stranger")
    theirs = await farm.network.variant(stranger, "LEEK")
    slug = await farm.dfc.slug(stranger)
    asked = {
        farm.basket.product(theirs): 1,
        farm.basket.product("0" * 32): 1,
        farm.carrot.replace(farm.slug, slug): 1,
        "https://elsewhere.example/SuppliedProducts/9": 1,
    }
    known = []
    for product, quantity in asked.items():
        refused = await farm.hub.send(
            "POST", farm.basket.orders, farm.basket.order({product: quantity})
        )
        known.append((refused.status_code, refused.json()["code"]))
    assert known == [(404, "orders.unknown_variant")] * 4


async def test_prices_stay_as_they_were_agreed(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 1})
    async with farm.dfc.pool.acquire() as connection:
        await connection.execute(
            "UPDATE variants SET wholesale_price = 3 WHERE organisation = $1", farm.jean
        )
    put = await farm.hub.send(
        "PUT", address(placed), farm.basket.order({farm.carrot: 2, farm.bean: 1})
    )
    prices = {
        line["dfc-b:concerns"]["@id"]: line["dfc-b:hasPrice"]["dfc-b:value"]
        for line in nodes(put.json(), "OrderLine")
    }
    assert list(prices.values()) == [2, 3]


async def test_a_trader_whose_right_has_ended_may_finish_its_order(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 6})
    async with farm.dfc.pool.acquire() as connection:
        await connection.execute(
            "UPDATE trading_rights SET state = 'ended' WHERE buyer = $1", farm.hub_id
        )
    posted = await farm.hub.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 1}))
    assert posted.status_code == 404
    more = await farm.hub.send("PUT", address(placed), farm.basket.order({farm.carrot: 7}))
    assert more.status_code == 404
    final = await farm.hub.send(
        "PUT", address(placed), farm.basket.order({farm.carrot: 6}, status="Complete")
    )
    assert statuses(final.json())[0] == "Complete"


async def test_a_session_that_ended_long_ago_takes_nothing(farm: Farm) -> None:
    ended = (BEGAN - timedelta(days=2)).isoformat()
    body = farm.basket.order({farm.carrot: 1}, begins=None, ends=ended)
    refused = await farm.hub.send("POST", farm.basket.orders, body)
    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "orders.sales_session_not_open",
    )


async def test_pages_of_orders(farm: Farm) -> None:
    made = []
    for day in range(3):
        ends = (WILL_END + timedelta(days=day)).isoformat()
        made.append(address(await post(farm, {farm.carrot: 1}, ends=ends)))
    first = await farm.hub.send("GET", f"{farm.basket.orders}?first=2")
    assert [node["@id"] for node in nodes(first.json(), "Order")] == [made[2], made[1]]
    info = json.loads(first.headers["pageinfo"])
    assert info == {"hasNextPage": True, "endCursor": made[1].rpartition("/")[2]}
    rest = await farm.hub.send("GET", f"{farm.basket.orders}?first=2&after={info['endCursor']}")
    assert [node["@id"] for node in nodes(rest.json(), "Order")] == [made[0]]
    assert json.loads(rest.headers["pageinfo"])["hasNextPage"] is False
    for query in ("first=0", "first=x", "after=ord_1", "page=2", "first=1&first=2"):
        refused = await farm.hub.send("GET", f"{farm.basket.orders}?{query}")
        assert (refused.status_code, refused.json()["code"]) == (400, "dfc.query_not_valid")


async def test_sessions_are_listed(farm: Farm) -> None:
    placed = await post(farm, {farm.carrot: 1})
    listed = await farm.hub.get(f"{farm.basket.here}/SaleSessions")
    assert nodes(listed, "SaleSession") == [only(placed, "SaleSession")]
    other = await farm.another_hub()
    name = only(placed, "SaleSession")["@id"]
    assert (await other.send("GET", name)).status_code == 404


async def test_the_last_kilo_goes_to_one_of_many(farm: Farm) -> None:
    hubs: list[Platform] = [await farm.another_hub(f"hub-{number}") for number in range(6)]
    answers = await asyncio.gather(
        *(hub.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 4})) for hub in hubs)
    )
    assert sorted(each.status_code for each in answers) == [201, 201, 409, 409, 409, 409]
    assert await farm.available(farm.carrots) == 2


def single(product: str, quantity: object) -> dict[str, object]:
    """A line that comes alone."""
    return {
        "@context": CONTEXT,
        "@graph": [
            {
                "@id": "_:line",
                "@type": "dfc-b:OrderLine",
                "dfc-b:quantity": quantity,
                "dfc-b:concerns": {"@id": product.replace("/SuppliedProducts/", "/Offers/")},
            }
        ],
    }
