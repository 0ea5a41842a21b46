"""What an operator is told about an installation, from what its server says of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from entrepot.infra.checks import BROKEN_MAX, Broken
from entrepot.infra.condition import (
    Condition,
    DeadRows,
    Finding,
    judge_clock,
    judge_connections,
    judge_disk,
    judge_durability,
    judge_invariant,
    judge_keys,
    judge_outbox,
    judge_release,
    judge_time_zones,
    judge_vacuuming,
)
from entrepot.infra.statements import Statement

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
SOUND = Condition(
    version="18.1",
    version_number=180001,
    at=NOON,
    connections_max=100,
    connections_used=12,
    connections_here=9,
    fsync="on",
    full_page_writes="on",
    synchronous_commit="on",
    autovacuum="on",
    oldest_transaction_age=1000,
)
GIB = 1024**3


def check_state(finding: Finding, state: str, *words: str) -> None:
    """A finding in this state, whose sentence has these words; what is not well says what to do."""
    assert finding.state == state, finding
    assert bool(finding.do) == (state != "ok"), finding
    for word in words:
        assert word in finding.says, finding


def test_a_sound_server() -> None:
    check_state(judge_release(SOUND), "ok", "PostgreSQL 18.1")
    check_state(judge_connections(SOUND, 8), "ok", "12 of 100", "9 of them", "at most 8")
    check_state(judge_durability(SOUND), "ok")
    check_state(judge_vacuuming(SOUND, []), "ok")


def test_an_older_release() -> None:
    older = SOUND._replace(version="16.4", version_number=160004)
    check_state(judge_release(older), "warning", "16.4", "18")


@pytest.mark.parametrize(("used", "pool_size"), [(81, 8), (10, 90)])
def test_connections_that_run_out(used: int, pool_size: int) -> None:
    finding = judge_connections(SOUND._replace(connections_used=used), pool_size)
    check_state(finding, "warning", f"{used} of 100")
    assert "ENTREPOT_POOL_SIZE" in finding.do


@pytest.mark.parametrize(
    ("seconds", "state", "word"),
    [
        (0, "ok", "within"),
        (2, "ok", "within"),
        (2.1, "warning", "ahead"),
        (-9, "warning", "behind"),
    ],
)
def test_a_clock_that_differs(seconds: float, state: str, word: str) -> None:
    check_state(judge_clock(NOON + timedelta(seconds=seconds), NOON, NOON), state, word)


def test_a_slow_answer_is_no_difference_of_clocks() -> None:
    later = NOON + timedelta(seconds=10)
    check_state(judge_clock(NOON + timedelta(seconds=5), NOON, later), "ok")


def test_time_zones_that_are_missing() -> None:
    check_state(judge_time_zones(in_database=True, here=True), "ok")
    check_state(judge_time_zones(in_database=True, here=False), "broken", "This machine")
    check_state(judge_time_zones(in_database=False, here=True), "broken", "The database")


@pytest.mark.parametrize(
    ("condition", "setting"),
    [
        (SOUND._replace(fsync="off"), "fsync"),
        (SOUND._replace(full_page_writes="off"), "full_page_writes"),
        (SOUND._replace(synchronous_commit="off"), "synchronous_commit"),
    ],
)
def test_settings_that_lose_orders(condition: Condition, setting: str) -> None:
    check_state(judge_durability(condition), "broken", setting)


def test_a_standby_may_be_waited_for() -> None:
    check_state(judge_durability(SOUND._replace(synchronous_commit="remote_apply")), "ok")


def test_dead_rows_that_stay() -> None:
    dead = [DeadRows("ledger", 500_000, 100, None)]
    check_state(judge_vacuuming(SOUND, dead), "warning", "ledger")
    check_state(judge_vacuuming(SOUND._replace(autovacuum="off"), []), "warning", "autovacuum")
    ageing = SOUND._replace(oldest_transaction_age=1_500_000_000)
    check_state(judge_vacuuming(ageing, []), "warning", "1500000000")


@pytest.mark.parametrize(
    ("days", "state"), [(None, "ok"), (29, "ok"), (30.5, "ok"), (31.5, "warning"), (90, "warning")]
)
def test_keys_that_nobody_forgets(days: float | None, state: str) -> None:
    seconds = None if days is None else int(days * 86_400)
    check_state(judge_keys(seconds), state)


@pytest.mark.parametrize(("free", "state"), [(3, "ok"), (1, "warning"), (0.1, "broken")])
def test_a_disk_that_fills(free: float, state: str) -> None:
    check_state(judge_disk(Path("/data"), int(free * GIB)), state, "/data")


def test_an_invariant() -> None:
    check = Statement(name="sums", sentence="Sums add up.", sql="SELECT 1", line=1, do="Add again.")
    check_state(judge_invariant(check, []), "ok", "Sums add up.")
    place = Broken("sums", "one", {"sum": "3"})
    broken = judge_invariant(check, [place])
    check_state(broken, "broken", "Sums add up.")
    assert (broken.do, broken.places) == ("Add again.", (place,))
    assert msgspec.to_builtins(broken)["facts"] == {"places": 1, "more": False}
    assert judge_invariant(check, [place] * BROKEN_MAX).facts["more"] is True


@pytest.mark.parametrize(("seconds", "state"), [(0, "ok"), (60, "ok"), (61, "warning")])
def test_events_without_a_number(seconds: int, state: str) -> None:
    finding = judge_outbox(7, seconds)
    check_state(finding, state, "7 events")
    assert finding.facts == {"unnumbered": 7, "oldest_seconds": seconds}
