"""Figures are rebuilt from ledger, holds and allocations, and only where these agree."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.demand import PositionKey
from entrepot.kernel.ids import Id
from entrepot.stock import rebuild_figures
from tests.factories.callers import acts_of
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network


async def _stocked(network: Network, counter: Counter) -> tuple[Id, Id]:
    """An organisation with ten of a variant, four of them held."""
    owner = await network.organisation()
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 10)
    await counter.place(owner, order_of((variant, 4), paid=True))
    return owner, variant


async def test_wrong_figures_are_rebuilt_and_audited(network: Network, counter: Counter) -> None:
    owner, variant = await _stocked(network, counter)
    right = await counter.figures(variant)
    await counter.rows("UPDATE positions SET on_hand = 20, held = 3, version = 1")
    happened, after = await rebuild_figures(counter.pool, new_id)
    assert after is None
    (one,) = happened
    assert one.subject == f"var_{variant}"
    assert await counter.figures(variant) == right
    (act, subject, answer) = (await acts_of(counter.pool, owner))[-1]
    assert (act, subject) == ("stock.repaired", f"var_{variant}")
    assert answer["before"] == {"on_hand": "20", "held": "3", "allocated": "0", "version": 1}
    assert answer["after"] == {"on_hand": "10", "held": "4", "allocated": "0", "version": 2}
    assert await rebuild_figures(counter.pool, new_id) == ([], None)


async def test_a_position_that_is_gone_comes_back(network: Network, counter: Counter) -> None:
    owner, variant = await _stocked(network, counter)
    right = await counter.figures(variant)
    await counter.rows("DELETE FROM positions")
    ((one,), _) = await rebuild_figures(counter.pool, new_id)
    assert one.answer.before is None  # type: ignore[attr-defined] # a Happening holds any answer
    assert await counter.figures(variant) == right
    await counter.place(owner, order_of((variant, 6), paid=True))


async def test_a_version_is_raised_and_never_lowered(network: Network, counter: Counter) -> None:
    _, variant = await _stocked(network, counter)
    await counter.rows("UPDATE positions SET version = 7, on_hand = 11")
    assert await rebuild_figures(counter.pool, new_id) == ([], None)
    assert await counter.figures(variant) == (11, 4, 7)
    await counter.rows("UPDATE positions SET version = 2, on_hand = 10")  # as it was


async def test_it_goes_on_after_what_it_cannot_rebuild(network: Network, counter: Counter) -> None:
    """A page is full of positions: the next begins after the last of them."""
    keys = []
    for _ in range(3):
        owner, variant = await _stocked(network, counter)
        (row,) = await counter.rows("SELECT location FROM positions WHERE variant = $1", variant)
        keys.append(PositionKey(owner, variant, str(row[0])))
    await counter.rows("UPDATE positions SET on_hand = 12")
    happened, after = await rebuild_figures(counter.pool, new_id, keys[0])
    assert (len(happened), after) == (2, None)
    happened, after = await rebuild_figures(counter.pool, new_id)
    assert (len(happened), after) == (1, None)


async def test_it_may_run_while_orders_are_placed(network: Network, counter: Counter) -> None:
    """It locks a position as a batch does, so it takes no order on its way for a damage."""
    owner, variant = await _stocked(network, counter)
    placing = asyncio.gather(
        *[counter.place(owner, order_of((variant, 1), paid=True)) for _ in range(6)]
    )
    while not placing.done():
        assert await rebuild_figures(counter.pool, new_id) == ([], None)
    await placing
    assert await counter.figures(variant) == (10, 10, 8)


@pytest.mark.damages_database("rows are never edited, also not wrong ones")
async def test_orders_placed_upon_wrong_figures_are_left_to_a_person(
    network: Network, counter: Counter
) -> None:
    """From then on the ledger itself says two things, and nobody can tell which is true."""
    owner, variant = await _stocked(network, counter)
    await counter.rows("UPDATE positions SET on_hand = on_hand + 1")
    await counter.place(owner, order_of((variant, 1), paid=True))
    assert await rebuild_figures(counter.pool, new_id) == ([], None)
    assert await counter.figures(variant) == (11, 5, 3)
