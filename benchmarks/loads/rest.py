"""Callers of the REST door, all in one lean loop over sockets.

It is no part of what is measured but shares its cores, so it does next to nothing: requests are
byte templates, answers are looked at for their status alone.
"""

from __future__ import annotations

import random
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.loads.clock import Log
from benchmarks.loads.wire import READY, Done, Task
from benchmarks.world import QUANTITY_MAX, VARIANT_PREFIX, VARIANTS, chooser, numbered

NAMES: Final = [f"var_{numbered(VARIANT_PREFIX, number)}".encode() for number in range(VARIANTS)]
QUANTITIES: Final = [str(number).encode() for number in range(1, QUANTITY_MAX + 1)]
ORDER: Final = (
    b'{"reference":"PO-%015d","kind":"marketplace","policy":"refuse_short","paid":true,'
    b'"lines":[{"variant":"%b","quantity":"%b"},{"variant":"%b","quantity":"%b"}]}'
)
HEAD: Final = (
    b"POST /api/v1/orders%b HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer %b\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\n\r\n"
)
ANSWER_BYTES_MAX: Final = 1 << 20
ACCEPTED_ONE: Final = b"HTTP/1.1 201 "
ACCEPTED_MANY: Final = b'{"status":201,"order":'
FAULTS_KEPT: Final = 5
FAULT_BYTES_SHOWN: Final = 2_000


class Caller:
    """One connection and the request that is on its way over it."""

    def __init__(self, port: int, make: Callable[[], bytes]) -> None:
        self.make = make
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(0)
        self.unsent = memoryview(b"")
        self.answer = b""
        self.length = 0
        self.began = 0.0

    def begin(self) -> None:
        """Send the next request."""
        content = self.make()
        self.answer = b""
        self.length = 0
        self.began = time.time()
        sent = self.socket.send(content)
        self.unsent = memoryview(content)[sent:]

    def go_on(self) -> None:
        """Send more of a request that was too large for one go."""
        if self.unsent:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]

    def receive(self) -> bool:
        """Take what has come; True once the answer is whole."""
        part = self.socket.recv(ANSWER_BYTES_MAX)
        if not part:
            raise ConnectionError("the server closed a connection")
        self.answer = self.answer + part if self.answer else part
        if not self.length:
            head, found, _ = self.answer.partition(b"\r\n\r\n")
            if not found:
                return False
            _, _, rest = head.lower().partition(b"content-length: ")
            self.length = len(head) + len(found) + int(rest.partition(b"\r\n")[0])
        return len(self.answer) >= self.length


class Load:
    """A number of callers, each sending its next order once the last one is answered."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.log = Log()
        self.orders = 0
        self.faults: list[str] = []
        numbers = iter(range(1_000_000_000_000_000))
        self.callers = [
            Caller(task.ports[number % len(task.ports)], self._maker(number, numbers))
            for number in range(task.callers)
        ]

    def run(self) -> None:
        """Send until told to stop, and then until the last answer has come."""
        poll = select.epoll()
        poll.register(sys.stdin.fileno(), select.EPOLLIN | select.EPOLLHUP)
        flags = select.EPOLLIN | (select.EPOLLOUT | select.EPOLLET if self.task.bulk else 0)
        by_number = {}
        for caller in self.callers:
            by_number[caller.socket.fileno()] = caller
            poll.register(caller.socket.fileno(), flags)
        print(READY, flush=True)
        for caller in self.callers:
            caller.begin()
        stopping = False
        open_requests = len(self.callers)
        while open_requests:
            for number, event in poll.poll():
                ready = by_number.get(number)
                if ready is None:
                    stopping = True
                    poll.unregister(sys.stdin.fileno())
                    continue
                if event & select.EPOLLOUT:
                    ready.go_on()
                if event & select.EPOLLIN and ready.receive():
                    self._keep(ready)
                    if stopping:
                        open_requests -= 1
                    else:
                        ready.begin()

    def _keep(self, caller: Caller) -> None:
        answer = caller.answer
        if self.task.bulk:
            accepted, wanted = answer.count(ACCEPTED_MANY), self.task.bulk
        else:
            accepted, wanted = int(answer.startswith(ACCEPTED_ONE)), 1
        self.orders += accepted
        self.log.add(caller.began, time.time(), accepted)
        if accepted < wanted and len(self.faults) < FAULTS_KEPT:
            self.faults.append(answer[:FAULT_BYTES_SHOWN].decode(errors="replace"))

    def _maker(self, number: int, numbers: Iterator[int]) -> Callable[[], bytes]:
        """A function that writes this caller's next request."""
        chance = random.Random(self.task.seed * 10_000 + number)
        choose = chooser(self.task.spread, chance)
        secret = self.task.buyers[number % len(self.task.buyers)].secret.encode()

        def order() -> bytes:
            first, second = choose()
            return ORDER % (
                next(numbers),
                NAMES[first],
                QUANTITIES[int(chance.random() * QUANTITY_MAX)],
                NAMES[second],
                QUANTITIES[int(chance.random() * QUANTITY_MAX)],
            )

        head = HEAD % (b"", secret, len(order()))

        def one() -> bytes:
            return head + order()

        def many() -> bytes:
            body = b'{"orders":[' + b",".join([order() for _ in range(self.task.bulk)]) + b"]}"
            return HEAD % (b"/bulk", secret, len(body)) + body

        return many if self.task.bulk else one


def main(task: Task) -> None:
    load = Load(task)
    load.run()
    load.log.write(Path(task.log))
    print(msgspec.json.encode(Done(orders=load.orders, faults=load.faults)).decode(), flush=True)


if __name__ == "__main__":
    main(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Task))
