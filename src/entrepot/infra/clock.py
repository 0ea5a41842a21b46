"""The one place that reads the system clock. Business time comes from the database instead."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The system's time, for logs and caches only; never for a decision about stock or orders."""
    return datetime.now(UTC)


def monotonic_seconds() -> float:
    """Seconds that only rise, for durations."""
    return time.perf_counter()
