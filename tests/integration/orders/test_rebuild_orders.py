"""What orders copy from their holds is rebuilt, and the queue with them, where it all adds up."""

from __future__ import annotations

from entrepot.infra.ids import new_id
from entrepot.kernel.ids import Id
from entrepot.orders import rebuild_orders
from tests.factories.callers import acts_of
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network


async def _ordered(network: Network, counter: Counter, *, paid: bool = True) -> tuple[Id, Id, Id]:
    """An organisation, a variant of which five lie there, and an order that holds three."""
    owner = await network.organisation()
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 5)
    order = order_of((variant, 3), paid=paid)
    await counter.place(owner, order)
    return owner, variant, order.order


async def test_lines_are_rebuilt_and_audited(network: Network, counter: Counter) -> None:
    owner, _, order = await _ordered(network, counter)
    await counter.ship(owner, order, (1, 1))
    await counter.rows("UPDATE order_lines SET held = 1, shipped = 0")
    await counter.rows("UPDATE orders SET next_hold_no = 1, fulfilment_status = 'unfulfilled'")
    happened, after = await rebuild_orders(counter.pool, new_id)
    assert ([each.subject for each in happened], after) == ([f"ord_{order}"], None)
    assert await counter.lines(order) == ["1: 3 = 1 shipped + 2 held"]
    assert await counter.order(order) == ("complete", "partly_fulfilled", "paid")
    (act, subject, answer) = (await acts_of(counter.pool, owner))[-1]
    assert (act, subject) == ("orders.repaired", f"ord_{order}")
    assert answer["before"]["lines"] == [{"line": 1, "held": "1", "shipped": "0"}]
    assert answer["after"]["lines"] == [{"line": 1, "held": "2", "shipped": "1"}]
    assert answer["after"]["next_hold_no"] == 3
    assert await rebuild_orders(counter.pool, new_id) == ([], None)
    await counter.ship(owner, order)


async def test_the_queue_is_written_anew(network: Network, counter: Counter) -> None:
    owner, variant, _ = await _ordered(network, counter)
    waiting = order_of((variant, 4), paid=True, policy="ship_complete")
    await counter.place(owner, waiting)
    queue = await counter.rows("SELECT * FROM waiting_lines")
    await counter.rows(
        "UPDATE waiting_lines SET place = '0' || substr(place, 2), missing = missing + 1"
    )
    assert len((await rebuild_orders(counter.pool, new_id))[0]) == 1
    assert await counter.rows("SELECT * FROM waiting_lines") == queue
    await counter.receive(owner, variant, 2)
    assert await counter.order(waiting.order) == ("complete", "unfulfilled", "paid")


async def test_a_queue_of_nobody_is_dropped(network: Network, counter: Counter) -> None:
    owner, variant, _ = await _ordered(network, counter)
    ghost = new_id()
    await counter.rows(
        "INSERT INTO waiting_lines VALUES ($1, $2, '1', 1, $1, $3, 2)", owner, variant, ghost
    )
    ((one,), _) = await rebuild_orders(counter.pool, new_id)
    assert one.subject == f"ord_{ghost}"
    assert await counter.rows("SELECT * FROM waiting_lines") == []
    assert (await acts_of(counter.pool, owner))[-1][2]["after"] is None


async def test_an_order_past_its_limit_is_left_for_the_sweep(
    network: Network, counter: Counter
) -> None:
    owner, variant, order = await _ordered(network, counter, paid=False)
    await network.set_clock_past(order)
    await counter.place(owner, order_of((variant, 5), paid=True))  # ends its holds
    assert await counter.lines(order) == ["1: 3 = 3 held"]
    assert (await rebuild_orders(counter.pool, new_id))[0] == []
    assert await counter.lines(order) == ["1: 3 = 3 held"]


async def test_what_would_not_add_up_is_left_alone(network: Network, counter: Counter) -> None:
    _, _, order = await _ordered(network, counter)
    await counter.rows("UPDATE order_lines SET quantity = 4, held = 2")
    assert await rebuild_orders(counter.pool, new_id) == ([], None)
    assert await counter.lines(order) == ["1: 4 = 2 held + 2 missing"]
    await counter.rows("UPDATE order_lines SET quantity = 3, held = 3")  # as it was
