"""Sixteen clients at two servers over one database, and everything they asked and were told.

What they do comes from a seed; in which order the servers meet it does not, which is the point.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import msgspec

from tests.factories.served import PROGRAM

SHORT = "stock.insufficient_available"
CLIENTS = 16
POSITIONS = 8


@contextmanager
def serving(environs: Mapping[Path, Mapping[str, str]]) -> Iterator[Sequence[str]]:
    """Run web servers until the context ends, each logging to its file; gives their addresses."""
    command = [str(PROGRAM), "serve", "--web-only", "--port", "0"]
    with ExitStack() as stack:
        processes = {}
        for said, environ in environs.items():
            log = stack.enter_context(said.open("wb"))
            process = subprocess.Popen(command, env=dict(environ), stdout=log, stderr=log)
            processes[said] = stack.enter_context(process)
        try:
            yield [_address_of(process, said) for said, process in processes.items()]
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                process.wait(timeout=30)


def _address_of(process: subprocess.Popen[bytes], said: Path) -> str:
    for _ in range(600):
        for line in said.read_text().splitlines():
            if line.startswith("Entrepot is at "):
                return line.removeprefix("Entrepot is at ").strip()
        assert process.poll() is None, said.read_text()
        time.sleep(0.05)
    raise AssertionError(said.read_text())


class Shop(NamedTuple):
    """Whose stock it is: a token, where the goods lie, and the names of positions by variant."""

    secret: str
    location: str
    variants: dict[str, str]

    def position(self, variant: str) -> str:
        """The name of a variant's position."""
        return self.variants[variant]


class Line:
    """One client's connection to one server, opened when it is needed."""

    def __init__(self, address: str, secret: str) -> None:
        at = urlsplit(address)
        self.host, self.port = at.hostname, at.port
        self.head = f"Host: {at.netloc}\r\nAuthorization: Bearer {secret}\r\n"
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: object, key: str | None) -> tuple[int, Any]:
        """Send one request and read its answer."""
        if self.streams is None:
            self.streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.streams
        content = b"" if body is None else msgspec.json.encode(body)
        head = f"{method} {path} HTTP/1.1\r\n{self.head}Content-Length: {len(content)}\r\n"
        if content:
            head += "Content-Type: application/json\r\n"
        if key is not None:
            head += f"Idempotency-Key: {key}\r\n"
        writer.write(head.encode() + b"\r\n" + content)
        answered = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in answered[1:] if line)
        text = await reader.readexactly(int(headers["content-length"]))
        return int(answered[0].split()[1]), msgspec.json.decode(text)

    async def close(self) -> None:
        """Hang up, whatever is still to come."""
        if self.streams is not None:
            writer = self.streams[1]
            self.streams = None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class Act(NamedTuple):
    """Something to ask: what it is in a history, and how it is asked."""

    kind: str
    method: str
    path: str
    body: object = None
    quantities: Mapping[str, int] = {}
    order: str | None = None
    key: str | None = None


Planted: TypeAlias = Callable[[str, int, str], Awaitable[dict[str, Any] | None]]
"""Holds units of a variant for an order in a way of its own; None refuses."""


class Placed(NamedTuple):
    """An order that a client holds goods for."""

    id: str
    reference: str
    quantities: Mapping[str, int]
    paid: bool


