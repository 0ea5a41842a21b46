"""Allocations through the door, and why an order waits: from both sides, sent twice, refused."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import WaitingExplained, explain_order
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.sharing import Sharing, open_sharing
from tests.factories.web import Asker, Web


class Doors(NamedTuple):
    """Two partners, and a program of each."""

    shared: Sharing
    hub: Asker
    shop: Asker

    def body(self, quantity: object, **fields: object) -> dict[str, object]:
        """An allocation to ask for."""
        shared = self.shared
        named = {"partnership": f"pts_{shared.partnership}", "variant": f"var_{shared.goods}"}
        return {**named, "quantity": quantity, **fields}


@pytest.fixture
async def doors(network: Network, counter: Counter, web: Web) -> Doors:
    shared = await open_sharing(network, counter, policy="allocated_only", factor=2)
    return Doors(shared, await web.asker(shared.wholesaler), await web.asker(shared.retailer))


async def test_from_allocating_to_taking_back(doors: Doors) -> None:
    hub, shop, shared = doors.hub, doors.shop, doors.shared
    made = await hub.post("/allocations", doors.body("7", note="for spring"))
    assert (made["status"], made["remaining"], made["note"]) == ("open", "7", "for spring")

    (received,) = (await shop.get("/received-allocations"))["data"]
    assert received["id"] == made["id"]
    assert (received["remaining"], received["remaining_here"]) == ("7", "3")
    assert (received["variant"], received["factor"]) == (f"var_{shared.variant}", 2)
    assert "for spring" not in str(received), "the note is the wholesaler's own"
    assert "location" not in received

    order = {
        "reference": "WEB-1",
        "paid": True,
        "lines": [{"variant": f"var_{shared.variant}", "quantity": "2"}],
    }
    assert (await shop.post("/orders", order))["status"] == "complete"
    after = await hub.get(f"/allocations/{made['id']}")
    assert (after["quantity"], after["used"], after["remaining"]) == ("7", "4", "3")
    assert "WEB-1" not in str(after)

    changed = await hub.patch(f"/allocations/{made['id']}", {"quantity": "9"})
    assert changed.json()["remaining"] == "5"
    closed = await hub.post(f"/allocations/{made['id']}/close")
    assert (closed["status"], closed["quantity"], closed["used"]) == ("closed", "4", "4")
    again = await shop.get(f"/received-allocations/{made['id']}")
    assert (again["status"], again["remaining"], again["used"]) == ("closed", "0", "4")
    assert await shared.position() == (6, 0, 0, 5)


async def test_sent_twice_it_is_answered_as_before(doors: Doors) -> None:
    first = await doors.hub.try_post("/allocations", doors.body("3"), key="once")
    again = await doors.hub.try_post("/allocations", doors.body("3"), key="once")
    other = await doors.hub.try_post("/allocations", doors.body("4"), key="once")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (409, "request.key_reused")
    assert len((await doors.hub.get("/allocations"))["data"]) == 1


async def test_what_is_wrong_is_told_with_what_to_do(doors: Doors) -> None:
    answer = await doors.hub.try_post("/allocations", doors.body("10.5"))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "stock.allocation_above_available")
    assert problem["faults"][0]["field"] == "quantity"
    assert problem["faults"][0]["facts"]["available"] == "10"
    wrong = await doors.hub.try_post(
        "/allocations", {"partnership": "nonsense", "variant": "nonsense", "quantity": "-1"}
    )
    assert wrong.status_code == 404
    assert [fault["code"] for fault in wrong.json()["faults"]] == [
        "partnerships.unknown_partnership",
        "catalogue.unknown_variant",
        "stock.quantity_not_valid",
    ]
    late = await doors.hub.try_post(
        "/allocations", doors.body("1", valid_until="2020-01-01T00:00:00Z")
    )
    assert (late.status_code, late.json()["code"]) == (422, "stock.validity_not_valid")
    missing = await doors.hub.patch("/allocations/nonsense", {"note": "x"})
    assert (missing.status_code, missing.json()["code"]) == (404, "stock.unknown_allocation")


async def test_lists_are_narrowed_and_paged(doors: Doors) -> None:
    hub, shared = doors.hub, doors.shared
    made = [(await hub.post("/allocations", doors.body("1")))["id"] for _ in range(3)]
    await hub.post(f"/allocations/{made[0]}/close")
    page = await hub.get("/allocations", limit=2)
    rest = await hub.get("/allocations", limit=2, cursor=page["next"])
    assert [each["id"] for each in (*page["data"], *rest["data"])] == made[::-1]
    assert rest["next"] is None
    of_variant = await hub.get("/allocations", variant=f"var_{shared.goods}")
    assert [each["id"] for each in of_variant["data"]] == [made[2], made[1]]
    of_partner = await hub.get("/allocations", partnership=f"pts_{shared.partnership}")
    assert len(of_partner["data"]) == 3
    for narrowed in ({"partnership": "pts_x"}, {"variant": f"var_{new_id()}"}):
        assert (await hub.get("/allocations", **narrowed))["data"] == []


# Why an order waits.


async def explained(shared: Sharing, order: str, retailer: Id | None = None) -> WaitingExplained:
    found = await explain_order(
        shared.pool, caller_for(retailer or shared.retailer), order.removeprefix("ord_")
    )
    assert isinstance(found, WaitingExplained), found
    return found


async def waits(shared: Sharing, quantity: object, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - what an order may say
    fields = {"paid": True, "policy": "ship_complete", **fields}
    placed: dict[str, Any] = await shared.counter.place(
        shared.retailer, order_of((shared.variant, quantity), **fields)
    )
    return placed


async def test_each_missing_line_is_explained(network: Network, counter: Counter) -> None:
    """What is missing, which of one's own orders holds it, what is offered, what must arrive."""
    shared = await open_sharing(network, counter, 3)
    await counter.receive(shared.retailer, shared.variant, 5)
    keeper = await waits(shared, 4, reference="KEEPER")
    await waits(shared, 9, reference="FIRST", priority=5)
    second = await waits(shared, 6, reference="SECOND")
    assert (keeper["status"], second["status"]) == ("complete", "waiting")

    found = await explained(shared, second["id"])
    (goods,) = found.missing
    assert found.says == f"It can go once at least 3 of {goods.sku} arrive here or at a partner."
    assert [(line.line, line.missing) for line in goods.lines] == [(1, "6")]
    assert (goods.missing, goods.own_available, goods.offered, goods.lacking) == (
        "6",
        "0",
        "3",
        "3",
    )
    assert [(who.reference, who.quantity) for who in goods.held_by] == [
        ("KEEPER", "4"),
        ("FIRST", "1"),
    ]
    assert (goods.orders_before, goods.missing_before, goods.counted_all) == (1, "8", True)
    (offer,) = goods.partners
    assert (offer.partner_name, offer.state, offer.offered, offer.reason) == (
        "wholesaler",
        "active",
        "3",
        None,
    )
    await counter.receive(shared.wholesaler, shared.goods, 8)
    await counter.receive(shared.retailer, shared.variant, 11)
    released = await explained(shared, second["id"])
    assert (released.status, released.missing) == ("complete", ())
    assert released.says == "Order SECOND waits for nothing."


