"""Listens to what is asked of the database, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import asyncpg


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are run meanwhile, but for those of transactions."""
    seen: list[str] = []
    real: Any = vars(asyncpg.Connection)["_execute"]  # all ways to run a statement pass here

    async def execute(connection: Any, query: str, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - as it is
        seen.append(query)
        return await real(connection, query, *args, **named)

    with patch.object(asyncpg.Connection, "_execute", execute):
        yield seen
