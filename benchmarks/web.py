"""Entrepot's web servers, started as an operator would, on the database that is measured."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import msgspec

from benchmarks.engine import Bench, Database

START_SECONDS_MAX: Final = 30
STOP_SECONDS_MAX: Final = 15
_ADDRESS: Final = re.compile(rb"http://127\.0\.0\.1:(?P<port>\d+)")


class Server(msgspec.Struct, frozen=True):
    """A web process that answers."""

    pid: int
    port: int


class ServerError(Exception):
    """A web process that did not start; the message holds its last words."""


@asynccontextmanager
async def serve(
    bench: Bench, database: Database, processes: int, batch_max: int
) -> AsyncIterator[list[Server]]:
    """Run web processes until the context ends; the first also does the jobs."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                _serve_one(bench, database, batch_max, does_jobs=number == 0)
            )
            for number in range(processes)
        ]


@asynccontextmanager
async def _serve_one(
    bench: Bench, database: Database, batch_max: int, *, does_jobs: bool
) -> AsyncIterator[Server]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_")},
        "ENTREPOT_DATABASE_URL": database.dsn,
        "ENTREPOT_DATA_DIR": str(bench.settings.data_dir),
        "ENTREPOT_BATCH_MAX": str(batch_max),
    }
    arguments = [sys.executable, "-m", "entrepot", "serve", "--port", "0"]
    process = await asyncio.create_subprocess_exec(
        *(arguments if does_jobs else [*arguments, "--web-only"]),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        env=environment,
    )
    assert process.stderr is not None
    listening = None
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            said: list[bytes] = []
            while (found := _ADDRESS.search(said[-1] if said else b"")) is None:
                said.append(await process.stderr.readline())
                if not said[-1]:
                    raise ServerError(b"".join(said).decode(errors="replace"))
        # Nobody else reads what it says, and a full pipe would stop it.
        listening = asyncio.create_task(process.stderr.read())
        yield Server(process.pid, int(found["port"]))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS_MAX)
            except TimeoutError:
                process.kill()
                await process.wait()
        if listening is not None:
            await listening
