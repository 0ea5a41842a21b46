"""What the command's exit code tells a script."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Every code that `entrepot` ends with by itself."""

    OK = 0
    FAILED = 1
    """Something went wrong that is nobody's mistake but ours."""
    USAGE = 2
    """The command or a setting was written wrongly."""
    NOT_FOUND = 3
    """What was named does not exist."""
    REFUSED = 4
    """It was understood and must not be done as things stand."""
    NOT_REACHABLE = 5
    """The database or a server does not answer."""
    PROBLEMS_FOUND = 6
    """A check ran to its end and found problems, or an import rows that failed."""
