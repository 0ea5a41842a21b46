"""Logs that write nowhere."""

from __future__ import annotations


class NullLog:
    """Forgets what it is told."""

    def info(self, event: str, **facts: object) -> None: ...

    def warning(self, event: str, **facts: object) -> None: ...

    def error(self, event: str, **facts: object) -> None: ...


class RecordingLog(NullLog):
    """Remembers the names of events, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str, **facts: object) -> None:
        del facts
        self.events.append(event)

    warning = info
    error = info
