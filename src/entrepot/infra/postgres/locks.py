"""Locks on files of the data directory, held as long as a process lives.

The kernel frees them whatever way the process ends, so no list of holders can grow stale. They are
not inherited by programs started later, but a forked copy of the process shares them.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileLock:
    """A lock that one process holds for itself, or several share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def try_alone(self) -> bool:
        """Take the lock for this process alone; False when anybody else holds it.

        A share held before is given up first, and is lost when the answer is False.
        """
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        """Take a share of the lock; False when somebody holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _try(self, kind: int) -> bool:
        descriptor = self._descriptor
        if descriptor is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            self._descriptor = None
            return False
        self._descriptor = descriptor
        return True
