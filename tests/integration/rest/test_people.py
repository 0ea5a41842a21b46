"""People by the REST door: logging in, what a role opens, and what leaves no trace."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from entrepot.apis.rest.sessions import BODY_MAX_BYTES
from entrepot.identity import IssuedReset, issue_password_reset
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel import ids
from tests.factories.network import Network
from tests.factories.people import PASSWORD, Somebody, opened_by, somebody
from tests.factories.web import Asker, Web, open_web
from tests.fakes.log import NullLog

NEW = "eight green leeks"


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation("hub"))


async def logged_in(web: Web, person: Somebody) -> Asker:
    """What a person sends after logging in."""
    opened = await web.nobody().post(
        "/sessions", {"email": person.email, "password": person.password}
    )
    return Asker(web.http, opened["secret"])


async def refused(asker: Asker, path: str, body: object = None) -> tuple[int, str]:
    response = await asker.try_post(path, body)
    return response.status_code, response.json()["code"]


async def test_a_person_logs_in_and_is_known(web: Web, ann: Somebody) -> None:
    asker = await logged_in(web, ann)
    me = await asker.get("/me")
    assert me["kind"] == "person"
    assert me["role"] == "owner"
    assert (me["person"]["id"], me["person"]["email"]) == (ids.PERSON + ann.id, ann.email)
    assert me["organisation"]["id"] == f"org_{ann.organisation}"
    assert "audit:read" in me["scopes"]
    (session,) = (await asker.get("/sessions"))["data"]
    assert session["id"] == me["session"]
    assert session["program"].startswith("python-httpx/")
    assert session["address"] == "127.0.0.1"
    assert "secret" not in session


async def test_a_program_is_known_too(web: Web, ann: Somebody) -> None:
    issued = await web.token(ann.organisation)
    asker = Asker(web.http, issued.secret)
    me = await asker.get("/me")
    assert (me["kind"], me["token"]["id"], me["person"]) == ("token", issued.token.id, None)
    assert await refused(asker, "/sessions/current/revoke") == (404, "identity.unknown_session")
    body = {"old_password": PASSWORD, "new_password": NEW}
    assert await refused(asker, "/me/password", body) == (403, "identity.person_needed")
    response = await asker.send("GET", "/api/v1/sessions")
    assert (response.status_code, response.json()["code"]) == (403, "identity.person_needed")


async def test_a_person_changes_their_preferences_and_a_program_has_none(
    web: Web, ann: Somebody
) -> None:
    opened = await opened_by(web.pool, ann)
    asker = Asker(web.http, opened.secret)
    changed = await asker.patch("/me", {"time_zone": "Europe/Lisbon"})
    assert (changed.status_code, changed.json()["language"]) == (200, "nl")
    assert (await asker.get("/me"))["person"]["time_zone"] == "Europe/Lisbon"
    wrong = await asker.patch("/me", {"time_zone": "Atlantis"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "identity.time_zone_not_valid")
    wrong = await asker.patch("/me", {"language": "tlh"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "request.field_not_valid")
    program = await web.asker(ann.organisation)
    refused_ = await program.patch("/me", {"language": "en"})
    assert (refused_.status_code, refused_.json()["code"]) == (403, "identity.person_needed")


async def test_wrong_passwords_are_answered_alike_and_then_not_at_all(
    web: Web, ann: Somebody
) -> None:
    nobody = web.nobody()
    texts = set()
    for email in (ann.email, "nobody@example.com"):
        response = await nobody.send(
            "POST",
            "/api/v1/sessions",
            {"email": email, "password": "wrong password"},
            headers={"X-Request-Id": "same"},
        )
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Bearer")
        texts.add(response.text)
    assert len(texts) == 1
    for _ in range(9):
        await refused(nobody, "/sessions", {"email": ann.email, "password": "wrong password"})
    response = await nobody.try_post("/sessions", {"email": ann.email, "password": PASSWORD})
    assert (response.status_code, response.json()["code"]) == (429, "identity.too_many_tries")
    assert 3500 < int(response.headers["retry-after"]) <= 3601


async def test_logging_out_ends_the_session_at_once(web: Web, ann: Somebody) -> None:
    asker = await logged_in(web, ann)
    await asker.post("/sessions/current/revoke")
    assert (await asker.send("GET", "/api/v1/me")).status_code == 401
    other = await logged_in(web, ann)
    (session,) = (await other.get("/sessions"))["data"]
    revoked = await other.post(f"/sessions/{session['id']}/revoke", key="k")
    assert revoked["revoked_at"] is not None
    assert (await other.send("GET", "/api/v1/me")).status_code == 401


async def test_an_owner_manages_colleagues(web: Web, ann: Somebody) -> None:
    owner, nobody = await logged_in(web, ann), web.nobody()
    new = {"email": "bob@example.com", "role": "clerk"}
    invited = await owner.try_post("/colleague-invitations", new, key="invite")
    again = await owner.try_post("/colleague-invitations", new, key="invite")
    assert (invited.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == {"invitation": invited.json()["invitation"], "key": None}
    accepting = {"key": invited.json()["key"], "password": NEW, "name": "Bob"}
    opened = await nobody.post("/colleague-invitations/accept", accepting)
    bob = Asker(web.http, opened["secret"])
    assert (await bob.get("/me"))["role"] == "clerk"
    (listed,) = (await owner.get("/colleague-invitations"))["data"]
    assert (listed["email"], listed["accepted_at"] is None) == ("bob@example.com", False)
    people = (await owner.get("/people", limit=1))["data"]
    people += (await owner.get("/people", limit=1, cursor=await cursor_of(owner)))["data"]
    assert [each["email"] for each in people] == [ann.email, "bob@example.com"]
    person = opened["session"]["person"]
    assert len((await owner.get("/sessions", person=person))["data"]) == 1
    changed = await owner.post(f"/people/{person}/role", {"role": "reader"}, key="role")
    assert (changed["person"], changed["role"]) == (person, "reader")
    assert (await bob.send("GET", "/api/v1/me")).status_code == 401
    removed = await owner.post(f"/people/{person}/remove", key="remove")
    assert removed["ended_at"] is not None
    body = {"email": "bob@example.com", "password": NEW}
    assert await refused(nobody, "/sessions", body) == (404, "identity.unknown_organisation")


async def cursor_of(owner: Asker) -> str:
    following: str = (await owner.get("/people", limit=1))["next"]
    return following


async def test_the_last_owner_stays(web: Web, ann: Somebody) -> None:
    owner = await logged_in(web, ann)
    path = f"/people/{ids.PERSON}{ann.id}"
    assert await refused(owner, f"{path}/remove") == (409, "identity.last_owner")
    assert await refused(owner, f"{path}/role", {"role": "clerk"}) == (409, "identity.last_owner")


@pytest.mark.parametrize("role", ["manager", "clerk", "reader"])
async def test_others_manage_nobody(pool: Pool, web: Web, network: Network, role: str) -> None:
    person = await somebody(pool, await network.organisation(), role)
    asker = await logged_in(web, person)
    for path, body in {
        "/colleague-invitations": {"email": "bob@example.com", "role": "reader"},
        f"/people/psn_{person.id}/role": {"role": "owner"},
        f"/people/psn_{person.id}/remove": None,
        "/tokens": {"name": "mine", "scopes": ["orders:read"]},
    }.items():
        assert await refused(asker, path, body) == (403, "identity.scope_missing")
    for path in ("/people", "/tokens", "/colleague-invitations"):
        assert (await asker.send("GET", f"/api/v1{path}")).status_code == 403
    expected = 200 if role == "manager" else 403
    assert (await asker.send("GET", "/api/v1/audit")).status_code == expected


async def test_tokens_are_issued_and_revoked(web: Web, ann: Somebody) -> None:
    owner = await logged_in(web, ann)
    new = {"name": "shop", "scopes": ["orders:read"], "expires_at": "2999-01-01T00:00:00Z"}
    issued = await owner.post("/tokens", new, key="issue")
    again = await owner.post("/tokens", new, key="issue")
    assert again == {"token": issued["token"], "secret": None}
    shop = Asker(web.http, issued["secret"])
    assert (await shop.get("/me"))["scopes"] == ["orders:read"]
    (listed,) = (await owner.get("/tokens"))["data"]
    assert listed == issued["token"]
    await owner.post(f"/tokens/{listed['id']}/revoke")
    assert (await shop.send("GET", "/api/v1/me")).status_code == 401
    assert await refused(owner, f"/tokens/tok_{new_id()}/revoke") == (
        404,
        "identity.unknown_token",
    )
    bad = {"name": " ", "scopes": ["stock:eat"], "expires_at": "2020-01-01T00:00:00Z"}
    response = await owner.try_post("/tokens", bad)
    assert [fault["field"] for fault in response.json()["faults"]] == [
        "name",
        "scopes",
        "expires_at",
    ]
    zoneless = {"name": "a", "scopes": [], "expires_at": "2020-01-01T00:00:00"}
    assert await refused(owner, "/tokens", zoneless) == (422, "request.field_not_valid")


async def test_a_password_is_changed_and_reset(pool: Pool, web: Web, ann: Somebody) -> None:
    asker, other = await logged_in(web, ann), await logged_in(web, ann)
    body = {"old_password": PASSWORD, "new_password": NEW}
    first = await asker.post("/me/password", body)
    assert await asker.post("/me/password", body) == first
    assert (await other.send("GET", "/api/v1/me")).status_code == 401
    issued = await issue_password_reset(pool, new_id, ann.email)
    assert isinstance(issued, IssuedReset)
    await web.nobody().post("/password-resets/use", {"key": issued.key, "password": PASSWORD})
    assert (await asker.send("GET", "/api/v1/me")).status_code == 401
    await logged_in(web, ann)


async def test_the_audit_names_people(web: Web, ann: Somebody) -> None:
    owner = await logged_in(web, ann)
    await owner.post("/tokens", {"name": "shop", "scopes": ["orders:read"]}, key="issue")
    page = await owner.get("/audit", act="identity.token_issued", limit=1)
    (entry,) = page["data"]
    assert entry["who"] == {
        "kind": "person",
        "id": ids.PERSON + ann.id,
        "name": "Ann Other",
        "email": ann.email,
        "shown": None,
    }
    record = await owner.get(f"/audit/{entry['id']}")
    assert record["answer"]["name"] == "shop"
    me = await owner.get("/me")
    for field, text in {
        "token": me["session"],
        "person": me["person"]["id"],
        "subject": record["subject"],
        "from": entry["at"],
    }.items():
        found = (await owner.get("/audit", **{field: text}))["data"]
        assert entry in found, field
    for field in ("token", "person", "subject"):
        assert (await owner.get("/audit", **{field: "nonsense"}))["data"] == []
    response = await owner.send("GET", "/api/v1/audit", query={"from": "yesterday"})
    assert [fault["field"] for fault in response.json()["faults"]] == ["from"]


@pytest.mark.parametrize(
    "path", ["/sessions", "/colleague-invitations/accept", "/password-resets/use"]
)
async def test_who_has_no_token_sends_little(web: Web, path: str) -> None:
    body = {"password": "x" * BODY_MAX_BYTES}
    assert await refused(web.nobody(), path, body) == (413, "request.too_large")


async def test_a_role_lowered_while_a_request_runs(
    pool: Pool, web: Web, network: Network, ann: Somebody
) -> None:
    """S15: whatever is remembered of a caller, what is decided after the commit is refused."""
    clerk = await somebody(pool, ann.organisation, "clerk")
    variant = f"var_{await network.variant(ann.organisation)}"
    owner, asker = await logged_in(web, ann), await logged_in(web, clerk)
    lines = {"lines": [{"variant": variant, "quantity": "100"}]}
    await owner.post("/stock/receipts", lines)

    def order(number: int) -> dict[str, Any]:
        return {"reference": f"order {number}", "lines": [{"variant": variant, "quantity": "1"}]}

    await asker.post("/orders", order(0))
    path = f"/people/{ids.PERSON}{clerk.id}/role"
    running = [asyncio.create_task(asker.try_post("/orders", order(n))) for n in range(1, 20)]
    await owner.post(path, {"role": "reader"}, key="lower")
    after = [asker.try_post("/orders", order(number)) for number in range(20, 40)]
    statuses = {response.status_code for response in await asyncio.gather(*running)}
    assert statuses <= {201, 401}
    for response in await asyncio.gather(*after):
        assert (response.status_code, response.json()["code"]) == (401, "identity.token_not_valid")
    late = await pool.fetchval(
        "SELECT count(*) FROM orders AS o INNER JOIN log_in_sessions AS s"
        " ON s.person = $1 AND o.placed_at > s.revoked_at",
        clerk.id,
    )
    assert late == 0


class Heard(NullLog):
    """Remembers all it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, event: str, **facts: object) -> None:
        self.said.append(f"{event} {facts!r}")

    warning = info
    error = info


