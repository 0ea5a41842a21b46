"""The pure core against the auditor where companies share stock: random lives with partners."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, settings

from tests.simulation.core_machine import POLICIES
from tests.simulation.partner_machine import RULES, PartnersAgainstAuditor
from tests.simulation.pure_street import PureStreet
from tests.simulation.soundness_partners import FORTH, made_or_lost, unsound_partners
from tests.simulation.test_pure_core import one_step


def test_the_core_agrees_with_the_auditor_about_partners(*, full_size: bool) -> None:
    machine = PartnersAgainstAuditor.TestCase
    machine.settings = settings(
        max_examples=1500 if full_size else 25,
        stateful_step_count=50 if full_size else 30,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    machine().runTest()


def one_step_with_partners(machine: PartnersAgainstAuditor, chance: random.Random) -> None:
    """One act: mostly traffic, now and then something between partners."""
    number = chance.randrange(10_000)
    if chance.random() < 0.4:
        machine.place(
            chance.choice((2, 3)),  # R and Q, who draw on partners
            ("own", chance.choice(POLICIES)),
            [(chance.randrange(4), units) for units in _quantities(chance)],
            30,
            paid=True,
            draft=False,
            together=chance.random() < 0.4,
        )
        return
    if chance.random() < 0.7:
        one_step(machine, chance)
        return
    steps: list[tuple[int, Callable[[], None]]] = [
        (
            8,
            lambda: machine.allocate(
                number, Decimal(chance.choice(("1", "2.5", "4"))), chance.choice((None, 2))
            ),
        ),
        (2, lambda: machine.open_up(number)),
        (
            4,
            lambda: machine.turn_partnership(
                number, chance.choice(("active", "active", "active", "paused", "ending"))
            ),
        ),
        (1, lambda: machine.part(number)),
        (
            3,
            lambda: machine.agree_anew(
                number,
                (chance.choice(RULES), chance.choice(RULES)),
                shares_all=chance.random() < 0.7,
            ),
        ),
        (3, lambda: machine.turn_days(chance.randint(1, 5))),
        (2, lambda: machine.close_week(number, is_early=chance.random() < 0.3)),
    ]
    chance.choices([step for _, step in steps], [weight for weight, _ in steps])[0]()


def _quantities(chance: random.Random) -> list[Decimal]:
    some = chance.choice((1, 1, 2, 3))
    return [Decimal(chance.choice(("0.5", "1", "2", "3", "5"))) for _ in range(some)]


@pytest.mark.parametrize("part", range(4))
def test_long_lives_with_partners(part: int, *, full_size: bool) -> None:
    """Longer than Hypothesis draws: allocations are used up, weeks end, partners part."""
    for seed in range(part, 400 if full_size else 8, 4):
        chance = random.Random(seed)
        machine = PartnersAgainstAuditor()
        machine.open_network(chance)
        for step in range(150):
            try:
                one_step_with_partners(machine, chance)
                machine.is_sound()
                machine.partners_are_sound()
            except Exception as error:
                error.add_note(f"seed {seed}, step {step}")
                raise


@pytest.mark.parametrize("damage", ["allocation", "leg", "transfer", "price"])
def test_the_soundness_check_of_partners_sees_damage(damage: str) -> None:
    """Were it blind, the invariants above would say nothing."""
    street = PureStreet()
    street.opens("shop")
    street.opens("wholesale", {"A": 5})
    street.partners("wholesale", "shop", "A")
    kept = street.allocates("wholesale", "shop", "A", 1)
    street.cancels("shop", street.orders("shop", ("A", 2)))
    weights = dict.fromkeys(street.variants.values(), 1)
    assert unsound_partners(street.world) == []
    partners = street.world.partners
    forth, back = partners.transfers
    if damage == "allocation":
        partners.allocations[kept].remaining = Decimal(0)
    elif damage == "leg":
        partners.legs[forth.id].pop()
    elif damage == "transfer":
        partners.transfers.remove(forth)
    else:
        dearer = msgspec.structs.replace(back.partner, unit_price=Decimal(9))
        partners.transfers[1] = back._replace(partner=dearer)
    assert unsound_partners(street.world)
    assert made_or_lost(street.world, weights) == {}
    street.world.ledger.remove(next(row for row in street.world.ledger if row.kind in FORTH))
    assert made_or_lost(street.world, weights)
