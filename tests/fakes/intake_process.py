"""Another Entrepot process with an intake of its own, fed through pipes.

Run as a program it opens a pool and a desk on the database it is told, as `serve` does, and then
answers submissions: one msgpack frame each, in whatever order they are decided. The word
`pause=0.05` on its command line makes it wait between deciding and writing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

import entrepot
from entrepot import orders, stock
from entrepot.app import open_desk
from entrepot.infra.intake import IntakeFullError
from entrepot.infra.pool import open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Accepted, Answer, Submission

SRC = Path(entrepot.__file__).parents[1]
HERE = Path(__file__).parents[2]

_LENGTH = struct.Struct(">I")


class Frame(msgspec.Struct):
    """A submission on its way there."""

    number: int
    kind: str
    command: Any
    rest: Any


class Reply(msgspec.Struct):
    """Its answer on its way back; `error` names an exception and what it said."""

    number: int
    accepted: Accepted | None = None
    refused: Refusal | None = None
    error: str | None = None


class ProcessGoneError(Exception):
    """The process ended before it answered: whether the act happened is not known."""


class IntakeProcess:
    """The test's end of such a process."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self.child = child
        self.waiting: dict[int, asyncio.Future[Answer]] = {}
        self.number = 0
        self.reader = asyncio.create_task(self._read())

    async def send(self, submission: Submission) -> Answer:
        """Hand a submission in and wait for its answer; raises what the process raised."""
        if self.reader.done():
            raise ProcessGoneError
        self.number += 1
        number = self.number
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.waiting[number] = answer
        rest = msgspec.structs.asdict(submission)
        command = rest.pop("command")
        frame = Frame(number, type(command).__name__, command, rest)
        assert self.child.stdin is not None
        self.child.stdin.write(_packed(frame))
        return await answer

    def kill(self) -> None:
        """End it as a power cut would: without a chance to do anything."""
        with contextlib.suppress(ProcessLookupError):
            self.child.send_signal(signal.SIGKILL)

    async def close(self) -> None:
        """End it in good order."""
        assert self.child.stdin is not None
        with contextlib.suppress(ConnectionError):
            self.child.stdin.close()
        await self.child.wait()
        await self.reader

    async def _read(self) -> None:
        assert self.child.stdout is not None
        decoder = msgspec.msgpack.Decoder(Reply)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                (length,) = _LENGTH.unpack(await self.child.stdout.readexactly(_LENGTH.size))
                reply = decoder.decode(await self.child.stdout.readexactly(length))
                self._answer(reply)
        await self.child.wait()
        for answer in self.waiting.values():
            if not answer.done():
                answer.set_exception(ProcessGoneError())
        self.waiting.clear()

    def _answer(self, reply: Reply) -> None:
        answer = self.waiting.pop(reply.number)
        if answer.done():
            return
        if reply.error is not None:
            answer.set_exception(_ERRORS.get(reply.error.split(":")[0], RuntimeError)(reply.error))
        else:
            decided = reply.accepted or reply.refused
            assert decided is not None
            answer.set_result(decided)


_ERRORS: dict[str, Callable[[str], Exception]] = {
    "StoreUnavailableError": orders.StoreUnavailableError,
    "TooBusyError": orders.TooBusyError,
    "IntakeFullError": lambda _: IntakeFullError(1),
}


@contextlib.asynccontextmanager
async def intake_process(dsn: str, *faults: str) -> AsyncIterator[IntakeProcess]:
    """Start one on a database; it is gone when the context ends, however that comes about."""
    started = await start_intake_process(dsn, *faults)
    try:
        yield started
    finally:
        await started.close()


async def start_intake_process(dsn: str, *faults: str) -> IntakeProcess:
    """Start one; whoever starts it ends it."""
    environ = {
        "PATH": os.environ["PATH"],
        "ENTREPOT_DATABASE_URL": dsn,
        "PYTHONPATH": os.pathsep.join([str(SRC), str(HERE), *filter(None, sys.path)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fakes.intake_process",
        *faults,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd="/",
        env=environ,
        limit=1 << 24,
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n", "the process could not start"
    return IntakeProcess(child)


def _packed(message: Frame | Reply) -> bytes:
    data = msgspec.msgpack.encode(message)
    return _LENGTH.pack(len(data)) + data


# What runs in the process itself


async def _main() -> None:
    settings = Settings.from_environment(os.environ)
    assert settings.database_url is not None
    for fault in sys.argv[1:]:
        name, _, value = fault.partition("=")
        assert name == "pause", "no other fault is known"
        _plant_pause(float(value))
    pool = await open_pool(settings.database_url, settings)
    desk = open_desk(pool, settings)
    desk.intake.start()
    reader = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    os.write(1, b"ready\n")
    decoder = msgspec.msgpack.Decoder(Frame)
    running: set[asyncio.Task[None]] = set()
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
            frame = decoder.decode(await reader.readexactly(length))
            task = asyncio.create_task(_handle(desk, frame))
            running.add(task)
            task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    await desk.intake.close()
    pool.terminate()


async def _handle(desk: orders.Desk, frame: Frame) -> None:
    kind = getattr(orders, frame.kind)
    command = msgspec.convert(frame.command, kind)
    submission = msgspec.convert({**frame.rest, "command": None}, _Bare)
    reply = Reply(frame.number)
    try:
        answer = await desk.intake.submit(submission.around(command))
    except Exception as error:  # noqa: BLE001 - the test judges whatever it was
        reply.error = f"{type(error).__name__}: {error}"
    else:
        if isinstance(answer, Accepted):
            reply.accepted = answer
        else:
            reply.refused = answer
    data = memoryview(_packed(reply))
    while data:
        data = data[os.write(1, data) :]


class _Bare(msgspec.Struct):
    """A submission without its command, whose type travels beside it."""

    command: None
    organisation: str
    act: str
    key: str
    content_hash: bytes
    token: str | None
    request: str | None

    def around(self, command: orders.PlaceOrder) -> Submission:
        rest = msgspec.structs.asdict(self)
        return Submission(**{**rest, "command": command})


def _plant_pause(seconds: float) -> None:
    """Wait between reading and writing, with the locks held."""
    write = stock.write_stock

    async def paused(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on unseen
        await asyncio.sleep(seconds)
        await write(*args, **kwargs)

    stock.write_stock = paused


if __name__ == "__main__":
    asyncio.run(_main())
