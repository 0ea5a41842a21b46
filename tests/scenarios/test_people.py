"""People by the command line: the first owner, colleagues, roles, and a forgotten password."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from entrepot.identity import LogIn, OpenedSession, find_caller, log_in
from entrepot.infra.ids import new_id
from entrepot.infra.passwords import Passwords
from entrepot.infra.pool import open_pool
from entrepot.infra.settings import Settings
from tests.factories.cli import CommandLine

ANN = "ann@example.com"
PASSWORD = "seven purple carrots"


@pytest.fixture
def entrepot(
    database: str,
    open_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    line = CommandLine(database, open_dir, monkeypatch, capsys)
    line.done("organisation", "create", "hub-a")
    return line


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


async def opened_by(database: str, settings: Settings, email: str, password: str) -> str | None:
    """The secret of a session, if the password opens one."""
    pool = await open_pool(database, settings)
    try:
        opened = await log_in(pool, new_id, Passwords(), LogIn(email, password))
        if not isinstance(opened, OpenedSession):
            return None
        assert await find_caller(pool, opened.secret) is not None
        return opened.secret
    finally:
        await pool.close()


def test_the_first_owner_is_added_from_a_pipe(
    entrepot: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, f"{PASSWORD}\n")
    added = entrepot.done("person", "add", "hub-a", ANN, "--name", "Ann", "--password-stdin")
    assert added["role"] == "owner"
    assert added["password"] is None
    (listed,) = entrepot.done("person", "list", "hub-a")["people"]
    assert (listed["id"], listed["email"], listed["name"]) == (added["person"], ANN, "Ann")
    assert ANN in entrepot("person", "list", "hub-a").out


def test_a_generated_password_is_printed_once_and_logs_in(
    entrepot: CommandLine, database: str, settings: Settings
) -> None:
    ended = entrepot("person", "add", "hub-a", ANN, "--generate")
    assert ended.code == 0, ended.err
    password = ended.out.strip()
    assert len(password) == 32
    assert password not in ended.err
    assert asyncio.run(opened_by(database, settings, ANN, password)) is not None
    (session,) = entrepot.done("person", "sessions", "hub-a", ANN)["sessions"]
    assert session["id"] in entrepot("person", "sessions", "hub-a", ANN).out
    revoked = entrepot.done("person", "revoke-session", "hub-a", session["id"])
    assert revoked["revoked_at"] is not None
    assert entrepot.done("person", "sessions", "hub-a", ANN) == {"sessions": []}


def test_a_password_is_never_an_argument_and_never_guessed(
    entrepot: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "")
    ended = entrepot("person", "add", "hub-a", ANN)
    assert ended.code == 2
    assert "--password-stdin" in ended.err
    assert entrepot("person", "add", "hub-a", ANN, "--password-stdin", "--generate").code == 2
    typed(monkeypatch, "Welkom2026!\n")
    ended = entrepot("person", "add", "hub-a", ANN, "--password-stdin", "--role", "boss")
    assert ended.code == 4
    assert "identity.password_guessable" in ended.err
    assert "identity.role_not_valid" in ended.err
    assert "Welkom2026!" not in ended.err
    assert entrepot.done("person", "list", "hub-a") == {"people": []}


def test_colleagues_come_change_and_go(entrepot: CommandLine) -> None:
    entrepot.done("person", "add", "hub-a", ANN, "--generate")
    added = entrepot.done("person", "add", "hub-a", "bob@example.com", "--generate")
    changed = entrepot.done("person", "set-role", "hub-a", "BOB@example.com", "clerk")
    assert (changed["person"], changed["role"]) == (added["person"], "clerk")
    ended = entrepot("person", "set-role", "hub-a", ANN, "reader")
    assert (ended.code, "identity.last_owner" in ended.err) == (4, True)
    removed = entrepot.done("person", "remove", "hub-a", added["person"])
    assert removed["ended_at"] is not None
    assert entrepot("person", "remove", "hub-a", "bob@example.com").code == 3
    assert len(entrepot.done("person", "list", "hub-a")["people"]) == 1
    issued = entrepot.done("person", "invite", "hub-a", "bob@example.com", "--role", "manager")
    assert issued["key"].startswith("ent_key_")
    assert issued["invitation"]["role"] == "manager"
    shown = entrepot("person", "invite", "hub-a", "bob@example.com")
    assert shown.out.startswith("ent_key_")


def test_a_forgotten_password_is_reset_by_a_key(entrepot: CommandLine) -> None:
    assert entrepot("person", "reset-password", ANN).code == 3
    entrepot.done("person", "add", "hub-a", ANN, "--generate")
    issued = entrepot.done("person", "reset-password", ANN)
    assert issued["key"].startswith("ent_key_")
    assert entrepot("person", "reset-password", ANN).out.startswith("ent_key_")


def test_a_dry_run_makes_nobody_and_tells_no_secret(entrepot: CommandLine) -> None:
    added = entrepot.done("person", "add", "hub-a", ANN, "--generate", "--dry-run")
    assert (added["email"], added["password"]) == (ANN, None)
    assert entrepot.done("person", "list", "hub-a") == {"people": []}
    issued = entrepot.done("person", "invite", "hub-a", ANN, "--dry-run")
    assert issued["key"] is None


def test_an_invitation_is_taken_back(entrepot: CommandLine) -> None:
    issued = entrepot.done("person", "invite", "hub-a", "bob@example.com", "--role", "clerk")
    ident = issued["invitation"]["id"]
    (listed,) = entrepot.done("person", "invitations", "hub-a")["invitations"]
    assert (listed["id"], listed["email"]) == (ident, "bob@example.com")
    assert issued["key"] not in str(listed)
    rehearsed = entrepot.done("person", "revoke-invitation", "hub-a", ident, "--dry-run")
    assert rehearsed["revoked_at"] is not None
    (listed,) = entrepot.done("person", "invitations", "hub-a")["invitations"]
    assert listed["revoked_at"] is None, "a dry run takes nothing back"
    revoked = entrepot.done("person", "revoke-invitation", "hub-a", ident)
    assert entrepot.done("person", "revoke-invitation", "hub-a", ident) == revoked
    assert ident in entrepot("person", "invitations", "hub-a").out
    unknown = entrepot("person", "revoke-invitation", "hub-a", "cin_" + "0" * 32)
    assert (unknown.code, "identity.unknown_invitation" in unknown.err) == (3, True)
