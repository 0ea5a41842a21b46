"""A network between Entrepot and PostgreSQL that can be told to fail at a COMMIT.

It listens on a socket of its own and passes messages on as they are. At each COMMIT it asks what
the fate of this one is; everything else it leaves alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

_LENGTH = struct.Struct(">I")
_HEAD = struct.Struct(">cI")
_PORT = 5432


class Fate(Enum):
    """What becomes of a COMMIT."""

    DONE = "done"
    """It is passed on, and so is its reply."""
    UNANSWERED = "unanswered"
    """The server commits; its reply is lost with the connection."""
    UNHEARD = "unheard"
    """The connection is cut before the server hears of it."""
    FULL = "full"
    """The server rolls back, and the reply says that there is no space left."""


class Proxy:
    """The network; `fate` is asked for the n-th COMMIT, counted from 1 over all connections."""

    def __init__(self, upstream: str, directory: Path) -> None:
        self.directory = directory
        self.fate: Callable[[int], Fate] = lambda _: Fate.DONE
        self.commits = 0
        self.counts = dict.fromkeys(Fate, 0)
        self.open = asyncio.Event()
        """While this is not set, COMMITs wait on their way."""
        self.open.set()
        self.held = asyncio.Event()
        """Set once a COMMIT waits."""
        self._parts = urlsplit(upstream)
        self._links: set[asyncio.Task[None]] = set()

    @property
    def dsn(self) -> str:
        """The address of the database by way of this network."""
        query = urlencode({"host": str(self.directory), "port": str(_PORT)})
        user = f"{self._parts.username}@" if self._parts.username else ""
        return urlunsplit(self._parts._replace(netloc=user, query=query))

    async def link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either end closes it."""
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        there: asyncio.StreamWriter | None = None
        try:
            back, there = await self._reach()
            carrying = _Link(self, reader, writer, back, there)
            ways = [asyncio.create_task(carrying.forth()), asyncio.create_task(carrying.back())]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass  # The server is away; the caller sees a closed connection.
        finally:
            self._links.discard(task)
            for end in (writer, there):
                if end is not None:
                    end.close()

    async def close(self) -> None:
        """Cut every connection."""
        links = list(self._links)
        for each in links:
            each.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        query = parse_qs(self._parts.query)
        host = query.get("host", [self._parts.hostname or "localhost"])[0]
        port = int(query.get("port", [str(self._parts.port or _PORT)])[0])
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)


class _Link:
    """One connection: the caller's end, the server's end, and the fate of the COMMIT on its way."""

    def __init__(
        self,
        proxy: Proxy,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        from_server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        self.proxy = proxy
        self.reader = reader
        self.writer = writer
        self.from_server = from_server
        self.to_server = to_server
        self.fate = Fate.DONE

    async def forth(self) -> None:
        """Carry what the caller says; the first message has no kind."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await self.reader.readexactly(_LENGTH.size)
            (length,) = _LENGTH.unpack(head)
            self.to_server.write(head + await self.reader.readexactly(length - len(head)))
            while True:
                head = await self.reader.readexactly(_HEAD.size)
                kind, length = _HEAD.unpack(head)
                message = head + await self.reader.readexactly(length - _LENGTH.size)
                if kind == b"Q" and message[_HEAD.size :].upper().startswith(b"COMMIT"):
                    message = await self._commit(message)
                    if not message:
                        return
                self.to_server.write(message)
                await self.to_server.drain()

    async def _commit(self, message: bytes) -> bytes:
        """Ask for a COMMIT's fate and say what goes on in its place; nothing cuts the line."""
        proxy = self.proxy
        proxy.commits += 1
        number = proxy.commits
        proxy.held.set()
        await proxy.open.wait()
        self.fate = proxy.fate(number)
        proxy.counts[self.fate] += 1
        if self.fate is Fate.UNHEARD:
            return b""
        if self.fate is Fate.FULL:
            words = b"ROLLBACK;\0"
            return _HEAD.pack(b"Q", _LENGTH.size + len(words)) + words
        return message

    async def back(self) -> None:
        """Carry what the server says."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await self.from_server.readexactly(_HEAD.size)
                kind, length = _HEAD.unpack(head)
                message = head + await self.from_server.readexactly(length - _LENGTH.size)
                if kind == b"C" and self.fate is Fate.UNANSWERED:
                    return
                if kind == b"C" and self.fate is Fate.FULL:
                    message = _disk_full()
                    self.fate = Fate.DONE
                self.writer.write(message)
                await self.writer.drain()


def _disk_full() -> bytes:
    fields = (b"SERROR", b"VERROR", b"C53100", b"Mcould not extend file: No space left on device")
    body = b"".join(each + b"\0" for each in fields) + b"\0"
    return _HEAD.pack(b"E", _LENGTH.size + len(body)) + body


@asynccontextmanager
async def network_to(upstream: str, directory: Path) -> AsyncIterator[Proxy]:
    """A network to the server at `upstream`, listening in `directory`."""
    proxy = Proxy(upstream, directory)
    path = directory / f".s.PGSQL.{_PORT}"
    server = await asyncio.start_unix_server(proxy.link, path)
    try:
        yield proxy
    finally:
        proxy.open.set()
        server.close()
        await proxy.close()
        await server.wait_closed()
