"""Measures one piece of work: its time, the CPU it took, and how far this process grew by it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.processes import family_cpu_seconds
from entrepot.infra.postgres.places import Places
from entrepot.infra.postgres.process import server_pid

_RESET_PEAK: Final = "5"
_KIBIBYTES_PER_MEGABYTE: Final = 1_000


class Cost(NamedTuple):
    """What some work took: wall time, and CPU of this process and of PostgreSQL, in seconds.

    `grown` says how many megabytes this process had at most beyond what it had before.
    """

    wall: float
    application: float
    postgres: float
    grown: float

    @property
    def cpu(self) -> float:
        """All CPU."""
        return self.application + self.postgres


class Meter:
    """Reads the accounts of this process and of a server, as Linux keeps them."""

    def __init__(self, places: Places) -> None:
        pid = server_pid(places)
        assert pid is not None, "the launcher returned, so the server runs"
        self._pid = pid

    async def cost(self, work: Callable[[], Awaitable[object]]) -> Cost:
        """Do some work and say what it took."""
        _forget_peak()
        had = _megabytes("VmRSS")
        began = time.perf_counter(), time.process_time(), family_cpu_seconds(self._pid)
        await work()
        return Cost(
            time.perf_counter() - began[0],
            time.process_time() - began[1],
            family_cpu_seconds(self._pid) - began[2],
            _megabytes("VmHWM") - had,
        )


def _forget_peak() -> None:
    """Have the kernel measure the most memory of this process anew."""
    Path("/proc/self/clear_refs").write_text(_RESET_PEAK, encoding="ascii")


def _megabytes(field: str) -> float:
    """Read how much memory this process has (VmRSS), or has had at most (VmHWM)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / _KIBIBYTES_PER_MEGABYTE
    raise AssertionError(field)
