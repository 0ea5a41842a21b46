"""A stall: one organisation with goods that many want at once, and how many got some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from entrepot.infra.pool import Pool
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Accepted, Answer
from tests.factories.counter import Counter
from tests.factories.network import Network

SHORT = "stock.insufficient_available"


class Stall:
    """Goods of one organisation."""

    def __init__(self, network: Network, counter: Counter, owner: Id, dsn: str) -> None:
        self.network = network
        self.counter = counter
        self.owner = owner
        self.dsn = dsn

    @property
    def pool(self) -> Pool:
        return self.counter.pool

    async def goods(self, quantity: object) -> Id:
        """A new variant of which this much lies here."""
        variant = await self.network.variant(self.owner)
        await self.counter.receive(self.owner, variant, quantity)
        return variant

    async def left(self, variant: Id) -> Decimal:
        """What is available of a variant."""
        on_hand, held, _ = await self.counter.figures(variant)
        left: Decimal = on_hand - held
        return left


async def open_stall(network: Network, counter: Counter, dsn: str) -> Stall:
    """Open a stall without any goods in the database at `dsn`."""
    return Stall(network, counter, await network.organisation("stall"), dsn)


def accepted(answers: Iterable[Answer | BaseException]) -> int:
    """How many got what they asked for; the others were told that there is not enough."""
    got = 0
    for each in answers:
        if isinstance(each, BaseException):
            raise each
        if isinstance(each, Refusal):
            assert each.code == SHORT, each
        got += isinstance(each, Accepted)
    return got


def bodies(answers: Sequence[Answer | BaseException]) -> list[bytes]:
    """What accepted acts were answered with, byte for byte."""
    found = []
    for each in answers:
        assert isinstance(each, Accepted), each
        found.append(each.body)
    return found
