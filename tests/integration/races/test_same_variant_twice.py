"""The same variant on several lines, and in several orders of one batch, is summed."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from random import Random

from entrepot.kernel.refusal import Refusal
from entrepot.orders import PlaceOrder
from tests.factories.counter import body_of, order_of, submission
from tests.factories.stall import SHORT, Stall, accepted
from tests.fakes.intake_process import IntakeProcess


async def test_two_lines_of_one_order_do_not_get_the_same_units(stall: Stall) -> None:
    pears, plums = await stall.goods(3), await stall.goods(3)
    answer = await stall.counter.act(stall.owner, order_of((pears, 2), (plums, 1), (pears, 2)))
    assert isinstance(answer, Refusal)
    assert {fault.code for fault in answer.faults} == {SHORT}
    assert all(fault.field in {"lines[0].quantity", "lines[2].quantity"} for fault in answer.faults)
    assert await stall.left(pears) == 3
    assert await stall.left(plums) == 3


async def test_two_lines_that_fit_together_are_held(stall: Stall) -> None:
    pears = await stall.goods(3)
    await stall.counter.place(stall.owner, order_of((pears, 2), (pears, 1)))
    assert await stall.counter.figures(pears) == (3, 3, 3)


async def test_orders_of_one_batch_share_one_figure(stall: Stall) -> None:
    pears = await stall.goods(5)
    orders = [order_of((pears, 1), (pears, 1)) for _ in range(4)]
    answers = await stall.counter.batch(*((stall.owner, order) for order in orders))
    assert accepted(answers) == 2
    assert await stall.left(pears) == 1


async def test_line_by_line_drops_the_line_that_would_oversell(stall: Stall) -> None:
    pears = await stall.goods(3)
    order = order_of((pears, 2), (pears, 2), (pears, 1), policy="line_by_line")
    answer = await stall.counter.place(stall.owner, order)
    assert sum(Decimal(line["held"]) for line in answer["lines"]) == 3
    assert [dropped["line"] for dropped in answer["dropped_lines"]] == [2]


async def test_a_batch_answers_as_its_orders_would_one_by_one(
    stall: Stall, *, full_size: bool
) -> None:
    """Random batches over few variants, most of them named more than once in an order."""
    dice = Random(11)
    for _ in range(200 if full_size else 12):
        stocks = [dice.randint(0, 12) for _ in range(3)]
        goods = [await stall.goods(units + 1) for units in stocks]
        for variant in goods:  # one unit is promised already
            await stall.counter.place(stall.owner, order_of((variant, 1)))
        orders = [_random_order(dice, goods) for _ in range(12)]
        answers = await stall.counter.batch(*((stall.owner, order) for order in orders))
        left = dict(zip(goods, map(Decimal, stocks), strict=True))
        for order, answer in zip(orders, answers, strict=True):
            needs: dict[str, Decimal] = {}
            for line in order.lines:
                needs[line.variant] = needs.get(line.variant, Decimal()) + line.quantity
            fits = all(left[variant] >= quantity for variant, quantity in needs.items())
            assert accepted([answer]) == fits
            if fits:
                for variant, quantity in needs.items():
                    left[variant] -= quantity
        assert [await stall.left(variant) for variant in goods] == list(left.values())


async def test_two_processes_sum_alike(stall: Stall, processes: list[IntakeProcess]) -> None:
    for _ in range(5):
        pears, plums = await stall.goods(9), await stall.goods(9)
        orders = [order_of((pears, 1), (plums, 1), (pears, 1), (plums, 2)) for _ in range(16)]
        sent = [
            processes[number % 2].send(submission(stall.owner, order))
            for number, order in enumerate(orders)
        ]
        answers = await asyncio.gather(*sent)
        assert accepted(answers) == 3
        assert all(len(body_of(each)["lines"]) == 4 for each in answers if accepted([each]))
        assert [await stall.left(pears), await stall.left(plums)] == [3, 0]


def _random_order(dice: Random, goods: list[str]) -> PlaceOrder:
    lines = [(dice.choice(goods), dice.randint(1, 3)) for _ in range(dice.randint(1, 4))]
    return order_of(*lines)
