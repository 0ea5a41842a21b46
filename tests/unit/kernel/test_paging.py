"""Times as bounds of ids: acts of a time are never outside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.paging import HIGHEST, LOWEST, highest_id, lowest_id


@pytest.mark.parametrize("hours", [-23, 0, 23])
def test_ids_of_a_time_are_within_the_bounds_of_a_day_around_it(hours: int) -> None:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert lowest_id(at) <= id_of(at + timedelta(hours=hours)) <= highest_id(at)
    assert id_of(at - timedelta(hours=25)) < lowest_id(at)
    assert id_of(at + timedelta(hours=25)) > highest_id(at)


def test_ids_are_made_as_they_are_read() -> None:
    now = datetime.now(UTC)
    assert lowest_id(now) < new_id() < highest_id(now)
    assert abs(int(new_id()[:12], 16) - int(id_of(now)[:12], 16)) < 60_000


def id_of(at: datetime) -> str:
    return f"{int(at.timestamp() * 1000):012x}" + new_id()[12:]


def test_no_time_bounds_nothing() -> None:
    assert (lowest_id(None), highest_id(None)) == (LOWEST, HIGHEST)


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_any_time_at_all_makes_an_id(year: int) -> None:
    at = datetime(year, 1, 1, tzinfo=UTC)
    assert len(lowest_id(at)) == len(highest_id(at)) == 32
    assert lowest_id(at) < highest_id(at)
