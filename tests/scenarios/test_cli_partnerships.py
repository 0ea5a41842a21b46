"""An operator links a wholesaler and a shop by the command line, and looks after the two."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.factories.cli import CommandLine

MISTAKES = [
    (("change", "depot", "shop", "--cap", "1", "--no-cap"), 2, "both given"),
    (("change", "depot", "shop", "--policy", "some"), 2, "--policy"),
    (("change", "shop", "depot", "--cap", "1"), 4, "(partnerships.wholesaler_only"),
    (("change", "depot", "shop", "--cap", "-1"), 4, "(partnerships.cap_not_valid [cap])"),
    (("invite", "depot", "--valid-days", "0"), 4, "(partnerships.valid_days_not_valid"),
    (("invite", "depot", "--time-zone", "Mars"), 4, "(identity.time_zone_not_valid"),
    (("preview", "shop", "nonsense"), 4, "(partnerships.invite_key_not_valid"),
    (("show", "shop", "nobody"), 3, "(partnerships.unknown_partnership"),
    (("pause", "shop", "pts_" + "0" * 32), 3, "(partnerships.unknown_partnership"),
    (("revoke-invitation", "depot", "pin_x"), 3, "(partnerships.unknown_invitation"),
]


@pytest.fixture
def entrepot(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    line = CommandLine(database, tmp_path / "data", monkeypatch, capsys)
    for slug in ("depot", "shop"):
        line.done("organisation", "create", slug)
    return line


def linked(entrepot: CommandLine, wholesaler: str = "depot", retailer: str = "shop") -> str:
    """Invite and accept; the partnership's id."""
    key = entrepot.done("partnership", "invite", wholesaler)["invite_key"]
    ident: str = entrepot.done("partnership", "accept", retailer, key)["id"]
    return ident


def test_a_key_goes_through_a_pipe(entrepot: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    invited = entrepot("partnership", "invite", "depot", "--note", "the shop", "--buffer", "2.5")
    key = invited.out
    assert key.startswith("ent_inv_")
    assert key.strip() not in invited.err
    monkeypatch.setattr("sys.stdin", io.StringIO(key))
    preview = entrepot("partnership", "preview", "shop", "-")
    assert "depot" in preview.out
    assert "2.5" not in preview.out
    monkeypatch.setattr("sys.stdin", io.StringIO(key))
    begun = entrepot.done("partnership", "accept", "shop", "-")
    assert (begun["state"], begun["partner"]["slug"]) == ("active", "depot")
    (listed,) = entrepot.done("partnership", "invitations", "depot")["invitations"]
    assert (listed["state"], listed["note"], listed["buffer"]) == ("accepted", "the shop", "2.5")
    assert begun["id"] in entrepot("partnership", "invitations", "depot").out


def test_a_partner_is_named_by_its_slug(entrepot: CommandLine) -> None:
    ident = linked(entrepot)
    assert entrepot.done("partnership", "show", "shop", "depot")["id"] == ident
    assert entrepot.done("partnership", "show", "depot", ident)["role"] == "wholesaler"
    changed = entrepot.done(
        *("partnership", "change", "depot", "shop", "--policy", "allocated_only", "--cap", "9")
    )
    assert (changed["sharing_policy"], changed["cap"]) == ("allocated_only", "9")
    assert entrepot.done("partnership", "change", "depot", "shop", "--no-cap")["cap"] is None
    assert entrepot.done("partnership", "pause", "shop", "depot")["state"] == "paused"
    assert entrepot.done("partnership", "resume", "shop", "depot")["state"] == "active"
    assert "active" in entrepot("partnership", "list", "shop").out
    linked(entrepot, "shop", "depot")
    ended = entrepot("partnership", "show", "shop", "depot")
    assert (ended.code, "in each direction" in ended.err, ident in ended.err) == (3, True, True)
    assert entrepot.done("partnership", "begin-ending", "shop", ident)["state"] == "ending"


def test_an_invitation_is_taken_back(entrepot: CommandLine) -> None:
    issued = entrepot.done("partnership", "invite", "depot")
    ident = issued["invitation"]["id"]
    revoked = entrepot.done("partnership", "revoke-invitation", "depot", ident)
    assert revoked["state"] == "revoked"
    refused = entrepot("partnership", "accept", "shop", issued["invite_key"])
    assert (refused.code, "partnerships.invite_key_not_valid" in refused.err) == (4, True)


def test_a_dry_run_tells_no_key_and_begins_nothing(entrepot: CommandLine) -> None:
    assert entrepot.done("partnership", "invite", "depot", "--dry-run")["invite_key"] is None
    assert entrepot.done("partnership", "invitations", "depot") == {"invitations": []}
    key = entrepot.done("partnership", "invite", "depot")["invite_key"]
    begun = entrepot.done("partnership", "accept", "shop", key, "--dry-run")
    assert begun["state"] == "active"
    assert entrepot.done("partnership", "list", "shop") == {"partnerships": []}
    assert entrepot.done("supplier", "list", "shop") == {"suppliers": []}
    entrepot.done("partnership", "accept", "shop", key)


@pytest.mark.parametrize(("arguments", "code", "said"), MISTAKES)
def test_mistakes_are_told(
    entrepot: CommandLine, arguments: tuple[str, ...], code: int, said: str
) -> None:
    linked(entrepot)
    ended = entrepot("partnership", *arguments)
    assert (ended.code, said in ended.err) == (code, True), ended
