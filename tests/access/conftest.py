"""One world for all tests of a module: making it costs more than asking it everything."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from entrepot.infra.settings import Settings
from tests.access.made_world import MadeWorld
from tests.access.world import World
from tests.conftest import ROOT_VARIABLE


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(server: str, template: str, settings: Settings) -> AsyncIterator[World]:
    """An owner, its partner, a former one and a stranger, in a database of the module's own."""
    file = Path(os.environ[ROOT_VARIABLE]) / "access.json"
    async with MadeWorld(server, template, settings, file).copied() as copy:
        yield copy
