"""R9 over random sessions: what a session holds of a product is what its live customers hold.

At every step of random lives (limits, orders, payments, failures, cancels, changes, recounts,
passed limits, closings gathered in parts, and orders of traders elsewhere) the sum the batch keeps
equals the sum of live holds, no session holds more than its limit, nothing is sold twice, session
orders are what was gathered, and nobody else's act takes from whoever holds.
"""

from __future__ import annotations

import random

import pytest

from tests.simulation.session_life import SessionLife


@pytest.mark.parametrize("part", range(4))
def test_sessions_hold_what_their_customers_hold(part: int, *, full_size: bool) -> None:
    for seed in range(part, 1200 if full_size else 24, 4):
        life = SessionLife(random.Random(seed))
        for step in range(120):
            try:
                life.step()
            except Exception as error:
                error.add_note(f"seed {seed}, step {step}")
                raise
        try:
            life.finish()
        except Exception as error:
            error.add_note(f"seed {seed}, at the end")
            raise
