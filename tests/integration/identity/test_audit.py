"""Reading the audit: who did what, page by page, at a bounded cost, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from entrepot.identity import (
    ROLE_SCOPES,
    AuditEntry,
    AuditFilter,
    IssuedReset,
    IssuedToken,
    NewInvitation,
    NewToken,
    Who,
    find_act,
    find_acts,
    find_caller,
    invite_colleague,
    issue_password_reset,
    issue_token,
    list_audit,
    reset_password,
    views,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.paging import Key, Page
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.people import (
    Somebody,
    caller_of,
    code_of,
    opened_by,
    quick_passwords,
    somebody,
)

EVERYTHING = AuditFilter()


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation())


async def read(
    pool: Pool, caller: Caller, wanted: AuditFilter = EVERYTHING, page: Page | None = None
) -> tuple[list[AuditEntry], Key | None]:
    found = await list_audit(pool, caller, page or Page(), wanted)
    assert not isinstance(found, Refusal)
    return found


async def read_all(
    pool: Pool, caller: Caller, limit: int, wanted: AuditFilter = EVERYTHING
) -> list[AuditEntry]:
    seen: list[AuditEntry] = []
    after: Key | None = None
    while True:
        rows, after = await read(pool, caller, wanted, Page(limit, after))
        seen += rows
        if after is None:
            return seen


async def acted(pool: Pool, caller: Caller, times: int = 1) -> None:
    for _ in range(times):
        await invite_colleague(pool, new_id, caller, NewInvitation("bob@example.com", "reader"))


async def test_it_says_who_did_what(pool: Pool, ann: Somebody) -> None:
    person = await caller_of(pool, await opened_by(pool, ann))
    issued = await issue_token(pool, new_id, person, NewToken("shop", ("organisation:write",)))
    assert isinstance(issued, IssuedToken)
    for scope in sorted(ROLE_SCOPES["reader"]):  # nobody invites who may do more than they
        await pool.execute("UPDATE tokens SET scopes = scopes || ARRAY[$1::text]", scope)
    program = await find_caller(pool, issued.secret)
    assert program is not None
    await acted(pool, program)
    reset = await issue_password_reset(pool, new_id, ann.email)
    assert isinstance(reset, IssuedReset)
    await reset_password(pool, new_id, quick_passwords(), reset.key, "eight green leeks")
    rows, following = await read(pool, person)
    assert following is None
    herself = Who("person", ids.PERSON + ann.id, "Ann Other", ann.email)
    shop = Who("token", issued.token.id, "shop", shown=issued.token.shown)
    assert [(row.act, row.who) for row in rows] == [
        ("identity.password_reset", herself),
        ("identity.password_reset_issued", Who("operator")),
        ("identity.colleague_invited", shop),
        ("identity.token_issued", herself),
        ("identity.logged_in", herself),
        ("identity.person_added", Who("operator")),
    ]
    assert rows[3].subject == issued.token.id


async def test_one_act_is_shown_with_its_answer(pool: Pool, ann: Somebody) -> None:
    caller = caller_for(ann.organisation)
    ((entry,), _) = await read(pool, caller)
    record = await find_act(pool, caller, entry.id.removeprefix(ids.ACT))
    assert not isinstance(record, Refusal)
    shown = msgspec.json.decode(msgspec.json.encode(record))
    assert shown["answer"]["person"] == ids.PERSON + ann.id
    assert shown["who"]["kind"] == "operator"


async def test_several_acts_are_found_at_once_and_none_of_others(
    pool: Pool, ann: Somebody, network: Network
) -> None:
    caller = caller_for(ann.organisation)
    entries, _ = await read(pool, caller)
    wanted = [each.id.removeprefix(ids.ACT) for each in entries]
    found = await find_acts(pool, caller, [*wanted, "0" * 32])
    assert not isinstance(found, Refusal)
    assert {id_: each.act for id_, each in found.items()} == {each.id: each.act for each in entries}
    other = caller_for(await network.organisation())
    assert await find_acts(pool, other, wanted) == {}
    reader = caller_for(ann.organisation, Scope.ORDERS_READ)
    assert code_of(await find_acts(pool, reader, wanted)) == "identity.scope_missing"


async def test_a_foreign_act_is_answered_as_an_absent_one(
    pool: Pool, network: Network, ann: Somebody
) -> None:
    ((entry,), _) = await read(pool, caller_for(ann.organisation))
    stranger = caller_for(await network.organisation())
    answers = [
        await find_act(pool, stranger, act) for act in (entry.id.removeprefix("act_"), new_id(), "")
    ]
    assert {code_of(answer) for answer in answers} == {"identity.unknown_act"}
    assert await read(pool, stranger) == ([], None)


async def test_filters_keep_what_is_wanted(pool: Pool, ann: Somebody) -> None:
    caller = caller_for(ann.organisation)
    opened = await opened_by(pool, ann)
    person = await caller_of(pool, opened)
    await acted(pool, caller)
    await acted(pool, person)
    (newest, *_), _ = await read(pool, caller)
    for wanted, acts in {
        AuditFilter(act="identity.logged_in"): ["logged_in"],
        AuditFilter(subject=opened.session.id): ["logged_in"],
        AuditFilter(token=person.token): ["colleague_invited", "logged_in"],
        AuditFilter(person=ann.id): ["colleague_invited", "logged_in"],
        AuditFilter(person=ann.id, act="identity.person_added"): [],
        AuditFilter(person=new_id()): [],
        AuditFilter(from_=newest.at): ["colleague_invited"],
        AuditFilter(until=newest.at): ["colleague_invited", "logged_in", "person_added"],
        AuditFilter(from_=newest.at + timedelta(hours=1)): [],
        AuditFilter(until=newest.at - timedelta(days=400)): [],
        AuditFilter(from_=datetime(1, 1, 1, tzinfo=UTC)): [
            "colleague_invited",
            "colleague_invited",
            "logged_in",
            "person_added",
        ],
    }.items():
        rows, _ = await read(pool, caller, wanted)
        assert [row.act.removeprefix("identity.") for row in rows] == acts, wanted


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
async def test_pages_hold_every_act_once(pool: Pool, ann: Somebody, limit: int) -> None:
    caller = caller_for(ann.organisation)
    await acted(pool, caller, 5)
    rows = await read_all(pool, caller, limit)
    assert [row.id for row in rows] == sorted({row.id for row in rows}, reverse=True)
    assert len(rows) == 6


@pytest.mark.parametrize("window", [1, 2, 3, 7])
async def test_what_is_rare_is_found_a_window_at_a_time(
    pool: Pool, ann: Somebody, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = caller_for(ann.organisation)
    await acted(pool, caller, 6)
    monkeypatch.setattr(views, "WINDOW", window)
    rare = AuditFilter(act="identity.person_added")
    first, following = await read(pool, caller, rare, Page(2))
    assert (len(first), following is None) == ((1, False) if window == 7 else (0, False))
    (found,) = await read_all(pool, caller, 2, rare)
    assert found.act == "identity.person_added"
    assert len(await read_all(pool, caller, 2)) == 7


async def test_the_scope_is_needed(pool: Pool, ann: Somebody) -> None:
    caller = caller_for(ann.organisation, Scope.ORGANISATION_WRITE)
    assert code_of(await list_audit(pool, caller, Page(), EVERYTHING)) == "identity.scope_missing"
    assert code_of(await find_act(pool, caller, new_id())) == "identity.scope_missing"
