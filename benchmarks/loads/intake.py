"""Callers of Entrepot's own actions, in the process that runs the intake: no web server at all."""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from benchmarks.loads.clock import Log
from benchmarks.loads.wire import READY, Done, Task
from benchmarks.world import (
    OWN_VARIANT_PREFIX,
    QUANTITY_MAX,
    SESSION_PREFIX,
    VARIANT_PREFIX,
    VARIANTS,
    VARIANTS_PER_BUYER,
    chooser,
    numbered,
)
from entrepot.app import open_desk
from entrepot.app.serving import COLLECT_AFTER_OBJECTS
from entrepot.infra.ids import new_id
from entrepot.infra.pool import open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from entrepot.orders import (
    Accepted,
    Desk,
    OrderKind,
    PlaceOrder,
    WantedLine,
    place_order,
    place_orders,
)

QUANTITIES: Final = [Decimal(number) for number in range(1, QUANTITY_MAX + 1)]
NAMES: Final = [numbered(VARIANT_PREFIX, number) for number in range(VARIANTS)]
OWN_NAMES: Final = [numbered(OWN_VARIANT_PREFIX, number) for number in range(VARIANTS)]
FAULTS_KEPT: Final = 5


class Count:
    """Counts batches; the intake tells it of each."""

    def __init__(self) -> None:
        self.batches = 0

    def batch_done(self, size: int, left: int, seconds: float) -> None:
        """A batch of `size` was handled in so many seconds; `left` wait."""
        assert size > 0
        assert left >= 0
        assert seconds >= 0
        self.batches += 1


class Load:
    """A number of callers, each sending its next order once the last one is answered."""

    def __init__(self, task: Task, desk: Desk) -> None:
        self.task = task
        self.desk = desk
        self.log = Log()
        self.orders = 0
        self.faults: list[str] = []
        self.stopping = False
        self._numbers = iter(range(1_000_000_000_000_000))

    async def run(self) -> None:
        """Send until told to stop, and then until the last answer has come."""
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin.fileno(), self._stop)
        call = self._call_bulk if self.task.bulk else self._call
        print(READY, flush=True)
        await asyncio.gather(*[call(number) for number in range(self.task.callers)])

    def _stop(self) -> None:
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        self.stopping = True

    async def _call(self, number: int) -> None:
        buyer = self.task.buyers[number % len(self.task.buyers)]
        caller, make = buyer.caller, self._maker(number)
        while not self.stopping:
            began = time.time()
            answer = await place_order(self.desk, caller, make(), "")
            self._keep(began, [answer])

    async def _call_bulk(self, number: int) -> None:
        buyer = self.task.buyers[number % len(self.task.buyers)]
        caller, make = buyer.caller, self._maker(number)
        while not self.stopping:
            began = time.time()
            commands = [(make(), "") for _ in range(self.task.bulk)]
            self._keep(began, await place_orders(self.desk, caller, commands))

    def _keep(self, began: float, answers: Sequence[object]) -> None:
        accepted = sum(isinstance(answer, Accepted) for answer in answers)
        self.log.add(began, time.time(), accepted)
        self.orders += accepted
        if accepted < len(answers) and len(self.faults) < FAULTS_KEPT:
            self.faults += [repr(each) for each in answers if not isinstance(each, Accepted)][:1]

    def _maker(self, number: int) -> Callable[[], PlaceOrder]:
        """A function that makes this caller's next order."""
        chance = random.Random(self.task.seed * 10_000 + number)
        choose = chooser(self.task.spread, chance)
        names: Sequence[Id] = NAMES
        kind: OrderKind = "marketplace"
        if self.task.spread == "own":
            begin = number % len(self.task.buyers) * VARIANTS_PER_BUYER
            names, kind = OWN_NAMES[begin : begin + VARIANTS_PER_BUYER], "own"
        session: Id | None = None
        if self.task.in_sessions:
            session, kind = numbered(SESSION_PREFIX, number % len(self.task.buyers)), "session"

        def make() -> PlaceOrder:
            first, second = choose()
            return PlaceOrder(
                new_id(),
                f"PO-{next(self._numbers):015d}",
                kind,
                "refuse_short",
                (
                    WantedLine(names[first], QUANTITIES[int(chance.random() * QUANTITY_MAX)]),
                    WantedLine(names[second], QUANTITIES[int(chance.random() * QUANTITY_MAX)]),
                ),
                paid=session is None,
                window=session,
            )

        return make


async def main(task: Task) -> None:
    settings = Settings.from_environment({"ENTREPOT_DATABASE_URL": task.dsn, "HOME": "/nowhere"})
    settings = msgspec.structs.replace(settings, batch_max=task.batch_max)
    pool = await open_pool(task.dsn, settings)
    count = Count()
    desk = open_desk(pool, settings, count)
    desk.intake.start()
    load = Load(task, desk)
    # As the server does before it listens.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 50)
    await load.run()
    load.log.write(Path(task.log))
    done = Done(orders=load.orders, faults=load.faults, batches=count.batches)
    print(msgspec.json.encode(done).decode(), flush=True)
    await desk.intake.close()
    await pool.close()


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Task)))
