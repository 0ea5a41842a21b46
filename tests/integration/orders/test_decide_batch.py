"""The patience around a batch: errors split it, rivals are met again, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import asyncpg
import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Accepted, BatchTools, StoreUnavailableError, Submission, TooBusyError
from entrepot.orders.actions import decide_batch as module
from entrepot.orders.actions.answer_repeats import Result
from entrepot.orders.actions.run_batch import run_batch
from entrepot.orders.model import Postponed
from tests.factories.counter import Counter, code_of, order_of, submission
from tests.factories.locks import until_waiting
from tests.factories.network import Network

POISON = "ALTER TABLE orders ADD CONSTRAINT no_poison CHECK (reference NOT LIKE 'poison%')"


@pytest.fixture
async def owner(network: Network) -> Id:
    return await network.organisation("owner")


async def goods(network: Network, counter: Counter, owner: Id, quantity: object) -> Id:
    variant = await network.variant(owner)
    await counter.receive(owner, variant, quantity)
    return variant


class Runs:
    """Stands between the patience and the batch: counts runs, and fails those it is told to."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        plan: Callable[[int, Sequence[Submission]], list[Result] | None] = lambda *_: None,
    ) -> None:
        self.sizes: list[int] = []
        self.careful: list[bool] = []
        self.errors: list[Exception] = []
        self.plan = plan
        monkeypatch.setattr(module, "run_batch", self.run)

    async def run(
        self,
        tools: BatchTools,
        submissions: Sequence[Submission],
        *,
        careful: bool,
    ) -> list[Result]:
        self.sizes.append(len(submissions))
        self.careful.append(careful)
        try:
            planned = self.plan(len(self.sizes), submissions)
            return planned or await run_batch(tools, submissions, careful=careful)
        except Exception as error:
            self.errors.append(error)
            raise


def raising(error: Exception, times: int) -> Callable[[int, Sequence[Submission]], None]:
    """The first runs end in an error."""

    def plan(number: int, _: Sequence[Submission]) -> None:
        if number <= times:
            raise error

    return plan


@pytest.mark.parametrize("place", [0, 7, 15])
async def test_a_poisoned_order_fails_alone(
    network: Network, counter: Counter, owner: Id, place: int
) -> None:
    variant = await goods(network, counter, owner, 100)
    async with counter.pool.acquire() as connection:
        await connection.execute(POISON)
    orders = [
        order_of((variant, 1), reference="poison" if number == place else f"order {number}")
        for number in range(16)
    ]
    answers = await counter.batch(*((owner, order) for order in orders))
    assert isinstance(answers.pop(place), asyncpg.CheckViolationError)
    assert all(isinstance(each, Accepted) for each in answers)
    assert await counter.figures(variant) == (100, 15, 16)
    assert await counter.rows("SELECT count(*) FROM idempotency_keys") == [(16,)]


