"""Times as people type them: by their own clock, with its two odd nights of the year."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from entrepot.portal.forms import MOMENT_NOT_VALID, MOMENT_SKIPPED, Typed

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def read(text: str, zone: ZoneInfo = AMSTERDAM) -> tuple[datetime | None, list[str]]:
    """What a text is read as, and what is wrong with it."""
    typed = Typed({"at": [text]})
    return typed.moment("at", zone), [fault.code for fault in typed.faults]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-31T18:00", datetime(2026, 12, 31, 17, tzinfo=UTC)),
        ("2026-07-01T18:00", datetime(2026, 7, 1, 16, tzinfo=UTC)),
        ("2026-07-01 18:00", datetime(2026, 7, 1, 16, tzinfo=UTC)),
        # Half past two comes twice on the last Sunday of October; the first is meant.
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_one_of_the_persons_clock(text: str, moment: datetime) -> None:
    assert read(text) == (moment, [])


def test_nothing_typed_is_no_time() -> None:
    assert read("") == (None, [])


def test_a_time_that_the_clock_skips_is_named() -> None:
    assert read("2026-03-29T02:30") == (None, [MOMENT_SKIPPED])
    assert read("2026-03-29T02:30", ZoneInfo("UTC"))[1] == []


@pytest.mark.parametrize(
    "text",
    ["tomorrow", "2026-12-31", "2026-13-01T10:00", "2026-12-31T18:00Z", "0001-01-01T00:00", "\0"],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    assert read(text) == (None, [MOMENT_NOT_VALID])
