"""Each invariant is broken on purpose, and `doctor` finds exactly that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from entrepot.app import examine_database
from entrepot.infra.checks import Broken, load_checks
from entrepot.infra.pool import Connection, Pool
from entrepot.kernel.ids import Id
from tests.factories.counter import Counter, order_of
from tests.factories.damages import (
    MAY_EDIT,
    live,
    live_between_partners,
    live_in_sessions,
    live_on_a_marketplace,
)
from tests.factories.network import Network
from tests.tidy.house import PACKAGE, ROOT

pytestmark = pytest.mark.damages_database("that is what it is for")


class Damage(NamedTuple):
    """What somebody did to the database, and which invariants that breaks."""

    sql: str
    breaks: set[str]
    first: str = ""
    """What the database must be made to allow before."""


ROOMS = sorted(
    path.parent.name for path in (ROOT / PACKAGE).glob("*/checks*") if path.suffix != ".py"
)

NO_KEY = "ALTER TABLE ledger DROP CONSTRAINT ledger_pk"
NO_COVER = "ALTER TABLE positions DROP CONSTRAINT positions_cover_promises"
COMPLETE = "(SELECT id FROM orders WHERE reference = 'complete')"
WAITING = "(SELECT id FROM orders WHERE reference = 'waiting')"
SPLIT = "(SELECT id FROM orders WHERE reference = 'split')"
SHORT = "(SELECT id FROM orders WHERE reference = 'short')"
CANCELLED = "(SELECT id FROM orders WHERE reference = 'cancelled')"
UNLIMITED = "(SELECT variant FROM positions WHERE unlimited)"

DAMAGES = (
    # The ground
    Damage(
        "DELETE FROM audit WHERE act = 'stock.received'",
        {"keys_stand_for_acts", "acts_are_told", "ledger_rows_have_their_act"},
    ),
    Damage(
        "INSERT INTO idempotency_keys SELECT organisation, key || '-again', body_hash, act,"
        " claimed_at FROM idempotency_keys LIMIT 1",
        {"acts_have_one_key"},
    ),
    Damage(
        "DELETE FROM outbox WHERE event = 'orders.shipped'",
        {"acts_are_told", "events_are_numbered_once"},
    ),
    Damage("UPDATE outbox SET event = 'orders.placed'", {"acts_are_told"}),
    Damage("DELETE FROM idempotency_keys", set()),  # keys are kept for a while only
    Damage("UPDATE outbox SET seq = seq + 1 WHERE seq = 2", {"events_are_numbered_once"}),
    Damage("UPDATE outbox SET seq = NULL WHERE seq = 1", {"events_are_numbered_once"}),
    Damage("UPDATE outbox SET seq = seq + 1", {"events_are_numbered_once"}),
    Damage("DELETE FROM followers", {"events_are_numbered_once"}),
    Damage("INSERT INTO followers VALUES ('hasty', 1000000)", {"events_are_numbered_once"}),
    Damage("INSERT INTO followers VALUES ('slow', 1)", set()),
    # Who works where
    Damage("UPDATE memberships SET person = gen_random_uuid()", {"memberships_are_of_people"}),
    Damage(
        "INSERT INTO log_in_sessions (id, hash, organisation, person, created_at, seen_at,"
        " expires_at) SELECT gen_random_uuid(), '', m.organisation, m.person, now(), now(),"
        " now() + interval '1 day' FROM memberships AS m;"
        " UPDATE memberships SET ended_at = now()",
        {"live_sessions_are_of_colleagues"},
    ),
    # The ledger
    Damage(
        "UPDATE variants SET unlimited = NOT unlimited",
        {"positions_are_of_their_variants"},
    ),
    Damage(
        "UPDATE positions SET on_hand = 0, held = 5 WHERE NOT unlimited",
        {
            "positions_cover_promises",
            "held_is_sum_of_live_holds",
            "figures_are_sum_of_ledger",
            "figures_are_those_of_last_row",
        },
        NO_COVER,
    ),
    Damage(
        "UPDATE positions SET on_hand = on_hand + 1 WHERE NOT unlimited",
        {"figures_are_sum_of_ledger", "figures_are_those_of_last_row"},
    ),
    Damage(
        "INSERT INTO allocations SELECT owner, act, owner, variant, location, 1, 1, NULL, 'open',"
        " at, act FROM ledger WHERE kind = 'receive' LIMIT 1",
        {"allocated_is_what_is_left"},
    ),
    Damage(
        "UPDATE positions SET version = version + 1 WHERE NOT unlimited",
        {"versions_have_no_gap", "figures_are_those_of_last_row"},
    ),
    Damage(
        f"DELETE FROM ledger WHERE kind = 'receive' AND variant = {UNLIMITED}",
        {"versions_have_no_gap"},
    ),
    Damage(
        "INSERT INTO ledger SELECT * FROM ledger WHERE kind = 'release'",
        {"versions_have_no_gap", "figures_are_sum_of_ledger", "ledger_rows_add_up"},
        NO_KEY,
    ),
    Damage("UPDATE ledger SET on_hand = on_hand + 1 WHERE version = 1", {"ledger_rows_add_up"}),
    Damage(
        f"DELETE FROM positions WHERE variant = {UNLIMITED}",
        {"held_is_sum_of_live_holds", "versions_have_no_gap"},
    ),
    Damage(
        "UPDATE holds SET quantity = quantity + 1 WHERE state = 'released'",
        {"holds_open_in_ledger", "rests_live_on"},
    ),
    Damage(
        f"UPDATE holds SET quantity = quantity + 1 WHERE order_id = {SHORT} AND state = 'live'",
        {
            "held_is_sum_of_live_holds",
            "holds_open_in_ledger",
            "lines_hold_what_their_holds_keep",
        },
    ),
    Damage(
        "UPDATE holds SET state = 'expired' WHERE state = 'released'",
        {"holds_end_in_ledger"},
    ),
    Damage(
        "UPDATE holds SET ended_quantity = ended_quantity / 2 WHERE state = 'converted'",
        {
            "holds_open_in_ledger",
            "holds_end_in_ledger",
            "shipped_is_what_was_converted",
        },
    ),
    Damage(
        "DELETE FROM holds WHERE state = 'released'",
        {"holds_open_in_ledger", "ledger_rows_have_their_hold"},
    ),
    Damage(
        "UPDATE ledger SET act = gen_random_uuid() WHERE kind = 'ship'",
        {"ledger_rows_have_their_act"},
    ),
    # Orders
    Damage(
        f"UPDATE order_lines SET held = held - 1, cancelled = cancelled + 1"
        f" WHERE order_id = {COMPLETE} AND line_no = 1",
        {"lines_hold_what_their_holds_keep"},
    ),
    Damage(
        f"UPDATE order_lines SET short = short + 0.5, held = held - 0.5 WHERE order_id = {SHORT}",
        {"lines_hold_what_their_holds_keep", "queue_mirrors_orders"},
    ),
    Damage(
        f"UPDATE orders SET status = 'cancelled', fulfilment_status = 'cancelled'"
        f" WHERE id = {SHORT}",
        {"live_holds_have_their_line", "lines_add_up", "queue_mirrors_orders"},
    ),
    Damage(
        "UPDATE holds SET expires_at = now() + interval '1 hour' WHERE state = 'live'",
        {"live_holds_have_their_line"},
    ),
    Damage(
        "UPDATE order_lines SET quantity = quantity + 1 WHERE shipped > 0",
        {"lines_add_up"},
    ),
    Damage(
        f"DELETE FROM order_lines WHERE order_id = {WAITING}",
        {"orders_have_lines", "queue_mirrors_orders"},
    ),
    Damage(
        f"DELETE FROM orders WHERE id = {CANCELLED}",
        {"orders_have_lines"},
    ),
    Damage(
        f"UPDATE orders SET fulfilment_status = 'fulfilled' WHERE id = {COMPLETE}",
        {"statuses_agree"},
    ),
    Damage("UPDATE orders SET payment_status = 'unpaid'", {"statuses_agree"}),
    Damage(
        f"UPDATE order_lines SET shipped = shipped - 1, cancelled = cancelled + 1"
        f" WHERE order_id = {COMPLETE} AND line_no = 1",
        {"shipped_is_what_was_converted"},
    ),
    Damage(
        "UPDATE order_lines SET returned = 0 WHERE returned > 0",
        {"returned_is_what_came_back"},
    ),
    Damage("DELETE FROM waiting_lines", {"queue_mirrors_orders"}),
    Damage("UPDATE waiting_lines SET missing = missing + 1", {"queue_mirrors_orders"}),
    Damage(
        f"UPDATE orders SET queue_place = '0' || queue_place WHERE id = {COMPLETE}",
        {"places_follow_from_orders"},
    ),
    Damage(
        f"UPDATE orders SET priority = 7 WHERE id = {WAITING}",
        {"places_follow_from_orders", "queue_mirrors_orders"},
    ),
    Damage(
        f"UPDATE orders SET kind = 'session' WHERE id = {COMPLETE}",
        {"own_orders_name_own_variants"},
    ),
    Damage(
        f"UPDATE orders SET follows = {SPLIT} WHERE id = {CANCELLED}",
        {"orders_are_followed_once"},
    ),
    Damage(
        f"UPDATE orders SET next_hold_no = 1 WHERE id = {SHORT}",
        {"hold_numbers_are_not_reused"},
    ),
)


GATHERED = "(SELECT id FROM orders WHERE producer IS NOT NULL)"
BASKET = "(SELECT id FROM orders WHERE reference = 'basket')"

IN_SESSIONS = (
    Damage("UPDATE window_products SET held = held + 1", {"sessions_hold_what_their_orders_hold"}),
    Damage("DELETE FROM window_products WHERE held > 0", {"sessions_hold_what_their_orders_hold"}),
    Damage(
        f"UPDATE orders SET selling_window = NULL WHERE id = {BASKET}",
        {"sessions_hold_what_their_orders_hold"},
    ),
    Damage(
        f"UPDATE order_lines SET quantity = quantity + 1, cancelled = cancelled + 1"
        f" WHERE order_id = {GATHERED}",
        {"sessions_gather_what_customers_held"},
    ),
    Damage(
        "UPDATE order_lines SET gathered = 0, cancelled = gathered WHERE gathered > 0",
        {"sessions_gather_what_customers_held", "statuses_agree"},
    ),
    Damage(
        "UPDATE selling_windows SET state = 'complete', closed_at = now(), completed_at = now()",
        {"complete_sessions_hold_nothing"},
    ),
)

BETWEEN_PARTNERS = (
    # What they agreed on
    Damage(
        "UPDATE trading_rights SET state = 'paused' WHERE kind = 'consignment'",
        {"consignment_rights_follow_partnerships"},
    ),
    Damage("DELETE FROM trading_rights", {"consignment_rights_follow_partnerships"}),
    Damage(
        "INSERT INTO trading_rights (seller, buyer, kind, created_at)"
        " SELECT retailer, wholesaler, 'consignment', now() FROM partnerships",
        {"consignment_rights_follow_partnerships"},
    ),
    Damage(
        "UPDATE partnerships SET state = 'ended', ended_at = now()",
        {"consignment_rights_follow_partnerships", "matches_end_with_their_partnership"},
    ),
    Damage(
        "UPDATE product_matches SET wholesaler_variant = gen_random_uuid()",
        {"matches_are_between_partners"},
    ),
    Damage(
        "UPDATE product_matches SET wholesaler = retailer, wholesaler_variant = variant",
        {"matches_are_between_partners"},
    ),
    Damage(
        "INSERT INTO fixed_prices SELECT wholesaler, id, gen_random_uuid(), now(), 1"
        " FROM partnerships",
        {"fixed_prices_are_of_own_variants"},
    ),
    # What passed between them
    Damage(
        "UPDATE transfers SET quantity = quantity + 1 WHERE reverses IS NULL",
        {"transfers_are_in_the_ledger", "transfers_make_and_lose_nothing"},
    ),
    Damage("UPDATE transfers SET act = gen_random_uuid()", {"transfers_are_in_the_ledger"}),
    Damage(
        "DELETE FROM transfer_legs WHERE allocation IS NULL",
        {"transfers_are_in_the_ledger", "transfers_make_and_lose_nothing"},
    ),
    Damage(
        "UPDATE transfers SET factor = 2",
        {"transfers_make_and_lose_nothing"},
    ),
    Damage(
        "UPDATE transfers SET reverses = gen_random_uuid() WHERE reverses IS NOT NULL",
        {"reversals_undo_what_was_transferred"},
    ),
    Damage(
        "UPDATE transfers SET unit_price = 1 WHERE reverses IS NOT NULL",
        {"reversals_undo_what_was_transferred"},
    ),
    Damage(
        "UPDATE allocations SET quantity = quantity + 1",
        {"allocations_are_used_by_transfers"},
    ),
    Damage(
        "DELETE FROM allocations",
        {"allocations_are_used_by_transfers", "allocated_is_what_is_left"},
    ),
)


LOOSE_LINES = (
    "ALTER TABLE marketplace_lines DROP CONSTRAINT marketplace_lines_on_an_invoice_of_their_seller"
)
COLLECTED = "(SELECT id FROM seller_invoices WHERE delivery_type = 'click_and_collect')"

ON_A_MARKETPLACE = (
    Damage(
        "UPDATE seller_invoices SET delivery_type = 'buy_online'",
        {"invoices_are_one_a_delivery_type"},
        "ALTER TABLE seller_invoices DROP CONSTRAINT seller_invoices_one_a_delivery_type",
    ),
    Damage(
        "UPDATE marketplace_lines SET pricing_model = 'marketplace' WHERE line_no = 1",
        {"invoices_are_one_a_delivery_type"},
        LOOSE_LINES,
    ),
    Damage(
        "DELETE FROM marketplace_lines WHERE line_no = 2",
        {"marketplace_lines_are_on_an_invoice_of_their_owner", "invoices_are_sums_of_their_lines"},
    ),
    Damage(
        f"UPDATE marketplace_lines SET invoice = {COLLECTED} WHERE line_no = 3",
        {
            "invoices_are_one_a_delivery_type",
            "invoices_are_sums_of_their_lines",
            "marketplace_lines_are_on_an_invoice_of_their_owner",
        },
        LOOSE_LINES,
    ),
    Damage("UPDATE seller_invoices SET owed = owed + 1", {"invoices_are_sums_of_their_lines"}),
    Damage("DELETE FROM order_adjustments", {"invoices_are_sums_of_their_lines"}),
    Damage(
        "UPDATE marketplace_orders SET subtotal = subtotal + 1, total = total + 1",
        {"marketplace_orders_are_sums_of_their_invoices"},
    ),
    Damage(
        "UPDATE shipment_lines SET quantity = quantity + 1",
        {"invoiced_lines_leave_in_shipments"},
    ),
    Damage(
        f"UPDATE shipments SET invoice = {COLLECTED}",
        {"invoiced_lines_leave_in_shipments"},
    ),
    Damage(
        "DELETE FROM shipment_lines",
        {"invoiced_lines_leave_in_shipments", "shipments_have_lines"},
    ),
    Damage(
        "UPDATE refund_requests SET status = 'denied', cash_amount = NULL, refunded_at = NULL",
        {"refunds_move_what_they_refund"},
    ),
    Damage(
        "UPDATE refund_request_lines SET dispatched = NOT dispatched WHERE number = 1"
        " AND refund_request = (SELECT refund_request FROM refund_request_lines WHERE dispatched)",
        {"refunds_move_what_they_refund"},
    ),
    Damage(
        "UPDATE refund_requests SET amount = amount + 1, cash_amount = cash_amount + 1",
        {"refunds_are_sums_of_their_lines"},
    ),
    Damage(
        f"UPDATE refund_requests SET invoice = {COLLECTED}",
        {"refunds_are_sums_of_their_lines"},
    ),
)


@pytest.fixture
async def lived(network: Network, counter: Counter) -> Id:
    """A database in which everything has happened once."""
    return await live(network, counter)


async def test_each_damage_is_found(lived: Id, counter: Counter) -> None:
    assert lived
    assert not (wrong := await _wrongly_found(counter, DAMAGES)), "\n" + "\n".join(wrong)


async def test_each_damage_between_partners_is_found(network: Network, counter: Counter) -> None:
    await live_between_partners(network, counter)
    wrong = await _wrongly_found(counter, BETWEEN_PARTNERS)
    assert not wrong, "\n" + "\n".join(wrong)


async def test_each_damage_in_sessions_is_found(network: Network, counter: Counter) -> None:
    await live_in_sessions(network, counter)
    wrong = await _wrongly_found(counter, IN_SESSIONS)
    assert not wrong, "\n" + "\n".join(wrong)


async def test_each_damage_on_a_marketplace_is_found(network: Network, counter: Counter) -> None:
    await live_on_a_marketplace(network, counter)
    wrong = await _wrongly_found(counter, ON_A_MARKETPLACE)
    assert not wrong, "\n" + "\n".join(wrong)


async def _wrongly_found(counter: Counter, damages: Sequence[Damage]) -> list[str]:
    """The damages after which something else is found than they break."""
    wrong = []
    async with counter.pool.acquire() as connection:
        assert await examine_database(connection) == []
        for damage in damages:
            found = await _found_after(connection, damage)
            assert all(each.subject and each.facts for each in found)
            names = {each.invariant for each in found}
            if names != damage.breaks:
                wrong.append(f"{damage.sql}: {sorted(names)}")
    return wrong


async def _found_after(connection: Connection, damage: Damage) -> list[Broken]:
    """What is found broken after a damage, which is then undone."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(MAY_EDIT)
        await connection.execute(damage.first or "SELECT 1")
        done = await connection.execute(damage.sql)
        assert not done.endswith(" 0"), f"{damage.sql} does nothing"
        return await examine_database(connection)
    finally:
        await transaction.rollback()


