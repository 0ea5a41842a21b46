"""The one place that reads the system clock. Business time comes from the database instead."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Moment: TypeAlias = Callable[[datetime], datetime]
"""Says when something happens, given what the database's clock shows."""


def utc_now() -> datetime:
    """The system's time, for logs and caches only; never for a decision about stock or orders."""
    return datetime.now(UTC)


def by_the_clock(shown: datetime) -> datetime:
    """Say that it happens now. Only who tells a history says otherwise."""
    return shown


def monotonic_seconds() -> float:
    """Seconds that only rise, for durations."""
    return time.perf_counter()
