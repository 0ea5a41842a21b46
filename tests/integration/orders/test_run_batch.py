"""One batch: keys and twins, what it asks of the database, and when it asks for more care."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    Accepted,
    Answer,
    BatchTools,
    ChangeOrder,
    PrioritiseOrder,
    ReceiveStock,
    RecordPayment,
    StockLine,
    Submission,
)
from entrepot.orders.actions.answer_repeats import Result
from entrepot.orders.actions.run_batch import NeedsCareError, run_batch
from entrepot.orders.model import Command
from tests.factories.counter import Counter, body_of, code_of, order_of, submission, wanted
from tests.factories.locks import blocked_by
from tests.factories.network import Network

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))"


@pytest.fixture
async def owner(network: Network) -> Id:
    return await network.organisation("owner")


async def goods(network: Network, counter: Counter, owner: Id, quantity: object) -> Id:
    variant = await network.variant(owner)
    await counter.receive(owner, variant, quantity)
    return variant


def again(each: Submission) -> Submission:
    """The same request sent once more."""
    return msgspec.structs.replace(each, act=new_id())


class Statements:
    """Counts the statements that the pool's connections send, by how they open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[str] = []
        for name in ("execute", "fetch", "fetchrow", "fetchval"):
            self._watch(monkeypatch, name)

    def _watch(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        way: Any = getattr(asyncpg.Connection, name)

        async def counted(connection: object, sql: str, *args: object, **options: object) -> object:
            self.sent.append(sql)
            return await way(connection, sql, *args, **options)

        monkeypatch.setattr(asyncpg.Connection, name, counted)

    def take(self) -> list[str]:
        sent, self.sent = self.sent, []
        return sent


async def test_statements_do_not_grow_with_the_batch(
    network: Network, counter: Counter, owner: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    variants = [await goods(network, counter, owner, 1000) for _ in range(20)]
    await counter.batch(*((owner, order_of((each, 1))) for each in variants))  # owners are learnt
    statements = Statements(monkeypatch)
    sent = {}
    for size in (1, 10, 150):
        orders = [order_of((variants[n % 20], 1), (variants[(n + 7) % 20], 2)) for n in range(size)]
        answers = await counter.batch(*((owner, order) for order in orders))
        assert all(isinstance(each, Accepted) for each in answers)
        sent[size] = statements.take()
    assert sent[1] == sent[10] == sent[150]
    assert len(sent[1]) == 8  # BEGIN, claim, lock, facts, stock, orders, ground, COMMIT


async def test_statements_of_a_careful_batch_do_not_grow_either(
    network: Network, counter: Counter, owner: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = await goods(network, counter, owner, 1000)
    statements = Statements(monkeypatch)
    sent = {}
    for size in (1, 40):
        orders = [order_of((variant, 1)) for _ in range(size)]
        await counter.batch(*((owner, order) for order in orders))
        statements.take()
        answers = await counter.batch(
            *((owner, RecordPayment(order.order, succeeded=True)) for order in orders)
        )
        assert all(isinstance(each, Accepted) for each in answers)
        sent[size] = statements.take()
    assert sent[1] == sent[40]


async def test_twins_in_one_batch_get_one_answer(
    network: Network, counter: Counter, owner: Id
) -> None:
    variant = await goods(network, counter, owner, 9)
    first = submission(owner, order_of((variant, 4)))
    answers = await counter.batch(first, again(first), again(first))
    assert [isinstance(each, Accepted) and each.replayed for each in answers] == [
        False,
        True,
        True,
    ]
    assert body_of(answers[0]) == body_of(answers[1]) == body_of(answers[2])
    assert await counter.figures(variant) == (9, 4, 2)


async def test_refused_twins_are_refused_alike(
    network: Network, counter: Counter, owner: Id
) -> None:
    variant = await goods(network, counter, owner, 3)
    first = submission(owner, order_of((variant, 4)))
    answers = await counter.batch(first, again(first))
    assert answers[0] == answers[1]
    assert code_of(answers[0]) == "stock.insufficient_available"
    await counter.receive(owner, variant, 5)
    (answer,) = await counter.batch(again(first))
    assert isinstance(answer, Accepted), "a refusal is not kept: now there is enough"


async def test_a_key_with_other_content_is_refused(
    network: Network, counter: Counter, owner: Id
) -> None:
    variant = await goods(network, counter, owner, 9)
    first = submission(owner, order_of((variant, 1)), "one key")
    other = submission(owner, order_of((variant, 2)), "one key")
    answers = await counter.batch(first, other)
    assert isinstance(answers[0], Accepted)
    assert code_of(answers[1]) == "request.key_reused"
    (later,) = await counter.batch(again(other))
    assert code_of(later) == "request.key_reused"
    assert await counter.figures(variant) == (9, 1, 2)


async def test_a_key_is_its_organisations_own(
    network: Network, counter: Counter, owner: Id
) -> None:
    other = await network.organisation("other")
    ours, theirs = (
        await goods(network, counter, owner, 1),
        await goods(network, counter, other, 1),
    )
    answers = await counter.batch(
        submission(owner, order_of((ours, 1)), "same"),
        submission(other, order_of((theirs, 1)), "same"),
    )
    assert all(isinstance(each, Accepted) and not each.replayed for each in answers)


@pytest.mark.parametrize("first_succeeds", [True, False])
async def test_a_twin_in_flight_elsewhere_is_waited_for(
    network: Network, counter: Counter, owner: Id, *, first_succeeds: bool
) -> None:
    """While the first has not committed the second waits; then it is replayed, or decided anew."""
    variant = await goods(network, counter, owner, 5)
    sent = submission(owner, order_of((variant, 2)))
    other = Counter(counter.pool)
    async with counter.pool.acquire() as blocker, counter.pool.acquire() as watcher:
        turn = blocker.transaction()
        await turn.start()
        await blocker.execute("SELECT 1 FROM positions WHERE variant = $1 FOR UPDATE", variant)
        first = asyncio.create_task(counter.batch(sent))
        pid = await blocked_by(watcher, blocker.get_server_pid())
        second = asyncio.create_task(other.batch(again(sent)))
        await blocked_by(watcher, pid)
        assert not second.done()
        if not first_succeeds:
            await watcher.execute("SELECT pg_cancel_backend($1)", pid)
            async with asyncio.timeout(60):
                while not first.done() and not second.done():
                    await asyncio.sleep(0.01)
                    if await watcher.fetchval(WAITS, blocker.get_server_pid()):
                        break
        await turn.commit()
        one, two = (await first)[0], (await second)[0]
    replayed = [isinstance(each, Accepted) and each.replayed for each in (one, two)]
    assert sorted(replayed) == [False, True]
    assert body_of(one) == body_of(two)
    assert await counter.figures(variant) == (5, 2, 2)


async def test_a_plain_batch_asks_for_care_and_changes_nothing(
    network: Network, counter: Counter, pool: Pool, owner: Id
) -> None:
    """A variant without a position, holds past their limit, somebody who waits."""
    nowhere = await network.variant(owner)
    expired = await goods(network, counter, owner, 3)
    order = order_of((expired, 3))
    await counter.place(owner, order)
    await network.set_clock_past(order.order)
    tools = BatchTools(pool, new_id, {}, set())
    for variant in (nowhere, expired):
        before = await counter.rows("SELECT count(*) FROM idempotency_keys")
        sent = submission(owner, order_of((variant, 1), policy="ship_complete"))
        with pytest.raises(NeedsCareError):
            await run_batch(tools, [sent], careful=False)
        assert await counter.rows("SELECT count(*) FROM idempotency_keys") == before
        (answer,) = await run_batch(tools, [sent], careful=True)
        assert isinstance(answer, Accepted)


async def test_who_tells_a_history_says_when_a_batch_happens(
    network: Network, counter: Counter, pool: Pool, owner: Id
) -> None:
    """Limits pass by the time that is told, and everything written carries it."""
    variant = await network.variant(owner)
    told = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    async def happens(minutes: int, command: Command) -> Result:
        tools = BatchTools(pool, new_id, {}, set(), lambda _: told + timedelta(minutes=minutes))
        (result,) = await run_batch(tools, [submission(owner, command)], careful=True)
        return result

    await happens(0, ReceiveStock((StockLine(variant, Decimal(5)),)))
    await happens(10, order_of((variant, 5), hold_minutes=30))
    refused = await happens(39, order_of((variant, 1)))
    assert isinstance(refused, Refusal)
    assert refused.code == "stock.insufficient_available"
    accepted = await happens(40, order_of((variant, 1)))
    assert isinstance(accepted, Accepted)
    assert body_of(accepted)["placed_at"] == "2026-03-02T08:40:00Z"
    entries = await counter.rows("SELECT kind, at FROM ledger ORDER BY version")
    assert entries == [
        (kind, told + timedelta(minutes=minutes))
        for kind, minutes in (("receive", 0), ("hold", 10), ("expire", 40), ("hold", 40))
    ]
    times = "SELECT at FROM audit WHERE act ~ '^(stock|orders)' ORDER BY at"
    assert await counter.rows(times) == [
        (told + timedelta(minutes=minutes),) for minutes in (0, 10, 40)
    ]


@pytest.mark.parametrize("asks_first", [True, False])
async def test_two_acts_on_one_order_leave_what_the_last_decided(
    network: Network, counter: Counter, owner: Id, *, asks_first: bool
) -> None:
    """What frees is decided before what asks, whichever came first.

    The order once was written as the last act to arrive left it, with lines that its holds denied.
    """
    carrots = await goods(network, counter, owner, 9)
    leeks = await goods(network, counter, owner, 9)
    order = order_of((carrots, 2), (carrots, 2), (leeks, 2), paid=True)
    await counter.place(owner, order)
    acts: list[tuple[Id, Command]] = [
        (owner, ChangeOrder(order.order, wanted((leeks, 3)))),
        (owner, PrioritiseOrder(order.order, 7)),
    ]
    answers = await counter.batch(*(acts if asks_first else acts[::-1]))
    assert [type(each) for each in answers] == [Accepted, Accepted]
    assert await counter.lines(order.order) == ["1: 3 = 3 held"]
    priority = "SELECT priority FROM orders WHERE id = $1"
    assert await counter.rows(priority, order.order) == [(7,)]
    assert await counter.figures(carrots) == (9, 0, 5)
    assert (await counter.figures(leeks))[:2] == (9, 3)


async def test_a_token_revoked_meanwhile_is_refused(
    network: Network, counter: Counter, owner: Id
) -> None:
    variant = await goods(network, counter, owner, 3)
    sent = msgspec.structs.replace(submission(owner, order_of((variant, 1))), token=new_id())
    (answer,) = await counter.batch(sent)
    assert code_of(answer) == "identity.token_not_valid"
    alive = msgspec.structs.replace(again(sent), token=None)
    twins = await counter.batch(again(sent), alive)
    assert code_of(twins[0]) == "identity.token_not_valid"
    assert isinstance(twins[1], Accepted), "a twin with a token that is alive is decided"
    assert await counter.figures(variant) == (3, 1, 2)


async def test_answers_come_in_the_order_of_the_questions(
    network: Network, counter: Counter, owner: Id
) -> None:
    variant = await goods(network, counter, owner, 30)
    orders = [order_of((variant, n % 4 + 1)) for n in range(20)]
    answers: list[Answer | BaseException] = await counter.batch(*((owner, o) for o in orders))
    for order, answer in zip(orders, answers, strict=True):
        if isinstance(answer, Refusal):
            assert answer.faults[0].facts["quantity"] == str(order.lines[0].quantity)
        else:
            assert body_of(answer)["reference"] == order.reference
    assert Tally(type(each) for each in answers)[Accepted] > 10
