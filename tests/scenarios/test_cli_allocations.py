"""Allocations, what can be promised, and why an order waits, on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.cli import CommandLine


@pytest.fixture
def entrepot(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    return CommandLine(database, tmp_path / "data", monkeypatch, capsys)


@pytest.fixture
def partnership(entrepot: CommandLine) -> str:
    """A hub that shares ten shelves with a shop; neither has matched anything."""
    for name in ("hub", "shop"):
        entrepot.done("organisation", "create", name)
        entrepot.done("location", "create", name, "barn")
        entrepot.done("variant", "create", name, "SHELF")
    entrepot.done("stock", "receive", "hub", "SHELF=10")
    invited = entrepot.done("partnership", "invite", "hub")
    made: str = entrepot.done("partnership", "accept", "shop", invited["invite_key"])["id"]
    return made


def test_from_allocating_to_taking_back(entrepot: CommandLine, partnership: str) -> None:
    entrepot("allocation", "make", "hub", partnership, "SHELF", "1", "--dry-run")
    said = entrepot("allocation", "make", "hub", "shop", "SHELF", "4")
    assert (said.code, "You both got a notice" in said.err) == (0, True)
    (made,) = entrepot.done("allocation", "list", "hub")["allocations"]
    assert (made["remaining"], made["match_failure"]) == ("4", "none")
    (received,) = entrepot.done("allocation", "list", "shop", "--received")["allocations"]
    assert (received["id"], received["remaining"]) == (made["id"], "4")

    changes = ("--quantity", "6", "--note", "x", "--valid-until", "2090-12-31")
    changed = entrepot.done("allocation", "change", "hub", made["id"], *changes)
    assert (changed["remaining"], changed["valid_until"]) == ("6", "2090-12-31T00:00:00Z")
    refused = entrepot("allocation", "change", "hub", made["id"], "--quantity", "11")
    assert (refused.code, "stock.allocation_above_available" in refused.err) == (4, True)
    rehearsed = entrepot("allocation", "close", "hub", made["id"], "--dry-run")
    assert (rehearsed.code, "closed" in rehearsed.out) == (0, True)
    shown = entrepot.done("availability", "show", "hub", "SHELF")
    assert shown["available_to_promise"] == "4", "a rehearsal closes nothing"
    entrepot.done("allocation", "close", "hub", made["id"])
    assert "can be promised  10" in entrepot("availability", "show", "hub", "SHELF").out
    assert entrepot("allocation", "close", "hub", "alc_nonsense").code == 3


def test_what_partners_are_shown_and_what_is_not_there(
    entrepot: CommandLine, partnership: str
) -> None:
    assert partnership.startswith("pts_")
    shown = entrepot("availability", "list-shown", "hub", "SHELF")
    assert (shown.code, "nobody's product is matched" in shown.err) == (0, True)
    absent = entrepot("availability", "show-waiting", "shop", "WEB-1")
    assert (absent.code, "orders.unknown_order" in absent.err) == (3, True)
