"""Each invariant of settlement is broken on purpose, and the checks find exactly that."""

from __future__ import annotations

from typing import NamedTuple

from entrepot.infra.ids import new_id
from entrepot.infra.statements import load_statements
from entrepot.settlement import check_settlements, close_weeks, write_settlements
from tests.factories.transfers import Trade, monday

MAY_EDIT = "GRANT ALL ON transfers, settlement_lines, settlement_totals TO CURRENT_USER"


class Damage(NamedTuple):
    """What somebody did to the database, and which invariants that breaks."""

    sql: str
    breaks: set[str]


ORDER = "organisation = (SELECT wholesaler FROM partnerships)"

DAMAGES = (
    Damage("UPDATE transfers SET retailer = wholesaler", {"transfers_are_between_partners"}),
    Damage(
        "UPDATE transfers SET at = at + interval '8 days' WHERE week = '2026-03-16'",
        {"transfers_fall_in_their_week"},
    ),
    Damage(
        "UPDATE transfers SET quantity = quantity + 1 WHERE reverses IS NOT NULL",
        {"documents_say_what_moved"},
    ),
    Damage(
        "DELETE FROM transfers WHERE week = '2026-03-23'",
        {"documents_say_what_moved"},
    ),
    Damage(
        "INSERT INTO transfers SELECT wholesaler, gen_random_uuid(), partnership, retailer,"
        " '2026-03-30', '2026-04-01', organisation, order_id, line_no, match, wholesaler_variant,"
        " variant, location, version, quantity, factor, unit_price, vat_rate, NULL, act"
        " FROM transfers LIMIT 1",
        {"documents_say_what_moved"},
    ),
    Damage(
        f"UPDATE settlement_lines SET transferred = transferred + 1 WHERE {ORDER} AND line_no = 2",
        {"documents_say_what_moved", "faces_have_the_same_lines", "totals_are_sums_of_lines"},
    ),
    Damage(
        "UPDATE settlement_lines SET unit_price = 3 WHERE unit_price IS NULL",
        {"documents_say_what_moved", "documents_count_their_lines", "totals_are_sums_of_lines"},
    ),
    Damage(
        f"DELETE FROM settlements WHERE {ORDER} AND week = '2026-03-16'",
        {
            "documents_say_what_moved",
            "documents_have_two_faces",
            "faces_have_the_same_lines",
            "documents_count_their_lines",
            "totals_are_sums_of_lines",
        },
    ),
    Damage(f"UPDATE settlements SET currency = 'USD' WHERE {ORDER}", {"documents_have_two_faces"}),
    Damage("UPDATE settlements SET lines = lines + 1", {"documents_count_their_lines"}),
    Damage("DELETE FROM settlement_totals", {"totals_are_sums_of_lines"}),
    Damage("UPDATE settlement_totals SET vat_minor = vat_minor + 1", {"totals_are_sums_of_lines"}),
    # What closed is written later; until then nothing is amiss.
    Damage("UPDATE partnerships SET closed_through = '2026-04-13'", set()),
    Damage("UPDATE settlements SET state = 'acknowledged', answered_at = now()", set()),
)


async def test_each_damage_is_found(trade: Trade) -> None:
    mug, crate = await trade.pair(), await trade.pair(6)
    first = await trade.move(mug, 5, "2026-W12", price="1.115")
    await trade.move(crate, 2, "2026-W12", price=None)
    await trade.reverse(first, "2026-W13", 2)
    await trade.move(crate, 1, "2026-W13")
    await close_weeks(trade.pool, new_id, trade.seller, trade.id, monday("2026-W15"))
    await write_settlements(trade.pool, new_id, trade.seller, trade.id)
    wrong = []
    async with trade.pool.acquire() as connection:
        assert await check_settlements(connection) == []
        for damage in DAMAGES:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(MAY_EDIT)
            done = await connection.execute(damage.sql)
            assert not done.endswith(" 0"), f"{damage.sql} does nothing"
            found = await check_settlements(connection)
            await transaction.rollback()
            assert all(each.subject and each.facts for each in found)
            names = {each.invariant for each in found}
            if names != damage.breaks:
                wrong.append(f"{damage.sql}: {sorted(names)}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_each_invariant_is_broken_somewhere() -> None:
    there = set(load_statements("entrepot.settlement", "checks.sql"))
    assert {name for damage in DAMAGES for name in damage.breaks} == there
