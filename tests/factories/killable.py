"""A server at a port of its own that a test may kill; what it writes is thrown away."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
from pathlib import Path

import httpx

from tests.factories.served import PROGRAM, environ_of

START_SECONDS_MAX = 60


class KillableServer:
    """`entrepot serve` on one port, as one process after another."""

    def __init__(self, database: str, data_dir: Path, *options: str, **environ: str) -> None:
        """On a database; on one of its own in `data_dir` when that is empty."""
        port = _free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._environ = environ_of(database, data_dir) | {"ENTREPOT_PORT": str(port)} | environ
        self._options = options

    async def start(self) -> None:
        """Start it; it lives until it is ended."""
        self.process = await asyncio.to_thread(self._start)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [PROGRAM, "serve", *self._options],
            env=self._environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def ready(self) -> None:
        """Wait until it answers that it is ready."""
        async with (
            asyncio.timeout(START_SECONDS_MAX),
            httpx.AsyncClient(base_url=self.address) as http,
        ):
            while True:
                try:
                    if (await http.get("/readyz")).is_success:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """End it by a signal."""
        if self.process is None:
            return None
        self.process.send_signal(how)
        return await asyncio.to_thread(self.process.wait, 30)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