@pytest.mark.parametrize("state", ["paused", "ending"])
async def test_a_partnership_that_is_not_active_is_the_reason(
    network: Network, counter: Counter, state: str
) -> None:
    """E13: not yet planned orders stay in backorder, and are told why."""
    shared = await open_sharing(network, counter, 10)
    await shared.network.set_partnership_state(shared.partnership, state)
    (goods,) = (await explained(shared, (await waits(shared, 2))["id"])).missing
    (offer,) = goods.partners
    assert (offer.state, offer.reason, offer.offered) == (state, "partnership_inactive", "0")
    assert (goods.offered, goods.lacking) == ("0", "2")


@pytest.mark.parametrize(
    ("change", "more_by", "where"),
    [
        ("cap = NULL", "receipt", "arrive here or at a partner."),
        ("cap = 12", "receipt", "arrive here or at a partner."),
        ("cap = 11", "cap", "arrive here."),
        (
            "sharing_policy = 'allocated_only'",
            "allocation",
            "arrive here, or a partner allocates that much more to you.",
        ),
    ],
)
async def test_what_would_let_a_partner_offer_what_lacks(
    network: Network, counter: Counter, change: str, more_by: str, where: str
) -> None:
    """What comes in there does not help beyond a cap, nor where it shares what it allocates."""
    shared = await open_sharing(network, counter, 10)
    await shared.set(f"UPDATE partnerships SET {change} WHERE id = $1", shared.partnership)
    found = await explained(shared, (await waits(shared, 12))["id"])
    assert found.missing[0].partners[0].more_by == more_by
    assert found.says.endswith(where)


