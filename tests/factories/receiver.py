"""A program on this machine that is told what happened: it keeps what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec


class Received(NamedTuple):
    """One request: its path, its headers in lower case, its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:  # noqa: ANN401 - JSON, as it is read
        """The body, read."""
        return msgspec.json.decode(self.body)


class Answer(NamedTuple):
    """How a request is answered: after `seconds`, with a status, headers and a body.

    `breaks_off` ends the connection behind `body`, whatever length was promised.
    """

    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0.0
    breaks_off: bool = False
    silent: bool = False


class Receiver:
    """Answers every request as `answer` says, and remembers it."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[Received], Answer] = lambda _: Answer()
        self.at_once = 0
        self.at_once_max = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Where it listens, by address."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def until(self, count: int, seconds: float = 60.0) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(seconds):
            while len(self.received) < count:  # noqa: ASYNC110 - only a test waits like this
                await asyncio.sleep(0.02)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, one after another."""
        try:
            while (request := await _read(reader)) is not None:
                self.received.append(request)
                self.at_once += 1
                self.at_once_max = max(self.at_once_max, self.at_once)
                try:
                    if not await self._reply(self.answer(request), writer):
                        return
                finally:
                    self.at_once -= 1
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _reply(self, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(answer.seconds)
        if answer.silent:
            return False
        length = len(answer.body) + (100 if answer.breaks_off else 0)
        lines = [f"HTTP/1.1 {answer.status} As It Is", f"Content-Length: {length}"]
        if answer.status == 204:
            lines.pop()
        lines += [f"{name}: {value}" for name, value in answer.headers]
        writer.write("\r\n".join([*lines, "", ""]).encode() + answer.body)
        await writer.drain()
        return not answer.breaks_off


async def _read(reader: asyncio.StreamReader) -> Received | None:
    head = await reader.readline()
    if not head:
        return None
    headers = {}
    while (line := (await reader.readline()).decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(head.decode().split(" ")[1], headers, body)


@asynccontextmanager
async def open_receiver() -> AsyncIterator[Receiver]:
    """A receiver that listens while the context lasts."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
