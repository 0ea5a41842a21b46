"""Customers who order without a pause, by HTTP, and remember what they were told.

A customer whose request fails sends it again under the same key until there is an answer, as a
good program does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from random import Random
from typing import Any, NamedTuple

import httpx
import msgspec

from entrepot.identity import IssuedToken, NewToken, issue_token
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from tests.factories.callers import caller_for
from tests.factories.stall import Stall
from tests.factories.web import Asker

_numbers = count(1)
REPEAT_SECONDS = 0.05


class Placed(NamedTuple):
    """What was asked and how it was answered in the end."""

    key: str
    body: dict[str, Any]
    status: int
    content: bytes
    sendings: int


class Load:
    """Many customers of one stall."""

    def __init__(self, asker: Asker, goods: list[str]) -> None:
        self.asker = asker
        self.goods = goods
        self.answered: list[Placed] = []
        self.failures = 0
        self.unavailable = 0
        self.stopping = False
        self._progress = asyncio.Event()

    async def customer(self, seed: int) -> None:
        """Order again and again until told to stop."""
        dice = Random(seed)
        while not self.stopping:
            number = next(_numbers)
            lines = [{"variant": f"var_{dice.choice(self.goods)}", "quantity": "1"}]
            if dice.random() < 0.5:
                lines.append({"variant": f"var_{dice.choice(self.goods)}", "quantity": "2"})
            body = {"reference": f"load-{number}", "kind": "own", "lines": lines}
            key = f"load {number}"
            response, sendings = await self._send(body, key)
            self.answered.append(
                Placed(key, body, response.status_code, response.content, sendings)
            )
            self._progress.set()

    async def progress(self, orders: int = 1) -> None:
        """Wait until so many more orders were answered."""
        goal = len(self.answered) + orders
        async with asyncio.timeout(60):
            while len(self.answered) < goal:
                self._progress.clear()
                await self._progress.wait()

    async def _send(self, body: dict[str, Any], key: str) -> tuple[httpx.Response, int]:
        for sendings in count(1):
            try:
                response = await self.asker.send("POST", "/api/v1/orders", body, key=key)
            except httpx.TransportError:
                self.failures += 1
            else:
                if response.status_code != 503:
                    return response, sendings
                assert response.headers["retry-after"]
                self.unavailable += 1
            await asyncio.sleep(REPEAT_SECONDS)
        raise AssertionError("it counts for ever")

    async def check(self, stall: Stall) -> None:
        """Every answer stands and is given again; nothing happened that nobody was told of."""
        strange = [each for each in self.answered if each.status not in {201, 409}]
        assert not strange, [(each.status, each.content) for each in strange]
        orders = {msgspec.json.decode(each.content)["id"] for each in self.placed}
        assert len(orders) == len(self.placed)
        rows = await stall.counter.rows(
            "SELECT id FROM orders WHERE organisation = $1", stall.owner
        )
        assert {f"ord_{ident}" for (ident,) in rows} == orders
        keys = await stall.counter.rows(
            "SELECT count(*) FROM idempotency_keys WHERE key LIKE '=load %'"
        )
        assert keys == [(len(orders),)]
        turn = asyncio.Semaphore(16)

        async def repeat(each: Placed) -> None:
            async with turn:
                response, _ = await self._send(each.body, each.key)
            assert (response.status_code, response.content) == (each.status, each.content)
            assert response.headers["idempotent-replayed"] == "true"

        await asyncio.gather(*(repeat(each) for each in self.placed))

    @property
    def placed(self) -> list[Placed]:
        return [each for each in self.answered if each.status == 201]


@asynccontextmanager
async def under_load(stall: Stall, address: str, *, customers: int = 16) -> AsyncIterator[Load]:
    """Customers order at `address` until the context ends, and get their last answers."""
    goods = [await stall.goods(400 + 100 * number) for number in range(4)]
    secret = await _token(stall.pool, stall.owner)
    limits = httpx.Limits(max_connections=customers + 16)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60) as http:
        load = Load(Asker(http, secret), goods)
        running = [asyncio.create_task(load.customer(seed)) for seed in range(customers)]
        try:
            yield load
        finally:
            load.stopping = True
            try:
                async with asyncio.timeout(60):
                    await asyncio.gather(*running)
            finally:
                for task in running:
                    task.cancel()
        await load.check(stall)


async def _token(pool: Pool, organisation: str) -> str:
    scopes = tuple(scope.value for scope in Scope)
    issued = await issue_token(pool, new_id, caller_for(organisation), NewToken("load", scopes))
    assert isinstance(issued, IssuedToken)
    return issued.secret
