"""Beginning to end a partnership: for good, and another one only once it has ended."""

from __future__ import annotations

from entrepot.catalogue import Supplier, find_supplier
from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    Partnership,
    accept_partnership_invitation,
    begin_ending,
    find_partnership,
    list_trading_rights,
    lock_partnership,
    pause_partnership,
    set_ended,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.partnerships import Pair, done, invite_key_of, paired


async def test_either_side_begins_and_there_is_no_way_back(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    wholesaler, retailer = caller_for(pair.wholesaler), caller_for(pair.retailer)
    await pause_partnership(pool, new_id, wholesaler, pair.id)
    ending = done(await begin_ending(pool, new_id, retailer, pair.id))
    assert (ending.state, ending.ended_at) == ("ending", None)
    again = done(await begin_ending(pool, new_id, wholesaler, pair.id))
    assert again.state == "ending"
    assert [act for act, _, _ in await acts_of(pool, pair.wholesaler)] == [
        "partnerships.retailer_invited",
        "partnerships.partnership_paused",
    ]
    (right,) = await list_trading_rights(pool, retailer)  # type: ignore[misc] # the scope is there
    assert right.state == "paused"


async def test_a_new_one_begins_once_it_has_ended(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    retailer = caller_for(pair.retailer)
    key = await invite_key_of(pool, pair.wholesaler)
    await begin_ending(pool, new_id, retailer, pair.id)
    early = await accept_partnership_invitation(pool, new_id, retailer, key)
    assert isinstance(early, Refusal)
    assert early.code == "partnerships.already_partners"
    await end(pool, pair)
    old = await find_partnership(pool, retailer, pair.id)
    assert isinstance(old, Partnership)
    assert (old.state, old.ended_at is None) == ("ended", False)
    (right,) = await list_trading_rights(pool, retailer)  # type: ignore[misc] # the scope is there
    assert right.state == "ended"
    new = done(await accept_partnership_invitation(pool, new_id, retailer, key))
    assert new.id != old.id
    (right,) = await list_trading_rights(pool, retailer)  # type: ignore[misc] # the scope is there
    assert right.state == "active"
    # The supplier of the old one goes on with the new one.
    assert new.supplier == pair.shown.supplier
    supplier = await find_supplier(pool, retailer, (new.supplier or "").removeprefix(ids.SUPPLIER))
    assert isinstance(supplier, Supplier)
    assert supplier.partnership == new.id
    after = await begin_ending(pool, new_id, retailer, pair.id)
    assert done(after).state == "ended"


async def test_what_is_refused(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    foreign = await begin_ending(pool, new_id, caller_for(await network.organisation()), pair.id)
    unscoped = await begin_ending(
        pool, new_id, caller_for(pair.retailer, Scope.PARTNERSHIPS_READ), pair.id
    )
    assert isinstance(foreign, Refusal)
    assert isinstance(unscoped, Refusal)
    assert foreign.code == "partnerships.unknown_partnership"
    assert unscoped.code == "identity.scope_missing"


async def end(pool: Pool, pair: Pair) -> None:
    """Take the last step, which is settlement's to take."""
    async with writing(pool) as connection:
        row = await lock_partnership(connection, pair.wholesaler, pair.id)
        assert row is not None
        ended = await set_ended(connection, row, await read_clock(connection))
        assert ended.state == "ended"
