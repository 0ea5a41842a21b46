"""Decide whatever has queued: one transaction, and the patience around it.

An error splits the batch, so that one poisoned order never fails its neighbours. A deadlock or a
lost connection is tried again: the acts carry their ids and keys, so what had been committed while
its answer was lost is found and answered from.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeAlias

from entrepot import stock
from entrepot.infra.clock import monotonic_seconds
from entrepot.infra.failures import Failure, broken_constraint, failure_of
from entrepot.infra.ids import random_share
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders import errors
from entrepot.orders.actions.answer_repeats import Accepted, Result
from entrepot.orders.actions.run_batch import (
    AllocationsPastError,
    BatchTools,
    NeedsCareError,
    run_batch,
)
from entrepot.orders.model import PlaceOrder, Postponed, Submission
from entrepot.orders.model.market_checks import external_id_taken

Answer: TypeAlias = Accepted | Refusal

TRIES_MAX: Final = 5
POSTPONED_MAX: Final = 8
PAUSE_SECONDS: Final = 0.05
PATIENCE_SECONDS: Final = 15.0


class StoreUnavailableError(Exception):
    """The database is away or full: nothing half done; send the same again later."""


class TooBusyError(Exception):
    """What an act needs kept moving: nothing was done; send the same again."""


async def decide_batch(
    tools: BatchTools, submissions: Sequence[Submission]
) -> list[Answer | BaseException]:
    """Answer each submission, in order, with what was accepted, a refusal, or an error to raise.

    `StoreUnavailableError` and `TooBusyError` mean that nothing is known to have happened: the same
    submission may be sent again. Any other error is a bug, raised to the one that caused it.
    """
    answers: dict[int, Answer | BaseException] = {}
    pending = list(enumerate(submissions))
    careful = not all(isinstance(each.command, PlaceOrder) for each in submissions)
    for _ in range(POSTPONED_MAX):
        results = await _try(tools, [each for _, each in pending], careful=careful)
        again = []
        for (number, submission), result in zip(pending, results, strict=True):
            if isinstance(result, Postponed):
                again.append((number, submission))
            else:
                answers[number] = result
        if not again:
            break
        pending, careful = again, True
    for number, _ in pending:
        answers.setdefault(number, TooBusyError())
    return [answers[number] for number in range(len(submissions))]


async def _try(
    tools: BatchTools, submissions: list[Submission], *, careful: bool
) -> Sequence[Result | BaseException]:
    """Run a batch; on an error try again, or split it and run each half."""
    error: BaseException | None = None
    began = monotonic_seconds()
    for attempt in range(TRIES_MAX):
        try:
            return await run_batch(tools, submissions, careful=careful)
        except NeedsCareError:
            return await _try(tools, submissions, careful=True)
        except AllocationsPastError as caught:
            error = caught
            while await stock.sweep_allocations(tools.pool, tools.new_id):
                pass
            continue
        except Exception as caught:  # noqa: BLE001 - the error is the answer of who caused it
            error = caught
        if failure_of(error) is Failure.OTHER or monotonic_seconds() - began > PATIENCE_SECONDS:
            break
        await asyncio.sleep(PAUSE_SECONDS * (1 << attempt) * (0.5 + random_share()))
    assert error is not None, "only an error ends the tries"
    if failure_of(error) is Failure.AWAY:
        away = StoreUnavailableError(str(error))
        away.__cause__ = error
        return [away] * len(submissions)
    if failure_of(error) is Failure.TRY_AGAIN:
        return [TooBusyError()] * len(submissions)
    if len(submissions) == 1:
        return [_alone(error)]
    middle = len(submissions) // 2
    first = await _try(tools, submissions[:middle], careful=careful)
    second = await _try(tools, submissions[middle:], careful=careful)
    return [*first, *second]


def _alone(error: BaseException) -> Refusal | BaseException:
    """Turn what a single submission ran into into its answer: a named constraint is a refusal."""
    if broken_constraint(error) == "orders_reference_unique":
        return refuse(
            errors.REFERENCE_TAKEN,
            "You already have an order with this reference; give each order its own.",
            field="reference",
        )
    if broken_constraint(error) == "order_external_ids_one_order":
        return Refusal((external_id_taken("external_ids"),))
    if failure_of(error) is Failure.TRY_AGAIN:
        return TooBusyError(str(error))
    return error
