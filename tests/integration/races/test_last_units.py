"""Many callers want the last units; as many get one as there are, from whichever process."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from itertools import cycle
from random import Random

import pytest

from entrepot.orders import Answer, PlaceOrder
from tests.factories.counter import order_of, submission
from tests.factories.stall import Stall, accepted
from tests.fakes.intake_process import IntakeProcess

CALLERS = 64


async def rush(
    stall: Stall, processes: list[IntakeProcess], orders: list[PlaceOrder]
) -> list[Answer]:
    """Hand every order in at once, to each process in turn."""
    turns = zip(cycle(processes), orders, strict=False)
    sent = [process.send(submission(stall.owner, order)) for process, order in turns]
    return list(await asyncio.gather(*sent))


async def test_as_many_are_served_as_there_are_units(
    stall: Stall, processes: list[IntakeProcess], *, full_size: bool
) -> None:
    for turn in range(1000 if full_size else 20):
        units = turn % 10 + 1
        variant = await stall.goods(units)
        answers = await rush(stall, processes, [order_of((variant, 1)) for _ in range(CALLERS)])
        assert accepted(answers) == units
        assert await stall.counter.figures(variant) == (units, units, 1 + units)


async def test_nobody_is_refused_what_is_left(
    stall: Stall, processes: list[IntakeProcess], *, full_size: bool
) -> None:
    dice = Random(7)
    for _ in range(200 if full_size else 8):
        variant = await stall.goods(dice.randint(1, 10))
        asked = [Decimal(dice.randint(1, 3000)) / 1000 for _ in range(CALLERS)]
        orders = [order_of((variant, quantity)) for quantity in asked]
        answers = await rush(stall, processes, orders)
        left = await stall.left(variant)
        assert left >= 0
        got = [quantity for quantity, each in zip(asked, answers, strict=True) if accepted([each])]
        refused = [
            quantity for quantity, each in zip(asked, answers, strict=True) if not accepted([each])
        ]
        assert sum(got) == (await stall.counter.figures(variant))[1]
        assert all(quantity > left for quantity in refused)


@pytest.mark.parametrize("units", [1, 7])
async def test_a_pause_between_reading_and_writing_lets_nobody_in(
    stall: Stall, slow_processes: list[IntakeProcess], *, units: int, full_size: bool
) -> None:
    for _ in range(50 if full_size else 3):
        variant = await stall.goods(units)
        orders = [order_of((variant, 1)) for _ in range(CALLERS)]
        assert accepted(await rush(stall, slow_processes, orders)) == units
        assert await stall.counter.figures(variant) == (units, units, 1 + units)


async def test_units_that_come_back_meanwhile_are_given_out_once(
    stall: Stall, processes: list[IntakeProcess], *, full_size: bool
) -> None:
    """Half of those served cancel at once, while others still ask."""
    for _ in range(100 if full_size else 5):
        variant = await stall.goods(10)

        async def shop(process: IntakeProcess, number: int, variant: str = variant) -> bool:
            order = order_of((variant, 1))
            if not accepted([await process.send(submission(stall.owner, order))]):
                return False
            if number % 2:
                return True
            cancelled = stall.counter.cancel(stall.owner, order.order)
            assert (await cancelled)["status"] == "cancelled"
            return False

        turns = zip(cycle(processes), range(CALLERS), strict=False)
        kept = sum(await asyncio.gather(*(shop(*each) for each in turns)))
        assert await stall.left(variant) == 10 - kept
