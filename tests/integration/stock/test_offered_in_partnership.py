"""What matches open to a partner, and allocations that nothing can draw on."""

from __future__ import annotations

from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.stock import OfferedNow, count_unmatched, list_offered
from tests.factories.callers import caller_for
from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.people import code_of
from tests.factories.sharing import Sharing, open_sharing


async def offered(shared: Sharing, caller: Caller, **wanted: list[Id]) -> list[str | None]:
    """What is offered of what is asked for."""
    found = await list_offered(shared.pool, caller, shared.partnership, **wanted)
    assert isinstance(found, list), found
    assert all(isinstance(each, OfferedNow) for each in found)
    return [each.offered for each in found]


async def test_both_sides_see_what_a_match_opens(network: Network, counter: Counter) -> None:
    shared = await open_sharing(network, counter, 13, buffer=1, factor=3)
    for caller in (shared.seller, shared.buyer):
        assert await offered(shared, caller, matches=[shared.match]) == ["4"]
    assert await offered(shared, shared.seller, variants=[shared.goods]) == ["4"]
    assert await offered(shared, shared.buyer, variants=[shared.goods]) == []
    (row,) = await list_offered(  # type: ignore[misc] # it is not refused
        shared.pool, shared.buyer, shared.partnership, matches=[shared.match]
    )
    assert isinstance(row, OfferedNow)
    assert (row.match, row.factor) == (ids.PRODUCT_MATCH + shared.match, 3)
    await network.set_partnership_state(shared.partnership, "paused")
    assert await offered(shared, shared.buyer, matches=[shared.match]) == []


async def test_nothing_is_told_to_strangers(network: Network, counter: Counter) -> None:
    shared = await open_sharing(network, counter)
    stranger = caller_for(await network.organisation())
    assert await offered(shared, stranger, matches=[shared.match], variants=[shared.goods]) == []
    assert await count_unmatched(shared.pool, stranger, [shared.partnership]) == {}
    blind = caller_for(shared.retailer, Scope.ORDERS_READ)
    assert code_of(await list_offered(shared.pool, blind, shared.partnership)) == (
        "identity.scope_missing"
    )
    assert code_of(await count_unmatched(shared.pool, blind, [])) == "identity.scope_missing"


async def test_allocations_without_a_match_are_counted_until_there_is_one(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_sharing(network, counter, is_matched=False)
    first = await shared.allocated(2)
    await shared.allocated(3)
    assert first.match_failure == "none"
    for caller in (shared.seller, shared.buyer):
        counted = await count_unmatched(pool, caller, [shared.partnership])
        assert counted == {shared.partnership: 2}
    await shared.pass_validity(first)
    assert await count_unmatched(pool, shared.seller, [shared.partnership]) == {
        shared.partnership: 1
    }
    await network.match(
        shared.partnership, (shared.wholesaler, shared.goods), (shared.retailer, shared.variant)
    )
    assert await count_unmatched(pool, shared.seller, [shared.partnership]) == {}