def test_each_invariant_is_broken_somewhere() -> None:
    damages = (*DAMAGES, *IN_SESSIONS, *BETWEEN_PARTNERS, *ON_A_MARKETPLACE)
    broken = {name for damage in damages for name in damage.breaks}
    elsewhere = _invariants_of("settlement")  # in tests/integration/settlement/test_checks.py
    assert broken == {name for room in ROOMS for name in _invariants_of(room)} - elsewhere


async def test_every_invariant_is_examined(pool: Pool) -> None:
    examined: list[str] = []
    async with pool.acquire() as connection:
        await examine_database(connection, lambda check: examined.append(check.name))
    assert sorted(examined) == sorted(name for room in ROOMS for name in _invariants_of(room))


def _invariants_of(room: str) -> set[str]:
    return {each.name for each in load_checks(f"entrepot.{room}")}


async def test_a_limit_that_passed_explains_a_line(network: Network, counter: Counter) -> None:
    """A batch ends holds past their limit; the order is written by the sweep, later."""
    owner = await network.organisation()
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 5)
    lapsed = order_of((variant, 5))
    await counter.place(owner, lapsed)
    await network.set_clock_past(lapsed.order)
    await counter.place(owner, order_of((variant, 5), paid=True))
    assert await counter.lines(lapsed.order) == ["1: 5 = 5 held"]
    async with counter.pool.acquire() as connection:
        assert await examine_database(connection) == []
