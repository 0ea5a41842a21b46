"""Reads how much CPU processes have used, from what the kernel says about them.

A server's time is that of all its processes, background ones and those that have ended included.
Linux only, like the launcher of the database.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")

# Where the fields stand behind the name in parentheses, which may itself hold anything.
_PARENT: Final = 1
_OWN: Final = slice(11, 13)
_REAPED: Final = slice(13, 15)


class _Times(NamedTuple):
    parent: int
    own: int
    reaped: int


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes, without their children."""
    return sum(_read(pid).own for pid in pids) / _TICKS_PER_SECOND


def family_cpu_seconds(root: int) -> float:
    """User and system time of a process and all its descendants, alive or gone.

    A child that ends moves from its own account to its parent's, so the parents are read again
    until none of them has gained by that meanwhile.
    """
    while True:
        before = _family(root)
        after = _family(root)
        if before.keys() == after.keys() and all(
            before[pid].reaped == after[pid].reaped for pid in after
        ):
            ticks = sum(times.own + times.reaped for times in after.values())
            return ticks / _TICKS_PER_SECOND


def _family(root: int) -> dict[int, _Times]:
    found: dict[int, _Times] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = _read(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    family = {root}
    grew = True
    while grew:
        more = {pid for pid, times in found.items() if times.parent in family} - family
        grew = bool(more)
        family |= more
    return {pid: found[pid] for pid in family}


def _read(pid: int) -> _Times:
    text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    fields = text.rpartition(")")[2].split()
    return _Times(
        int(fields[_PARENT]),
        sum(int(ticks) for ticks in fields[_OWN]),
        sum(int(ticks) for ticks in fields[_REAPED]),
    )
