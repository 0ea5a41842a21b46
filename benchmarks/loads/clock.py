"""What a load writes down: for each request when it began and ended, and how many orders it had.

All of them keep the time of day, the one clock that pgbench's log shares.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Sent(NamedTuple):
    """One request: when it began and ended, in seconds of the day's clock, and its orders."""

    began: float
    ended: float
    orders: int


class Log:
    """Keeps what was sent, at the cost of three appends a request."""

    def __init__(self) -> None:
        self._values = array("d")

    def add(self, began: float, ended: float, orders: int = 1) -> None:
        """Keep one request that was answered."""
        self._values.extend((began, ended, orders))

    def write(self, path: Path) -> None:
        """Write everything to a file."""
        path.write_bytes(self._values.tobytes())


def read_log(path: Path) -> list[Sent]:
    """Read what `Log.write` wrote."""
    values = array("d")
    values.frombytes(path.read_bytes())
    numbers = iter(values)
    return [
        Sent(began, ended, int(orders))
        for began, ended, orders in zip(numbers, numbers, numbers, strict=True)
    ]


def read_pgbench_logs(paths: Iterable[Path], orders: int) -> list[Sent]:
    """Read pgbench's own log, one file a thread; each transaction has `orders`."""
    sent = []
    for path in paths:
        for row in path.read_text(encoding="ascii").splitlines():
            # client, transaction, microseconds it took, script, end in seconds and microseconds
            fields = row.split()
            ended = int(fields[4]) + int(fields[5]) / 1e6
            sent.append(Sent(ended - int(fields[2]) / 1e6, ended, orders))
    return sent
