"""What sales sessions copy from their customers' holds is rebuilt, and audited."""

from __future__ import annotations

from entrepot.infra.ids import new_id
from entrepot.orders import rebuild_windows
from tests.factories.callers import acts_of
from tests.factories.counter import Counter
from tests.factories.hub import Hub
from tests.factories.network import Network


async def test_what_sessions_hold_is_rebuilt_and_audited(
    network: Network, counter: Counter
) -> None:
    hub = await Hub(network, counter).open()
    session, other = await hub.session(), await hub.session()
    await counter.place(hub.trader, hub.basket(session, (hub.carrots, 3), (hub.leeks, 1)))
    await counter.place(hub.trader, hub.basket(other, (hub.leeks, 2), paid=True))
    await counter.rows("UPDATE window_products SET held = 7 WHERE selling_window = $1", session)
    happened, after = await rebuild_windows(counter.pool, new_id)
    assert ([each.subject for each in happened], after) == ([f"sal_{session}"], None)
    assert await hub.held(session, hub.carrots) == 3
    assert await hub.held(session, hub.leeks) == 1
    assert await hub.held(other, hub.leeks) == 2
    (act, subject, answer) = (await acts_of(counter.pool, hub.trader))[-1]
    assert (act, subject) == ("orders.session_repaired", f"sal_{session}")
    assert answer["products"] == [
        {"variant": f"var_{hub.carrots}", "before": "7", "after": "3"},
        {"variant": f"var_{hub.leeks}", "before": "7", "after": "1"},
    ]
    assert await rebuild_windows(counter.pool, new_id) == ([], None)


async def test_it_goes_on_after_a_product(network: Network, counter: Counter) -> None:
    hub = await Hub(network, counter).open()
    session = await hub.session()
    await counter.rows("UPDATE window_products SET held = 1")
    last = (hub.trader, session, max(hub.carrots, hub.leeks))
    assert await rebuild_windows(counter.pool, new_id, last) == ([], None)
    first = (hub.trader, session, min(hub.carrots, hub.leeks))
    ((one,), _) = await rebuild_windows(counter.pool, new_id, first)
    assert one.subject == f"sal_{session}"
    held = [await hub.held(session, each) for each in sorted((hub.carrots, hub.leeks))]
    assert held == [1, 0]
    await rebuild_windows(counter.pool, new_id)
