"""What orders are called: one's own, many at once."""

from __future__ import annotations

from entrepot.identity import SCOPE_MISSING
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.orders import find_references
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network


async def test_only_ones_own_orders_have_names(
    pool: Pool, network: Network, counter: Counter
) -> None:
    placed = []
    for name in ("monday", "tuesday"):
        owner = await network.organisation()
        variant = await network.variant(owner)
        await counter.receive(owner, variant, 1)
        order = order_of((variant, 1), paid=True, reference=name)
        await counter.place(owner, order)
        placed.append((owner, order.order))
    wanted = [id_ for _, id_ in placed]
    for (owner, id_), name in zip(placed, ("monday", "tuesday"), strict=True):
        found = await find_references(pool, caller_for(owner), wanted)
        assert found == {ids.ORDER + id_: name}
    refused = await find_references(pool, caller_for(placed[0][0], Scope.STOCK_READ), wanted)
    assert isinstance(refused, Refusal)
    assert refused.code == SCOPE_MISSING
