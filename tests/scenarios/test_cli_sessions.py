"""A sales session from its opening to the producer's shipment, on the command line."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.factories.cli import CommandLine


@pytest.fixture
def entrepot(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    line = CommandLine(database, tmp_path / "data", monkeypatch, capsys)
    for name in ("farm", "hub"):
        line.done("organisation", "create", name)
        line.done("location", "create", name, "barn")
    for sku in ("CARROTS", "LEEKS"):
        line.done("variant", "create", "farm", sku)
    line.done("stock", "receive", "farm", "CARROTS=10", "LEEKS=5")
    line.done("trading-right", "grant", "farm", "hub", "session")
    return line


TIMES = ("--opens-at", "2026-01-01T08:00", "--closes-at")


def test_from_opening_to_closing(entrepot: CommandLine) -> None:
    opening = ("sales-session", "open", "hub", "Week", "--reference", "w1")
    late = entrepot(*opening, *TIMES, "2026-01-01T07:00")
    assert (late.code, "sales_sessions.times_not_valid" in late.err) == (4, True)
    assert entrepot(*opening, *TIMES, "soon").code == 2
    unknown = entrepot(
        *opening, *times_from_now(), "--sell", "farm/NOTHING", "--sell", "farm/CARROTS=6@3.10"
    )
    assert (unknown.code, "products[0].variant" in unknown.err) == (3, True)
    opened = entrepot.done(*opening, *times_from_now(), "--sell", "farm/CARROTS=6@3.10")
    session = opened["id"]
    shown = entrepot.done("sales-session", "show", "hub", session)
    (carrots,) = shown["products"]
    assert (carrots["left"], carrots["unit_price"]) == ("6", "3.1")

    more = ("--sell", "farm/LEEKS", "--name", "Longer week")
    entrepot.done("sales-session", "change", "hub", session, *more, "--dry-run")
    changed = entrepot.done("sales-session", "change", "hub", session, *more)
    assert (changed["name"], changed["product_count"]) == ("Longer week", 2)
    changed = entrepot.done("sales-session", "change", "hub", session, "--remove", "farm/LEEKS")
    assert changed["product_count"] == 1
    (listed,) = entrepot.done("sales-session", "list", "hub", "--state", "open")["sales_sessions"]
    assert listed["name"] == "Longer week"
    assert entrepot.done("sales-session", "preview", "hub", session)["producers"] == []
    assert entrepot.done("session-order", "demand", "farm")["demand"] == []

    rehearsed = entrepot("sales-session", "close", "hub", session, "--dry-run")
    assert (rehearsed.code, "complete" in rehearsed.out) == (0, True)
    assert entrepot.done("sales-session", "show", "hub", session)["session"]["state"] == "open"
    closed = entrepot.done("sales-session", "close", "hub", session, "--cancel-unpaid")
    assert closed["session"]["state"] == "complete"
    assert "no such session orders" in entrepot("session-order", "list", "farm").err


def test_what_is_not_there_is_not_found(entrepot: CommandLine) -> None:
    for command in (("show",), ("preview",), ("close",), ("change",)):
        ended = entrepot("sales-session", *command, "hub", "sal_nothing")
        assert (ended.code, "orders.unknown_sales_session" in ended.err) == (3, True)
    for command in (("show",), ("ship",)):
        ended = entrepot("session-order", *command, "farm", "ord_nothing")
        assert (ended.code, "orders.unknown_order" in ended.err) == (3, True)
    assert entrepot("session-order", "ship", "farm", "ord_nothing", "--line", "x=1").code == 2


def times_from_now() -> tuple[str, ...]:
    """Times of a session that goes on, in the hub's own zone."""
    now = datetime.now(ZoneInfo("Europe/Amsterdam")).replace(tzinfo=None)
    opens_at, closes_at = now - timedelta(hours=5), now + timedelta(hours=5)
    return ("--opens-at", opens_at.isoformat(), "--closes-at", closes_at.isoformat())
