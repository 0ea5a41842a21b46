"""The oracle's answers about people, what they and programs come in by, and what they did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from tests.access.facts import Asked, Facts, Listed, Reader, RefusedError, Row, inner, said, shown

IDLE_MAX = timedelta(hours=8)

ORGANISATION = ("slug", "name", "time_zone", "country", "currency", "created_at")
TOKEN = ("name", "scopes", "shown", "created_at", "expires_at", "revoked_at")
PERSON = ("email", "name", "language", "time_zone", "created_at")
INVITATION = ("role", "created_at", "expires_at", "accepted_at", "revoked_at", "email")
SESSION = (
    "organisation",
    "person",
    "created_at",
    "expires_at",
    "revoked_at",
    "seen_at",
    "address",
    "program",
)


def _token(row: Row) -> dict[str, Any]:
    return shown(row, TOKEN, id=f"tok_{row['id']}")


def show_me(facts: Facts, reader: Reader, asked: Asked) -> dict[str, Any]:
    del asked
    organisation = facts.one("organisations", id=reader.organisation)
    assert organisation is not None
    me: dict[str, Any] = {
        "kind": "token",
        "organisation": shown(organisation, ORGANISATION, id=f"org_{organisation['id']}"),
        "scopes": [scope.value for scope in Scope if scope.value in reader.scopes],
        "role": None,
        "person": None,
        "session": None,
        "token": None,
    }
    if reader.person is None:
        token = facts.one("tokens", id=reader.token)
        assert token is not None
        return me | {"token": _token(token)}
    person = facts.one("people", id=reader.person)
    member = facts.one("memberships", organisation=reader.organisation, person=reader.person)
    assert person is not None
    assert member is not None
    return me | {
        "kind": "person",
        "role": member["role"],
        "person": shown(person, PERSON, id=f"psn_{person['id']}"),
        "session": f"ses_{reader.token}",
    }


def list_sessions(facts: Facts, reader: Reader, asked: Asked) -> list[Listed]:
    whose = reader.person
    if "person" in asked:
        whose = inner("psn_", asked["person"]) or "nobody"
    if whose is None:
        raise RefusedError("identity.person_needed")
    if whose != reader.person and Scope.ORGANISATION_WRITE.value not in reader.scopes:
        raise RefusedError("identity.scope_missing")
    return [
        Listed(shown(row, SESSION, id=f"ses_{row['id']}"), (row["id"],))
        for row in facts["log_in_sessions"]
        if (row["organisation"], row["person"]) == (reader.organisation, whose)
        and row["revoked_at"] is None
        and not facts.is_past(row["expires_at"])
        and not facts.is_past(row["seen_at"] + IDLE_MAX)
    ]


def list_people(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    del asked
    found = []
    for member in facts["memberships"]:
        person = facts.one("people", id=member["person"])
        if member["organisation"] == me and member["ended_at"] is None and person is not None:
            more = {name: member[name] for name in ("role", "created_at")}
            each = shown(person, ("email", "name"), id=f"psn_{person['id']}", **more)
            found.append(Listed(each, (person["id"],)))
    return found


def list_invitations(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    del asked
    return [
        Listed(
            shown(
                row,
                INVITATION,
                id=f"cin_{row['id']}",
                invited_by=None if row["invited_by"] is None else f"psn_{row['invited_by']}",
            ),
            (row["id"],),
        )
        for row in facts["colleague_invitations"]
        if row["organisation"] == me
    ]


def list_tokens(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    del asked
    own = [row for row in facts["tokens"] if row["organisation"] == me]
    return [Listed(_token(row), (row["id"],)) for row in own]


def _who(facts: Facts, row: Row) -> dict[str, Any]:
    """Who did something, as far as the organisation may know."""
    who = dict.fromkeys(("id", "name", "email", "shown"))
    if row["token"] is None:
        return {"kind": "operator", **who}
    session = facts.one("log_in_sessions", id=row["token"])
    if session is not None:
        person = facts.one("people", id=session["person"])
        assert person is not None
        said_of = {name: person[name] for name in ("name", "email")}
        return {"kind": "person", **who, **said_of, "id": f"psn_{person['id']}"}
    token = facts.one("tokens", id=row["token"], organisation=row["organisation"])
    assert token is not None
    said_of = {name: token[name] for name in ("name", "shown")}
    return {"kind": "token", **who, **said_of, "id": f"tok_{token['id']}"}


def _entry(facts: Facts, row: Row) -> dict[str, Any]:
    entry = {name: said("", row[name]) for name in ("at", "act", "subject", "request")}
    return {"id": f"act_{row['id']}", "who": _who(facts, row), **entry}


def list_audit(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    found = []
    for row in facts["audit"]:
        entry = _entry(facts, row)
        if (
            row["organisation"] == me
            and asked.get("act", row["act"]) == row["act"]
            and asked.get("subject", row["subject"]) == row["subject"]
            and asked.get("token") in {None, f"tok_{row['token']}", f"ses_{row['token']}"}
            and asked.get("person") in {None, entry["who"]["id"]}
            and ("from" not in asked or row["at"] >= datetime.fromisoformat(asked["from"]))
            and ("until" not in asked or row["at"] < datetime.fromisoformat(asked["until"]))
        ):
            found.append(Listed(entry, (row["id"],)))
    return found


def find_act(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    row = facts.one("audit", organisation=me, id=inner("act_", asked["act"]))
    if row is None:
        raise RefusedError("identity.unknown_act")
    return {**_entry(facts, row), "answer": msgspec.json.decode(row["answer"])}
