"""A counter where tests hand in commands: each batch is decided at once, against the database."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from itertools import count
from typing import Any

import msgspec

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    Accepted,
    AdjustStock,
    Answer,
    BatchTools,
    CancelOrder,
    ChangeOrder,
    CountStock,
    LineQuantity,
    PlaceOrder,
    ReceiveStock,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
    StockLine,
    Submission,
    WantedLine,
    decide_batch,
)
from entrepot.orders.model import Command, RecheckWaiting

_numbers = count(1)


def submission(organisation: Id, command: Command, key: str | None = None) -> Submission:
    """A command on its way, under a key of its own unless one is given."""
    if isinstance(command, PlaceOrder):
        content: object = msgspec.structs.replace(command, order="")
    else:
        content = command
    digest = sha256(msgspec.msgpack.encode((type(command).__name__, content))).digest()
    return Submission(command, organisation, new_id(), key or f"key-{next(_numbers)}", digest)


def order_of(
    *lines: tuple[Id, object],
    policy: str = "refuse_short",
    kind: str = "own",
    paid: bool = False,
    draft: bool = False,
    priority: int = 0,
    reference: str | None = None,
    hold_minutes: int = 30,
) -> PlaceOrder:
    """An order of (variant, quantity) lines."""
    return PlaceOrder(
        new_id(),
        reference or f"ref-{next(_numbers)}",
        kind,  # type: ignore[arg-type] # tests also say what no door would let through
        policy,  # type: ignore[arg-type] # for the same reason
        wanted(*lines),
        paid=paid,
        draft=draft,
        priority=priority,
        hold_minutes=hold_minutes,
    )


def wanted(*lines: tuple[Id, object]) -> tuple[WantedLine, ...]:
    return tuple(WantedLine(variant, Decimal(str(quantity))) for variant, quantity in lines)


def parts(*lines: tuple[int, object]) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line, Decimal(str(quantity))) for line, quantity in lines)


def body_of(answer: Answer | BaseException) -> Any:  # noqa: ANN401 - JSON, as the caller reads it
    """What an accepted act was answered with."""
    if isinstance(answer, BaseException):
        raise answer
    assert isinstance(answer, Accepted), answer
    return msgspec.json.decode(answer.body)


def code_of(answer: Answer | BaseException) -> str:
    """The code of a refusal."""
    if isinstance(answer, BaseException):
        raise answer
    assert isinstance(answer, Refusal), answer
    return answer.code


class Counter:
    """Hands in commands for one database."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.tools = BatchTools(pool, new_id, {}, set())

    async def batch(self, *handed: tuple[Id, Command] | Submission) -> list[Answer | BaseException]:
        """Decide commands together and answer each."""
        submissions = [
            each if isinstance(each, Submission) else submission(*each) for each in handed
        ]
        return await decide_batch(self.tools, submissions)

    async def act(self, organisation: Id, command: Command, key: str | None = None) -> Answer:
        """Decide one command alone."""
        (answer,) = await self.batch(submission(organisation, command, key))
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def done(self, organisation: Id, command: Command) -> Any:  # noqa: ANN401 - JSON has any shape
        """Decide one command that is accepted, and return its answer."""
        return body_of(await self.act(organisation, command))

    async def place(self, organisation: Id, order: PlaceOrder) -> Any:  # noqa: ANN401 - JSON has any shape
        return await self.done(organisation, order)

    async def receive(
        self, organisation: Id, variant: Id, quantity: object, location: Id | None = None
    ) -> Any:  # noqa: ANN401 - JSON has any shape
        line = StockLine(variant, Decimal(str(quantity)), location)
        return await self.done(organisation, ReceiveStock((line,)))

    async def adjust(self, organisation: Id, variant: Id, quantity: object) -> Answer:
        line = StockLine(variant, Decimal(str(quantity)))
        return await self.act(organisation, AdjustStock((line,)))

    async def count(
        self, organisation: Id, variant: Id, on_hand: object, location: Id | None = None
    ) -> Any:  # noqa: ANN401 - JSON has any shape
        command = CountStock(variant, Decimal(str(on_hand)), None, location)
        return await self.done(organisation, command)

    async def pay(self, organisation: Id, order: Id, *, succeeded: bool = True) -> Any:  # noqa: ANN401 - JSON has any shape
        return await self.done(organisation, RecordPayment(order, succeeded))

    async def cancel(self, organisation: Id, order: Id, *lines: tuple[int, object]) -> Any:  # noqa: ANN401 - JSON has any shape
        return await self.done(organisation, CancelOrder(order, parts(*lines) if lines else None))

    async def change(self, organisation: Id, order: Id, *lines: tuple[Id, object]) -> Any:  # noqa: ANN401 - JSON has any shape
        return await self.done(organisation, ChangeOrder(order, wanted(*lines)))

    async def give_back(self, organisation: Id, order: Id, *lines: tuple[int, object]) -> Any:  # noqa: ANN401 - JSON has any shape
        return await self.done(organisation, ReturnGoods(order, parts(*lines)))

    async def recheck(self, *variants: tuple[Id, Id]) -> None:
        """What the job does that continues where a batch stopped, for (owner, variant) pairs."""
        await self.keep_house(RecheckWaiting(tuple(sorted(variants))))

    async def keep_house(self, command: Command) -> None:
        """Let a job do what nobody asked for."""
        (answer,) = await self.batch(Submission(command, new_id(), new_id(), "", b""))
        body_of(answer)

    async def ship(self, organisation: Id, order: Id, *lines: tuple[int, object]) -> Any:  # noqa: ANN401 - JSON has any shape
        return await self.done(organisation, ShipOrder(order, parts(*lines) if lines else None))

    async def rows(self, sql: str, *values: object) -> Sequence[tuple[object, ...]]:
        """What the database has, as plain tuples."""
        async with self.pool.acquire() as connection:
            return [tuple(row) for row in await connection.fetch(sql, *values)]

    async def figures(self, variant: Id) -> tuple[Any, ...]:
        """On hand, held and versions of a variant, over all its positions."""
        (row,) = await self.rows(
            "SELECT coalesce(sum(on_hand), 0), coalesce(sum(held), 0),"
            " coalesce(sum(version), 0)::bigint FROM positions WHERE variant = $1",
            variant,
        )
        return row

    async def order(self, ident: Id) -> tuple[str, str, str]:
        """Status, fulfilment and payment of an order."""
        (row,) = await self.rows(
            "SELECT status, fulfilment_status, payment_status FROM orders WHERE id = $1", ident
        )
        return row  # type: ignore[return-value] # the statement says what it returns

    async def lines(self, ident: Id) -> list[str]:
        """The lines of an order in words, such as `1: 5 = 3 held + 2 short`."""
        rows = await self.rows(
            "SELECT line_no, quantity, shipped, held, short, cancelled,"
            " quantity - shipped - held - short - cancelled"
            " FROM order_lines WHERE order_id = $1 ORDER BY line_no",
            ident,
        )
        words = ("shipped", "held", "short", "cancelled", "missing")
        return [
            f"{line}: {_text(quantity)} = "
            + " + ".join(f"{_text(p)} {w}" for p, w in zip(some, words, strict=True) if p)
            for line, quantity, *some in rows
        ]


def _text(quantity: object) -> str:
    assert isinstance(quantity, Decimal)
    return format(quantity.normalize(), "f")