class Client:
    """Asks at random, and writes down every sending with its times and its answer."""

    def __init__(
        self,
        name: str,
        shop: Shop,
        addresses: Sequence[str],
        seed: int,
        planted: Planted | None = None,
    ) -> None:
        self.name = name
        self.shop = shop
        self.dice = random.Random(f"{seed}-{name}")
        self.addresses = addresses
        self.lines = [Line(each, shop.secret) for each in addresses]
        self.spare = [Line(each, shop.secret) for each in addresses]
        self.planted = planted
        self.records: list[dict[str, Any]] = []
        self.orders: list[Placed] = []
        self.seen: dict[str, dict[str, Any]] = {}
        self.count = 0
        self.run = f"{seed}-{name}"

    async def work(self, sendings: int) -> None:
        """Ask until so many sendings are recorded."""
        while len(self.records) < sendings:
            await self._one()
        for line in (*self.lines, *self.spare):
            await line.close()

    async def _one(self) -> None:
        chosen = self.dice.random()
        if chosen < 0.15:
            await self._read()
        elif chosen < 0.23:
            await self._change_stock("receive", "receipts", self.dice.randint(1, 5))
        elif chosen < 0.27:
            await self._change_stock("adjust", "adjustments", self.dice.choice([-2, -1, 1]))
        elif chosen < 0.30:
            await self._count()
        elif chosen < 0.40 and self.orders:
            placed = self.orders.pop(self.dice.randrange(len(self.orders)))
            await self._end("release", "cancel", placed)
        elif chosen < 0.45 and any(each.paid for each in self.orders):
            placed = next(each for each in self.orders if each.paid)
            self.orders.remove(placed)
            await self._end("ship", "shipments", placed)
        elif self.planted is not None and self.dice.random() < 0.3:
            await self._hold_as_planted(self.planted)
        else:
            await self._place()

    def _next_key(self) -> str:
        self.count += 1
        return f"{self.run}-{self.count}"

    def _variant(self) -> str:
        return self.dice.choice(list(self.shop.variants))

    async def _read(self) -> None:
        variant = self._variant()
        path = f"/positions/{variant}/{self.shop.location}"
        answer = await self._send(Act("read", "GET", path, None, {variant: 0}), self._any())
        if answer is not None:
            self.seen[variant] = answer

    async def _change_stock(self, kind: str, path: str, quantity: int) -> None:
        variant = self._variant()
        body = {"lines": [{"variant": variant, "quantity": quantity}]}
        act = Act(kind, "POST", f"/stock/{path}", body, {variant: quantity}, None, self._next_key())
        await self._send_often(act)

    async def _count(self) -> None:
        """Count a little more than was seen, which takes nothing from anybody."""
        variant = self._variant()
        seen = self.seen.get(variant)
        if seen is None:
            return
        on_hand = int(seen["on_hand"]) + 1
        body = {"variant": variant, "on_hand": on_hand, "expected_version": seen["version"]}
        quantities = {variant: on_hand}
        act = Act("count", "POST", "/stock/counts", body, quantities, None, self._next_key())
        await self._send_often(act)

    async def _place(self) -> None:
        wanted = self.dice.sample(list(self.shop.variants), self.dice.choice([1, 1, 1, 2, 3]))
        quantities = {variant: self.dice.randint(1, 4) for variant in wanted}
        reference = self._next_key()
        paid = self.dice.random() < 0.3
        body = {
            "reference": reference,
            "policy": "refuse_short",
            "paid": paid,
            "lines": [{"variant": each, "quantity": q} for each, q in quantities.items()],
        }
        act = Act("hold", "POST", "/orders", body, quantities, reference, reference)
        answer = await self._send_often(act)
        if answer is not None:
            self.orders.append(Placed(answer["id"], reference, quantities, paid))

    async def _end(self, kind: str, path: str, placed: Placed) -> None:
        where = f"/orders/{placed.id}/{path}"
        key = self._next_key()
        act = Act(kind, "POST", where, {}, placed.quantities, placed.reference, key)
        await self._send_often(act)

    def _any(self) -> Line:
        return self.dice.choice(self.lines)

    async def _send_often(self, act: Act) -> Any:  # noqa: ANN401 - JSON, as a program reads it
        """Send once; or twice, at once or one after the other; or hang up before the answer."""
        first = self.dice.randrange(2)
        chosen = self.dice.random()
        other = self.spare[1 - first]
        if chosen < 0.1:
            answers = await asyncio.gather(
                self._send(act, self.lines[first]), self._send(act, other, self.dice.random() / 500)
            )
            return answers[0] or answers[1]
        if chosen < 0.2:
            return await self._send(act, self.lines[first]) or await self._send(act, other)
        if chosen < 0.23:
            await self._send(act, self.lines[first], patience=self.dice.random() / 100)
            return await self._send(act, other) if self.dice.random() < 0.5 else None
        return await self._send(act, self.lines[first])

    async def _send(self, act: Act, line: Line, pause: float = 0, patience: float = 60) -> Any:  # noqa: ANN401 - JSON, as a program reads it
        """Send and record; the answer if it was accepted."""
        if pause:
            await asyncio.sleep(pause)
        record = self._begin(act)
        path = f"/api/v1{act.path}"
        try:
            async with asyncio.timeout(patience):
                status, answer = await line.ask(act.method, path, act.body, act.key)
        except (TimeoutError, OSError, EOFError):
            await line.close()
            return None
        if status >= 500:
            return None
        record["completed"] = time.perf_counter()
        record["outcome"] = "ok" if status < 300 else "refused"
        if status >= 300:
            record["code"] = answer["code"]
            self._tell_refusal(record, answer)
            return None
        self._tell_answer(record, act, answer)
        return answer

    def _begin(self, act: Act) -> dict[str, Any]:
        record: dict[str, Any] = {
            "record": "operation",
            "client": self.name,
            "invoked": time.perf_counter(),
            "completed": None,
            "kind": act.kind,
            "outcome": "unknown",
            "order": act.order,
            "key": act.key,
            "parts": [
                {"position": self.shop.position(variant), "quantity": quantity}
                for variant, quantity in act.quantities.items()
            ],
        }
        if act.kind == "read":
            del record["parts"][0]["quantity"]
        self.records.append(record)
        return record

    def _tell_refusal(self, record: dict[str, Any], answer: Any) -> None:  # noqa: ANN401 - JSON, as a program reads it
        for fault in answer["faults"]:
            facts = fault.get("facts", {})
            if fault["code"] == SHORT:
                position = self.shop.position(facts["variant"])
                (part,) = [each for each in record["parts"] if each["position"] == position]
                part["available"] = facts["available"]
                if "version" in facts:
                    part["version"] = facts["version"]

    def _tell_answer(self, record: dict[str, Any], act: Act, answer: Any) -> None:  # noqa: ANN401 - JSON, as a program reads it
        figures = ("version", "on_hand", "held", "allocated", "available")
        if act.kind == "hold":
            for part, held in zip(record["parts"], answer["holds"], strict=True):
                part["version"] = held["version"]
        elif act.kind == "read":
            record["parts"][0].update({name: answer[name] for name in figures})
        elif "positions" in answer:
            for part, told in zip(record["parts"], answer["positions"], strict=True):
                part.update({name: told[name] for name in figures})

    async def _hold_as_planted(self, planted: Planted) -> None:
        variant, quantity, reference = self._variant(), self.dice.randint(1, 4), self._next_key()
        act = Act("hold", "", "", None, {variant: quantity}, reference, reference)
        record = self._begin(act)
        answer = await planted(variant, quantity, reference)
        record["completed"] = time.perf_counter()
        record["outcome"] = "refused" if answer is None else "ok"
        if answer is None:
            record["code"] = SHORT
        else:
            record["parts"][0].update(answer)


