"""Pausing: either side may, nothing is offered then, and the consignment right follows."""

from __future__ import annotations

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.notices import list_notices
from entrepot.partnerships import begin_ending, list_trading_rights, pause_partnership
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.partnerships import done, paired


async def test_nothing_is_offered_while_it_is_paused(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    theirs = await network.variant(pair.wholesaler)
    ours = await network.variant(pair.retailer)
    await network.match(pair.id, (pair.wholesaler, theirs), (pair.retailer, ours))
    assert await offers(pool) == 1
    paused = done(await pause_partnership(pool, new_id, caller_for(pair.retailer), pair.id))
    assert (paused.state, paused.paused_by_you, paused.paused_by_partner) == (
        "paused",
        True,
        False,
    )
    assert await offers(pool) == 0
    rights = await list_trading_rights(pool, caller_for(pair.wholesaler))
    assert not isinstance(rights, Refusal)
    assert [each.state for each in rights] == ["paused"]


async def test_the_partner_is_told_and_the_audit_says_who(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    caller = caller_for(pair.wholesaler)
    first = await pause_partnership(pool, new_id, caller, pair.id, Sent("k", b"c"))
    again = await pause_partnership(pool, new_id, caller, pair.id, Sent("k", b"c"))
    other = await pause_partnership(pool, new_id, caller, pair.id)
    assert done(first) == done(again) == done(other)
    acts = [(act, subject) for act, subject, _ in await acts_of(pool, pair.wholesaler)]
    assert acts[1:] == [("partnerships.partnership_paused", pair.shown.id)]
    (notice,) = await list_notices(pool, caller_for(pair.retailer), Page())  # type: ignore[misc] # the scope is there
    assert (notice.kind, notice.subject) == ("partnerships.paused", pair.shown.id)
    assert notice.facts == {"partner": "wholesale", "state": "paused"}


async def test_what_is_refused(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    stranger = caller_for(await network.organisation())
    reader = caller_for(pair.retailer, Scope.PARTNERSHIPS_READ)
    caller = caller_for(pair.retailer)
    foreign = await pause_partnership(pool, new_id, stranger, pair.id)
    absent = await pause_partnership(pool, new_id, stranger, new_id())
    unread = await pause_partnership(pool, new_id, stranger, "")
    unscoped = await pause_partnership(pool, new_id, reader, pair.id)
    await begin_ending(pool, new_id, caller, pair.id)
    ending = await pause_partnership(pool, new_id, caller, pair.id)
    codes = []
    for answer in (foreign, absent, unread, unscoped, ending):
        assert isinstance(answer, Refusal)
        codes.append(answer.code)
    assert codes == [
        *["partnerships.unknown_partnership"] * 3,
        "identity.scope_missing",
        "partnerships.partnership_ending",
    ]
    assert isinstance(foreign, Refusal)
    assert isinstance(absent, Refusal)
    assert foreign.faults[0].message == absent.faults[0].message


async def offers(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM partner_offers")
    return count
