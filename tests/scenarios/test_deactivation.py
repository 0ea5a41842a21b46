"""Deactivating what others count on is allowed, with a warning of what it affects (E14)."""

from __future__ import annotations

from typing import Any

from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.sharing import Sharing, open_sharing
from tests.factories.web import Asker, Web

NOTHING = {
    "matches": 0,
    "allocations": 0,
    "waiting_orders": 0,
    "holding_orders": 0,
    "counted_all": True,
    "says": "Nothing else is affected.",
}


async def _counted_on(network: Network, counter: Counter) -> Sharing:
    """Goods of which one order holds some, one is allocated, and one order waits at the partner."""
    shared = await open_sharing(network, counter, 10)
    await counter.place(shared.wholesaler, order_of((shared.goods, 2), paid=True))
    await network.allocate(shared.partnership, shared.goods, 3)
    waiting = order_of((shared.variant, 20), paid=True, policy="ship_complete")
    assert (await counter.place(shared.retailer, waiting))["status"] == "waiting"
    return shared


async def _put(asker: Asker, variant: Id, **changes: object) -> Any:  # noqa: ANN401 - JSON, as it is read
    answer = await asker.patch(f"/variants/var_{variant}", changes)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_deactivating_tells_what_it_affects(
    network: Network, counter: Counter, web: Web
) -> None:
    shared = await _counted_on(network, counter)
    wholesaler = await web.asker(shared.wholesaler)
    changed = await _put(wholesaler, shared.goods, state="deactivated")
    assert changed["state"] == "deactivated"
    assert changed["affected"] == {
        "matches": 1,
        "allocations": 1,
        "waiting_orders": 0,
        "holding_orders": 1,
        "counted_all": True,
        "says": "This affects 1 product match that counts no more; 1 open allocation, which is"
        " closed; 1 order that holds it and still ships.",
    }
    retailer = await web.asker(shared.retailer)
    affected = (await _put(retailer, shared.variant, state="deleted"))["affected"]
    assert (affected["matches"], affected["waiting_orders"]) == (1, 1)
    assert (affected["allocations"], affected["holding_orders"]) == (0, 0)


async def test_what_fell_before_is_not_told_again(
    network: Network, counter: Counter, web: Web
) -> None:
    shared = await open_sharing(network, counter, 0)
    asker = await web.asker(shared.wholesaler)
    assert (await _put(asker, shared.goods, state="deactivated"))["affected"]["matches"] == 1
    assert "affected" not in await _put(asker, shared.goods, state="active")
    assert (await _put(asker, shared.goods, state="deactivated"))["affected"] == NOTHING


async def test_other_changes_tell_of_nothing(network: Network, counter: Counter, web: Web) -> None:
    shared = await _counted_on(network, counter)
    asker = await web.asker(shared.wholesaler)
    assert "affected" not in await _put(asker, shared.goods, name="Other")


async def test_the_scope_of_the_act_will_do(network: Network, counter: Counter, web: Web) -> None:
    """Whoever may deactivate is told what that does, without reading orders or partnerships."""
    shared = await _counted_on(network, counter)
    asker = await web.asker(shared.wholesaler, Scope.CATALOGUE_WRITE)
    affected = (await _put(asker, shared.goods, state="deactivated"))["affected"]
    assert (affected["matches"], affected["holding_orders"]) == (1, 1)
