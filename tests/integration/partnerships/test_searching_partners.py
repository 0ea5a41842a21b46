"""Searching partnerships by the partner's name: one's own, live ones first."""

from __future__ import annotations

from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.partnerships import search_partnerships
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.people import code_of


async def test_partners_on_both_sides_are_found_by_a_part_of_their_name(
    pool: Pool, network: Network
) -> None:
    hub = await network.organisation("hub")
    shop, wholesaler, other = [
        await network.organisation(name) for name in ("tulip-shop", "black-tulip", "rose")
    ]
    ended = await network.partnership(hub, await network.organisation("a-tulip-that-ended"))
    async with pool.acquire() as connection:
        await connection.execute(
            "UPDATE partnerships SET state = 'ended', ended_at = now() WHERE id = $1", ended
        )
        await connection.execute("UPDATE trading_rights SET state = 'ended'")
    selling = await network.partnership(hub, shop)
    buying = await network.partnership(wholesaler, hub)
    await network.partnership(hub, other)
    await network.partnership(wholesaler, shop)
    found = await search_partnerships(pool, caller_for(hub), "TULIP")
    assert isinstance(found, list)
    assert [(each.id, each.role, each.name, each.state) for each in found] == [
        (f"pts_{buying}", "retailer", "black-tulip", "active"),
        (f"pts_{selling}", "wholesaler", "tulip-shop", "active"),
        (f"pts_{ended}", "wholesaler", "a-tulip-that-ended", "ended"),
    ]
    by_slug = await search_partnerships(pool, caller_for(hub), found[0].slug.upper())
    assert isinstance(by_slug, list)
    assert [each.id for each in by_slug] == [f"pts_{buying}"]
    for text in ("", "%", "_", "daffodil"):
        assert await search_partnerships(pool, caller_for(hub), text) == []


async def test_no_more_are_told_than_can_be_read_at_once(pool: Pool, network: Network) -> None:
    hub = await network.organisation("hub")
    for _ in range(12):
        await network.partnership(hub, await network.organisation("tulip"))
    found = await search_partnerships(pool, caller_for(hub), "tulip")
    assert isinstance(found, list)
    assert len(found) == 10


async def test_it_needs_its_scope(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation("hub"), Scope.ORDERS_READ)
    assert code_of(await search_partnerships(pool, caller, "tulip")) == "identity.scope_missing"
