"""The last fence: what no caller should ever try, the database itself refuses by name."""

from __future__ import annotations

import asyncpg
import pytest

from entrepot.infra.failures import broken_constraint
from tests.factories.counter import order_of
from tests.factories.stall import Stall

LOST = "UPDATE holds SET state = 'lost', ended_quantity = 0, ended_version = 9 WHERE variant = $1"
BROKEN = (
    ("positions_cover_promises", "UPDATE positions SET held = on_hand + 0.001 WHERE variant = $1"),
    ("positions_cover_promises", "UPDATE positions SET on_hand = held - 0.001 WHERE variant = $1"),
    ("positions_cover_promises", "UPDATE positions SET on_hand = -1, held = 0 WHERE variant = $1"),
    (
        "positions_cover_promises",
        "UPDATE positions SET allocated = on_hand - held + 0.001 WHERE variant = $1",
    ),
    ("positions_held_not_negative", "UPDATE positions SET held = -0.001 WHERE variant = $1"),
    ("positions_allocated_not_negative", "UPDATE positions SET allocated = -1 WHERE variant = $1"),
    (
        "positions_pk",
        (
            "INSERT INTO positions (owner, variant, location)"
            " SELECT owner, variant, location FROM positions WHERE variant = $1"
        ),
    ),
    (
        "ledger_pk",
        "INSERT INTO ledger SELECT * FROM ledger WHERE variant = $1",
    ),
    (
        "ledger_kind_known",
        (
            "INSERT INTO ledger SELECT owner, variant, location, version + 100, at, 'magic',"
            " on_hand_change, held_change, allocated_change, on_hand, held, allocated, order_id,"
            " hold_no, act FROM ledger WHERE variant = $1"
        ),
    ),
    ("holds_pk", "INSERT INTO holds SELECT * FROM holds WHERE variant = $1"),
    ("holds_quantity_positive", "UPDATE holds SET quantity = 0 WHERE variant = $1"),
    ("holds_state_known", LOST),
    ("holds_end_once", "UPDATE holds SET state = 'released' WHERE variant = $1"),
    (
        "holds_end_once",
        (
            "UPDATE holds SET state = 'converted', ended_quantity = quantity + 1,"
            " ended_version = 9 WHERE variant = $1"
        ),
    ),
    (
        "orders_reference_unique",
        (
            "INSERT INTO orders SELECT o.organisation, gen_random_uuid(), o.reference, o.kind,"
            " o.status, o.fulfilment_status, o.payment_status, o.policy, o.priority, o.queue_place,"
            " o.placed_at, o.hold_until, o.next_hold_no, o.follows FROM orders AS o"
            " INNER JOIN order_lines AS l ON o.id = l.order_id WHERE l.variant = $1"
        ),
    ),
    (
        "orders_complete_has_no_limit",
        (
            "UPDATE orders SET status = 'complete' WHERE id ="
            " (SELECT order_id FROM order_lines WHERE variant = $1)"
        ),
    ),
    ("order_lines_parts_within", "UPDATE order_lines SET held = quantity + 1 WHERE variant = $1"),
    ("order_lines_parts_not_negative", "UPDATE order_lines SET held = -1 WHERE variant = $1"),
)


@pytest.mark.parametrize(("constraint", "sql"), BROKEN)
async def test_a_broken_rule_is_refused_by_name(stall: Stall, constraint: str, sql: str) -> None:
    variant = await stall.goods(3)
    await stall.counter.place(stall.owner, order_of((variant, 2)))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        async with stall.pool.acquire() as connection:
            await connection.execute(sql, variant)
    assert broken_constraint(refused.value) == constraint
    assert await stall.counter.figures(variant) == (3, 2, 2)


@pytest.mark.parametrize("table", ["audit", "ledger"])
@pytest.mark.parametrize("change", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {}"])
async def test_what_happened_cannot_be_changed(stall: Stall, table: str, change: str) -> None:
    await stall.goods(3)
    async with stall.pool.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(change.format(table))


async def test_what_is_unlimited_may_be_promised_beyond_what_is_there(stall: Stall) -> None:
    variant = await stall.network.variant(stall.owner, unlimited=True)
    await stall.counter.place(stall.owner, order_of((variant, 1000)))
    async with stall.pool.acquire() as connection:
        unlimited = "SELECT unlimited FROM positions WHERE variant = $1"
        assert await connection.fetchval(unlimited, variant)
