"""Inviting a retailer: the invite key is told once, and nothing keeps it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    Agreement,
    NewPartnershipInvitation,
    invite_retailer,
    list_partnership_invitations,
    preview_invitation,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.partnerships import ALL_STOCK, done, invited

NEW = NewPartnershipInvitation(ALL_STOCK, note="Winkel Noord")


async def test_the_key_is_told_once_and_kept_as_its_hash(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    issued = done(await invite_retailer(pool, new_id, caller, NEW))
    key = issued.invite_key
    assert key is not None
    shown = issued.invitation
    assert (shown.state, shown.note, shown.buffer, shown.cap) == ("open", "Winkel Noord", "3", "50")
    assert shown.expires_at - shown.created_at == timedelta(days=14)
    assert shown.time_zone == "Europe/Amsterdam"
    assert await list_partnership_invitations(pool, caller, Page()) == [shown]
    digits = key.removeprefix("ent_inv_")
    for table in ("partnership_invitations", "audit", "outbox", "idempotency_keys"):
        rows = await pool.fetch(f"SELECT t::text FROM {table} AS t")
        assert digits[:11] not in str(rows), table
    ((act, subject, answer),) = await acts_of(pool, caller.organisation)
    assert (act, subject) == ("partnerships.retailer_invited", shown.id)
    assert answer["note"] == "Winkel Noord"


async def test_sent_again_it_is_answered_without_the_key(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    first = await invite_retailer(pool, new_id, caller, NEW, Sent("k", b"c"))
    again = await invite_retailer(pool, new_id, caller, NEW, Sent("k", b"c"))
    assert not isinstance(again, Refusal)
    assert again.replayed
    assert again.answer.invite_key is None
    assert again.answer.invitation == done(first).invitation
    found = await list_partnership_invitations(pool, caller, Page())
    assert not isinstance(found, Refusal)
    assert len(found) == 1
    other = await invite_retailer(pool, new_id, caller, NEW, Sent("k", b"d"))
    assert isinstance(other, Refusal)
    assert other.code == "request.key_reused"


async def test_its_own_zone_and_its_own_days(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    new = NewPartnershipInvitation(ALL_STOCK, time_zone="Australia/Melbourne", valid_days=1)
    shown = done(await invite_retailer(pool, new_id, caller, new)).invitation
    assert shown.time_zone == "Australia/Melbourne"
    assert shown.expires_at - shown.created_at == timedelta(days=1)


async def test_every_fault_is_named_at_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    agreement = Agreement(
        "some_stock",
        Decimal(-1),
        Decimal("0.0001"),
        "burn",
        "lose",
        Decimal("NaN"),
        "bell\a",
    )
    new = NewPartnershipInvitation(agreement, " outer", "Mars/Olympus", 91)
    refused = await invite_retailer(pool, new_id, caller, new)
    assert isinstance(refused, Refusal)
    assert [(fault.code.partition(".")[2], fault.field) for fault in refused.faults] == [
        ("sharing_policy_not_valid", "sharing_policy"),
        ("on_cancel_not_valid", "on_cancel_open_week"),
        ("on_cancel_not_valid", "on_cancel_later"),
        ("buffer_not_valid", "buffer"),
        ("cap_not_valid", "cap"),
        ("price_percentage_not_valid", "price_percentage"),
        ("terms_not_valid", "terms"),
        ("note_not_valid", "note"),
        ("valid_days_not_valid", "valid_days"),
        ("time_zone_not_valid", "time_zone"),
    ]
    assert await acts_of(pool, caller.organisation) == []


async def test_the_scopes_are_needed(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    for refused in (
        await invite_retailer(pool, new_id, caller_for(organisation, Scope.PARTNERSHIPS_READ), NEW),
        await list_partnership_invitations(
            pool, caller_for(organisation, Scope.PARTNERSHIPS_WRITE), Page()
        ),
    ):
        assert isinstance(refused, Refusal)
        assert refused.code == "identity.scope_missing"


async def test_a_list_is_ones_own_newest_first_and_by_pages(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    made = [(await invited(pool, caller.organisation)).invitation for _ in range(3)]
    await invited(pool, await network.organisation())
    first = await list_partnership_invitations(pool, caller, Page(1))
    assert first == made[:0:-1]
    rest = await list_partnership_invitations(pool, caller, Page(5, (made[1].inner_id,)))
    assert rest == made[:1]


async def test_any_key_that_was_made_is_good(pool: Pool, network: Network) -> None:
    key = (await invited(pool, await network.organisation())).invite_key
    assert key is not None
    preview = await preview_invitation(pool, caller_for(await network.organisation()), key.lower())
    assert not isinstance(preview, Refusal)