async def test_many_poisoned_orders_fail_alone(
    network: Network, counter: Counter, owner: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = await goods(network, counter, owner, 100)
    async with counter.pool.acquire() as connection:
        await connection.execute(POISON)
    runs = Runs(monkeypatch)
    orders = [
        order_of((variant, 1), reference=f"{'poison' if number % 3 == 0 else 'order'} {number}")
        for number in range(12)
    ]
    answers = await counter.batch(*((owner, order) for order in orders))
    assert [isinstance(each, Accepted) for each in answers] == [n % 3 != 0 for n in range(12)]
    assert await counter.figures(variant) == (100, 8, 9)
    assert len(runs.sizes) < 2 * 12, "splitting in halves never runs more than that"


async def test_a_reference_taken_by_a_rival_meanwhile_is_a_refusal(
    network: Network, counter: Counter, owner: Id
) -> None:
    """The facts said that it is free; the constraint knows better."""
    variant, other = (
        await goods(network, counter, owner, 5),
        await goods(network, counter, owner, 5),
    )
    same = [order_of((each, 1), reference="same") for each in (variant, other)]
    async with counter.pool.acquire() as blocker, counter.pool.acquire() as watcher:
        turn = blocker.transaction()
        await turn.start()
        # Whoever writes an order waits here, with its facts read.
        await blocker.execute("LOCK TABLE order_lines IN SHARE MODE")
        rivals = [asyncio.create_task(Counter(counter.pool).act(owner, each)) for each in same]
        await until_waiting(watcher, len(same))
        await turn.commit()
        answers = await asyncio.gather(*rivals)
    assert sorted(isinstance(each, Refusal) for each in answers) == [False, True]
    (refused,) = [each for each in answers if isinstance(each, Refusal)]
    assert refused.code == "orders.reference_taken"
    assert await counter.rows("SELECT sum(held) FROM positions") == [(1,)]


async def test_a_deadlock_with_a_rival_is_tried_again(
    network: Network, counter: Counter, owner: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rival locks the same positions the other way round; we wait first, so we are chosen."""
    low, high = sorted([await goods(network, counter, owner, 5) for _ in range(2)])
    runs = Runs(monkeypatch)
    lock = "SELECT 1 FROM positions WHERE variant = $1 FOR UPDATE"
    async with counter.pool.acquire() as rival, counter.pool.acquire() as watcher:
        turn = rival.transaction()
        await turn.start()
        await rival.execute(lock, high)
        placing = asyncio.create_task(counter.act(owner, order_of((low, 1), (high, 1))))
        await until_waiting(watcher)
        await rival.execute(lock, low)
        await turn.commit()
        answer = await placing
    assert isinstance(answer, Accepted)
    assert [type(each) for each in runs.errors] == [asyncpg.DeadlockDetectedError]
    assert await counter.figures(low) == (5, 1, 2)
    assert await counter.figures(high) == (5, 1, 2)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (asyncpg.DeadlockDetectedError("rivals"), TooBusyError),
        (asyncpg.DiskFullError("no room"), StoreUnavailableError),
        (asyncpg.TooManyConnectionsError("crowded"), StoreUnavailableError),
        (asyncpg.ConnectionDoesNotExistError("gone"), StoreUnavailableError),
        (asyncpg.AdminShutdownError("stopping"), StoreUnavailableError),
        (ConnectionRefusedError("nobody there"), StoreUnavailableError),
        (TimeoutError(), StoreUnavailableError),
    ],
)
async def test_what_lasts_is_said_and_nothing_happened(
    network: Network,
    counter: Counter,
    owner: Id,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    answer: type[Exception],
) -> None:
    variant = await goods(network, counter, owner, 5)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    Runs(monkeypatch, raising(error, 1000))
    answers = await counter.batch(*((owner, order_of((variant, 1))) for _ in range(3)))
    assert [type(each) for each in answers] == [answer] * 3
    assert await counter.figures(variant) == (5, 0, 1)


@pytest.mark.parametrize(
    "error", [asyncpg.DeadlockDetectedError("rivals"), ConnectionResetError("cut")]
)
async def test_what_passes_is_not_noticed(
    network: Network,
    counter: Counter,
    owner: Id,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    variant = await goods(network, counter, owner, 5)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    runs = Runs(monkeypatch, raising(error, module.TRIES_MAX - 1))
    assert isinstance(await counter.act(owner, order_of((variant, 1))), Accepted)
    assert len(runs.sizes) == module.TRIES_MAX


async def test_a_bug_is_raised_to_its_owner_alone(
    network: Network, counter: Counter, owner: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = await goods(network, counter, owner, 50)
    orders = [order_of((variant, 1)) for _ in range(9)]

    def plan(_: int, submissions: Sequence[Submission]) -> None:
        assert all(each.command is not orders[4] for each in submissions), "planted"

    Runs(monkeypatch, plan)
    answers = await counter.batch(*((owner, order) for order in orders))
    assert isinstance(answers.pop(4), AssertionError)
    assert all(isinstance(each, Accepted) for each in answers)
    assert await counter.figures(variant) == (50, 8, 9)


async def test_what_is_postponed_comes_again_with_care(
    network: Network, counter: Counter, owner: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = await goods(network, counter, owner, 5)
    sent = [submission(owner, order_of((variant, 1))) for _ in range(3)]

    def plan(number: int, submissions: Sequence[Submission]) -> list[Result] | None:
        if number > 1:
            return None
        return [Postponed("planted") for _ in submissions]

    runs = Runs(monkeypatch, plan)
    answers = await counter.batch(*sent)
    assert all(isinstance(each, Accepted) for each in answers)
    assert runs.careful == [False, True]


async def test_what_is_postponed_for_ever_is_too_busy(
    network: Network, counter: Counter, owner: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = await goods(network, counter, owner, 5)
    sent = [submission(owner, order_of((variant, 1))) for _ in range(3)]

    def plan(_: int, submissions: Sequence[Submission]) -> list[Result]:
        return [
            Postponed("planted") if each is sent[1] else Accepted(new_id(), b"{}")
            for each in submissions
        ]

    runs = Runs(monkeypatch, plan)
    answers = await counter.batch(*sent)
    assert [type(each) for each in answers] == [Accepted, TooBusyError, Accepted]
    assert runs.sizes == [3] + [1] * (module.POSTPONED_MAX - 1), "the others are not kept waiting"


async def test_a_refusal_neither_splits_nor_repeats(
    network: Network, counter: Counter, owner: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = await goods(network, counter, owner, 1)
    runs = Runs(monkeypatch)
    answers = await counter.batch(*((owner, order_of((variant, 2))) for _ in range(4)))
    assert {code_of(each) for each in answers} == {"stock.insufficient_available"}
    assert runs.sizes == [4]