async def test_a_partner_of_the_past_is_no_reason(network: Network, counter: Counter) -> None:
    """With a partnership that has ended its matches have: nobody is left to draw on."""
    shared = await open_sharing(network, counter, 10)
    await shared.network.set_partnership_state(shared.partnership, "ended")
    (goods,) = (await explained(shared, (await waits(shared, 2))["id"])).missing
    assert (goods.partners, goods.offered, goods.lacking) == ((), "0", "2")


async def test_goods_that_a_partner_deactivated_are_the_reason(
    network: Network, counter: Counter
) -> None:
    shared = await open_sharing(network, counter, 10)
    await shared.set("UPDATE variants SET state = 'deactivated' WHERE id = $1", shared.goods)
    (goods,) = (await explained(shared, (await waits(shared, 2))["id"])).missing
    assert goods.partners[0].reason == "wholesaler_variant_deactivated"


async def test_what_is_not_paid_draws_on_nobody(network: Network, counter: Counter) -> None:
    shared = await open_sharing(network, counter, 10)
    placed = await waits(shared, 2, paid=False)
    found = await explained(shared, placed["id"])
    assert found.missing[0].lacking == "2"
    assert "for paid orders only" in found.missing[0].says
    assert found.missing[0].says.endswith("at least 2 must come, or nothing once it is paid.")
    assert found.missing[0].lacking_once_paid == "0"
    assert found.says == (
        "It waits for payment: once it is paid it can go, for partners offer what it misses."
    )


async def test_another_companys_holds_are_only_a_quantity(
    network: Network, counter: Counter
) -> None:
    """E36: the reference of another company's order is in no byte."""
    shared = await open_sharing(network, counter, 0)
    buyer = await network.organisation("buyer")
    await network.right(shared.retailer, buyer, "session")
    await counter.receive(shared.retailer, shared.variant, 3)
    await counter.place(
        buyer, order_of((shared.variant, 3), kind="session", reference="SECRET-7", paid=True)
    )
    placed = await waits(shared, 2)
    found = await explained(shared, placed["id"])
    assert (found.missing[0].held_by, found.missing[0].held_by_others) == ((), "3")
    assert "SECRET-7" not in str(found)
    assert buyer not in str(found)


async def test_lists_are_bounded_and_say_so(network: Network, counter: Counter) -> None:
    shared = await open_sharing(network, counter, 0)
    await counter.receive(shared.retailer, shared.variant, 24)
    for number in range(12):
        await waits(shared, 2, reference=f"KEEPER-{number}")
    placed = await waits(shared, 1)
    (goods,) = (await explained(shared, placed["id"])).missing
    assert len(goods.held_by) == 10
    assert (goods.held_by_more_orders, goods.held_by_more) == (2, "4")


async def test_foreign_is_as_absent_and_the_scope_is_needed(
    network: Network, counter: Counter
) -> None:
    shared = await open_sharing(network, counter, 0)
    placed = await waits(shared, 2)
    order = placed["id"].removeprefix("ord_")
    for caller, ident in (
        (shared.seller, order),
        (shared.buyer, new_id()),
        (shared.buyer, ""),
    ):
        refused = await explain_order(shared.pool, caller, ident)
        assert isinstance(refused, Refusal)
        assert refused.code == "orders.unknown_order"
    nosy = caller_for(shared.retailer, Scope.STOCK_READ)
    refused = await explain_order(shared.pool, nosy, order)
    assert isinstance(refused, Refusal)
    assert refused.code == "identity.scope_missing"