async def test_no_secret_is_kept_or_logged(pool: Pool, settings: Settings, ann: Somebody) -> None:
    """S12, S13: after everything was done, no table and no log line holds a plain secret."""
    log = Heard()
    secrets = [PASSWORD, NEW, "a wrong password"]
    async with open_web(pool, settings, log) as web:
        nobody = web.nobody()
        await nobody.try_post("/sessions", {"email": ann.email, "password": secrets[2]})
        owner = await logged_in(web, ann)
        invited = await owner.post(
            "/colleague-invitations", {"email": "bob@example.com", "role": "clerk"}
        )
        opened = await nobody.post(
            "/colleague-invitations/accept", {"key": invited["key"], "password": NEW, "name": "Bob"}
        )
        issued = await owner.post("/tokens", {"name": "shop", "scopes": ["orders:read"]})
        reset = await issue_password_reset(pool, new_id, "bob@example.com")
        assert isinstance(reset, IssuedReset)
        await nobody.post("/password-resets/use", {"key": reset.key, "password": PASSWORD})
        await owner.post("/me/password", {"old_password": PASSWORD, "new_password": NEW})
        secrets += [owner.secret or "", invited["key"], opened["secret"], issued["secret"]]
        secrets.append(reset.key)
    assert all(len(secret) > 10 for secret in secrets)
    tables = await pool.fetch("SELECT relname FROM pg_stat_user_tables ORDER BY relname")
    assert len(tables) > 15
    dump = ""
    for (table,) in tables:
        rows = await pool.fetch(f"SELECT t::text FROM {table} AS t")
        dump += "\n".join(row[0] for row in rows)
    assert ann.email in dump
    found = [secret for secret in secrets if secret in dump or secret in str(log.said)]
    assert found == []
    assert any("/api/v1/sessions" in line for line in log.said)