async def record_history(
    shop: Shop,
    addresses: Sequence[str],
    sendings: int,
    seed: int,
    planted: Planted | None = None,
) -> list[dict[str, Any]]:
    """Let all clients work at once; what they recorded, by the time at which it was asked."""
    clients = [
        Client(f"client-{number}", shop, addresses, seed, planted) for number in range(CLIENTS)
    ]
    await asyncio.gather(*(each.work(sendings // CLIENTS) for each in clients))
    records = [record for each in clients for record in each.records]
    return sorted(records, key=lambda each: each["invoked"])


async def read_ledger(
    shop: Shop, address: str, references: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Every ledger row of the shop, as the server shows it, with orders by their references."""
    line = Line(address, shop.secret)
    rows = []
    for variant, position in shop.variants.items():
        start = f"/api/v1/ledger?variant={variant}&location={shop.location}&limit=200"
        cursor: str | None = ""
        while cursor is not None:
            path = start + (f"&cursor={cursor}" if cursor else "")
            status, page = await line.ask("GET", path, None, None)
            assert status == 200, page
            cursor = page["next"]
            for each in page["data"]:
                del each["at"]
                each.pop("hold", None)
                order = each["order"]
                named = None if order is None else references.get(order, order)
                rows.append(each | {"record": "ledger", "position": position, "order": named})
    await line.close()
    return rows
