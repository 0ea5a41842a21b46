"""Accepting an invitation: a partnership, the right of the two, and a supplier; once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from entrepot.catalogue import NewSupplier, Supplier, create_supplier, list_suppliers
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.kernel.weeks import WEEK, week_begins, week_label, week_of
from entrepot.notices import list_notices
from entrepot.partnerships import (
    Partnership,
    accept_partnership_invitation,
    find_partnership,
    list_partnership_invitations,
    list_trading_rights,
    preview_invitation,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.partnerships import done, invite_key_of, invited, paired


async def accepted(pool: Pool, retailer: Caller, key: str) -> Partnership:
    return done(await accept_partnership_invitation(pool, new_id, retailer, key))


def code_of(answer: object) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.code


async def test_each_side_sees_its_own_face(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    shown = pair.shown
    assert (shown.role, shown.state, shown.buffer, shown.cap) == ("retailer", "active", None, "50")
    assert shown.partner.id == ids.ORGANISATION + pair.wholesaler
    assert await find_partnership(pool, caller_for(pair.retailer), pair.id) == shown
    theirs = await find_partnership(pool, caller_for(pair.wholesaler), pair.id)
    assert isinstance(theirs, Partnership)
    assert (theirs.role, theirs.buffer, theirs.supplier) == ("wholesaler", "3", None)
    assert theirs.partner.id == ids.ORGANISATION + pair.retailer
    assert (theirs.id, theirs.terms, theirs.currency) == (shown.id, shown.terms, "EUR")


async def test_its_first_open_week_is_the_current_one(pool: Pool, network: Network) -> None:
    shown = (await paired(pool, network)).shown
    week = week_of(shown.created_at, shown.time_zone)
    assert shown.closed_through == week_label(week - WEEK)
    assert shown.next_close_at == week_begins(week + WEEK, shown.time_zone)
    assert timedelta(0) < shown.next_close_at - shown.created_at <= timedelta(days=7, hours=1)


async def test_who_tells_a_history_says_when_it_began(pool: Pool, network: Network) -> None:
    wholesaler, retailer = await network.organisation(), await network.organisation("shop")
    issued = await invited(pool, wholesaler)
    at = datetime(2026, 3, 18, 12, tzinfo=UTC)
    begun = done(
        await accept_partnership_invitation(
            pool,
            new_id,
            caller_for(retailer),
            issued.invite_key or "",
            moment=lambda _: at,
        )
    )
    assert (begun.created_at, begun.closed_through) == (at, "2026-W11")
    assert begun.next_close_at == datetime(2026, 3, 22, 23, tzinfo=UTC)


async def test_the_two_get_their_right_and_the_wholesaler_a_notice(
    pool: Pool, network: Network
) -> None:
    wholesaler, retailer = await network.organisation(), await network.organisation("shop")
    issued = await invited(pool, wholesaler, note="the north")
    shown = await accepted(pool, caller_for(retailer), issued.invite_key or "")
    rights = await list_trading_rights(pool, caller_for(retailer))
    assert not isinstance(rights, Refusal)
    assert [(each.kind, each.state) for each in rights] == [("consignment", "active")]
    notices = await list_notices(pool, caller_for(wholesaler), Page())
    assert not isinstance(notices, Refusal)
    ((notice),) = notices
    assert (notice.kind, notice.subject) == ("partnerships.invitation_accepted", shown.id)
    assert notice.facts == {"partner": "shop", "state": "active", "note": "the north"}
    listed = await list_partnership_invitations(pool, caller_for(wholesaler), Page())
    assert not isinstance(listed, Refusal)
    assert [(each.state, each.partnership) for each in listed] == [("accepted", shown.id)]
    assert [act for act, _, _ in await acts_of(pool, retailer)] == [
        "partnerships.partnership_made",
        "catalogue.supplier_created",
    ]


async def test_the_supplier_of_that_name_becomes_the_wholesaler(
    pool: Pool, network: Network
) -> None:
    wholesaler, retailer = await network.organisation("wholesale"), await network.organisation()
    caller = caller_for(retailer)
    known = done(
        await create_supplier(pool, new_id, caller, NewSupplier("WholeSale", "a@b.example"))
    )
    shown = await accepted(pool, caller, await invite_key_of(pool, wholesaler))
    (supplier,) = await suppliers_of(pool, caller)
    assert (supplier.id, supplier.partnership, supplier.email) == (
        known.id,
        shown.id,
        "a@b.example",
    )
    assert shown.supplier == known.id


async def test_a_key_is_used_once_whoever_comes_at_once(pool: Pool, network: Network) -> None:
    key = await invite_key_of(pool, await network.organisation())
    callers = [caller_for(await network.organisation()) for _ in range(5)]
    answers = await asyncio.gather(
        *[accept_partnership_invitation(pool, new_id, each, key) for each in callers]
    )
    assert sum(isinstance(each, Written) for each in answers) == 1
    assert {each.code for each in answers if isinstance(each, Refusal)} == {
        "partnerships.invite_key_not_valid"
    }
    assert await pool.fetchval("SELECT count(*) FROM partnerships") == 1


async def test_sent_again_it_is_answered_the_same(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    key = await invite_key_of(pool, await network.organisation())
    sent = Sent("k", b"c")
    answers = await asyncio.gather(
        *[accept_partnership_invitation(pool, new_id, caller, key, sent) for _ in range(3)]
    )
    assert len({done(each).id for each in answers}) == 1
    assert sorted(each.replayed for each in answers if isinstance(each, Written)) == [
        False,
        True,
        True,
    ]
    # Replays are no wrong tries.
    assert await pool.fetchval("SELECT cardinality(tried_at) FROM invite_key_tries") == 0
    assert len(await suppliers_of(pool, caller)) == 1


async def test_it_is_answered_the_same_after_too_many_wrong_keys(
    pool: Pool, network: Network
) -> None:
    caller = caller_for(await network.organisation())
    key = await invite_key_of(pool, await network.organisation())
    made = done(await accept_partnership_invitation(pool, new_id, caller, key, Sent("k", b"c")))
    answers = [await preview_invitation(pool, caller, "ent_inv_WRONG") for _ in range(11)]
    assert code_of(answers[-1]) == "partnerships.too_many_tries"
    again = await accept_partnership_invitation(pool, new_id, caller, key, Sent("k", b"c"))
    assert again == Written(made, replayed=True)
    other = await accept_partnership_invitation(pool, new_id, caller, key, Sent("k", b"other"))
    assert code_of(other) == "request.key_reused"


async def test_a_second_partnership_in_the_same_direction_is_refused(
    pool: Pool, network: Network
) -> None:
    pair = await paired(pool, network)
    caller = caller_for(pair.retailer)
    key = await invite_key_of(pool, pair.wholesaler)
    for _ in range(12):
        assert code_of(await accept_partnership_invitation(pool, new_id, caller, key)) == (
            "partnerships.already_partners"
        )
    # Nothing is used up: neither the key nor the tries.
    assert not isinstance(await preview_invitation(pool, caller, key), Refusal)
    other = caller_for(await network.organisation())
    await accepted(pool, other, key)


async def test_two_keys_of_one_wholesaler_at_once_make_one(pool: Pool, network: Network) -> None:
    wholesaler = await network.organisation()
    caller = caller_for(await network.organisation())
    keys = [await invite_key_of(pool, wholesaler) for _ in range(2)]
    answers = await asyncio.gather(
        *[accept_partnership_invitation(pool, new_id, caller, key) for key in keys]
    )
    (refused,) = [each for each in answers if isinstance(each, Refusal)]
    assert refused.code == "partnerships.already_partners"


async def test_both_directions_between_two_are_two_partnerships(
    pool: Pool, network: Network
) -> None:
    pair = await paired(pool, network)
    key = await invite_key_of(pool, pair.retailer)
    shown = await accepted(pool, caller_for(pair.wholesaler), key)
    assert shown.id != pair.shown.id
    assert shown.partner.id == ids.ORGANISATION + pair.retailer


async def test_the_scope_is_needed(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation(), Scope.PARTNERSHIPS_READ)
    key = await invite_key_of(pool, await network.organisation())
    answer = await accept_partnership_invitation(pool, new_id, caller, key)
    assert code_of(answer) == "identity.scope_missing"
    assert await pool.fetchval("SELECT count(*) FROM partnerships") == 0


async def suppliers_of(pool: Pool, caller: Caller) -> list[Supplier]:
    found = await list_suppliers(pool, caller, Page())
    assert not isinstance(found, Refusal)
    return list(found)
