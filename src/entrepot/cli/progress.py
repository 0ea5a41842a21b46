"""A bar on stderr for what takes a while, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

Tell: TypeAlias = Callable[[str, int, int], None]
"""Is told what is being made, how many of it are, and how many there will be."""


def tell_nobody(_what: str, _done: int, _total: int) -> None:
    """Keep it to oneself."""


@contextmanager
def showing_progress() -> Iterator[Tell]:
    """Show a bar for each thing that is being made; they are gone when the work is done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    bars: dict[str, TaskID] = {}
    with Progress(
        *columns, console=console, transient=True, disable=not sys.stderr.isatty()
    ) as bar:

        def tell(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = bar.add_task(what, total=total)
            bar.update(bars[what], completed=done, total=total)

        yield tell
