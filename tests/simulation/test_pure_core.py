"""The pure core against an auditor with books of its own, over random lives of orders."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings

from entrepot.kernel.demand import PositionKey
from entrepot.orders.model import ReceiveStock, StockLine, Submission
from tests.simulation.core_machine import POLICIES, Act, CoreAgainstAuditor
from tests.simulation.pure_world import PureWorld
from tests.simulation.soundness import unsound


def test_the_core_agrees_with_the_auditor(*, full_size: bool) -> None:
    machine = CoreAgainstAuditor.TestCase
    machine.settings = settings(
        max_examples=2000 if full_size else 80,
        stateful_step_count=50 if full_size else 30,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    machine().runTest()


def one_step(machine: CoreAgainstAuditor, chance: random.Random) -> None:
    """One act, drawn as traffic goes: many orders, little stock, some trouble."""

    def number() -> int:
        return chance.randrange(10_000)

    def units() -> Decimal:
        return Decimal(chance.choice(("1", "2", "3", "0.5", "5", "8")))

    def lines() -> list[tuple[int, Decimal]]:
        return [(number(), units()) for _ in range(chance.choice((1, 1, 2, 3)))]

    def parts() -> list[tuple[int, Decimal]] | None:
        some = [(chance.randint(1, 3), Decimal(chance.choice(("0.5", "1", "2")))) for _ in "12"]
        return None if chance.random() < 0.5 else some[: chance.randint(1, 2)]

    together = chance.random() < 0.4
    terms = (
        ("own", chance.choice(POLICIES))
        if chance.random() < 0.7
        else (chance.choice(("session", "marketplace")), chance.choice(POLICIES[:2]))
    )
    steps: list[tuple[int, Act]] = [
        (
            10,
            lambda: machine.place(
                number(),
                terms,
                lines(),
                chance.choice((10, 30)),
                paid=chance.random() < 0.5,
                draft=chance.random() < 0.1,
                together=together,
            ),
        ),
        (1, lambda: machine.place_draft(number(), 30, paid=True, together=together)),
        (3, lambda: machine.change(number(), lines(), together=together)),
        (4, lambda: machine.pay(number(), succeeded=chance.random() < 0.8, together=together)),
        (3, lambda: machine.cancel(number(), parts(), together=together)),
        (4, lambda: machine.ship(number(), parts(), together=together)),
        (
            2,
            lambda: machine.take_back(
                number(),
                chance.randint(1, 2),
                Decimal(1),
                aside=chance.random() < 0.5,
                together=together,
            ),
        ),
        (1, lambda: machine.prioritise(number(), chance.randint(0, 2), together=together)),
        (4, lambda: machine.goods_arrive(lines()[:2], number(), together=together)),
        (1, lambda: machine.adjust(lines(), number(), down=True, together=together)),
        (2, lambda: machine.count(number(), chance.randint(0, 6), number(), together=together)),
        (1, lambda: machine.turn_clock(chance.choice((10, 31)))),
    ]
    weights = [weight for weight, _ in steps]
    chance.choices([step for _, step in steps], weights)[0]()


@pytest.mark.parametrize("part", range(4))
def test_long_lives(part: int, *, full_size: bool) -> None:
    """Longer than Hypothesis draws: queues grow, shelves run dry, much is in flight."""
    for seed in range(part, 800 if full_size else 12, 4):
        chance = random.Random(seed)
        machine = CoreAgainstAuditor()
        machine.open_network(waits_holding=seed % 3 > 0)
        for step in range(150):
            try:
                one_step(machine, chance)
                machine.is_sound()
            except Exception as error:
                error.add_note(f"seed {seed}, step {step}")
                raise


def test_of_two_placed_at_one_instant_the_successor_comes_last() -> None:
    """A draft and an order placed in one batch; what the draft leaves to a successor is youngest.

    All stand at one priority since one instant, so the id decides who is served first.
    """
    machine = CoreAgainstAuditor()
    machine.open_network(waits_holding=True)
    terms = ("own", "allow_split")
    several = [(0, Decimal(8)), (1, Decimal(1))]
    machine.place(0, terms, several, 10, paid=False, draft=True, together=False)
    machine.place_draft(0, 30, paid=True, together=True)
    machine.place(0, terms, [(0, Decimal(2))], 30, paid=True, draft=False, together=False)
    first, _, second = machine.placed
    orders = machine.world.orders
    follower = next(order for order in orders.values() if order.follows == first[1])
    assert orders[second].status == follower.status == "waiting"
    assert orders[second].placed_at == follower.placed_at
    machine.receive([(0, Decimal(1))], 0, together=False)
    assert [line.held for line in orders[second].lines] == [Decimal(1)]
    assert [line.held for line in orders[follower.organisation, follower.id].lines] == [Decimal(0)]


def test_the_soundness_check_sees_damage() -> None:
    """Were it blind, the invariant above would say nothing."""
    world = PureWorld()
    owner = world.organisation()
    location = world.location(owner, 0)
    variant = world.variant(owner, "carrots")
    world.decide(
        [
            Submission(
                ReceiveStock((StockLine(variant, Decimal(5), location),)), owner, "a", "k", b""
            )
        ]
    )
    assert unsound(world) == []
    world.positions[PositionKey(owner, variant, location)].held = Decimal(1)
    assert unsound(world)
