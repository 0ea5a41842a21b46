"""A bar on stderr for what takes a while, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rich.progress import TaskID

Tell: TypeAlias = Callable[[str, int, int], None]
"""Is told what is being made, how many of it are, and how many there will be."""


def tell_nobody(_what: str, _done: int, _total: int) -> None:
    """Keep it to oneself."""


@contextmanager
def showing_progress() -> Iterator[Tell]:
    """Show a bar for each thing that is being made; they are gone when the work is done."""
    if not sys.stderr.isatty():
        yield tell_nobody
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal pays for what draws
    from rich.progress import (  # noqa: PLC0415 - only a terminal pays for what draws
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=True) as bar:

        def tell(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = bar.add_task(what, total=total)
            bar.update(bars[what], completed=done, total=total)

        yield tell
