"""A stall, and two more processes on its database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.stall import Stall, open_stall
from tests.fakes.intake_process import IntakeProcess, intake_process


@pytest.fixture
async def stall(network: Network, counter: Counter, database: str) -> Stall:
    return await open_stall(network, counter, database)


@pytest.fixture
async def processes(database: str) -> AsyncIterator[list[IntakeProcess]]:
    """Two processes, each with a pool and an intake of its own."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(intake_process(database)) for _ in range(2)]


@pytest.fixture
async def slow_processes(database: str) -> AsyncIterator[list[IntakeProcess]]:
    """Two processes that pause between reading and writing, with their locks held."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(intake_process(database, "pause=0.05"))
            for _ in range(2)
        ]
