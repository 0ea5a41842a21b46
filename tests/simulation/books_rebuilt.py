"""Books rebuilt from what was written of transfers, by somebody who knows no other table's sums.

Shelves, allocations and documents are added up row by row and compared with what is stored or
shown; nothing here is shared with the code that keeps them.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from entrepot.infra.pool import Pool
from entrepot.settlement import OpenSettlement, find_open_settlement
from tests.factories.callers import caller_for
from tests.factories.documents import lines_of, open_lines_of, shown, totals_of, totals_shown
from tests.factories.transfers import Moved, Pair

ZERO = Decimal(0)
PASSING = ("transfer_out", "transfer_in", "reversal_in", "reversal_out")


async def misplaced_units(pool: Pool) -> list[str]:
    """Positions that are not what arrived and left there, and what passed between partners."""
    sums: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for row in await _rows(
        pool, "SELECT owner, variant, location, on_hand_change, kind FROM ledger"
    ):
        if row["kind"] not in PASSING:
            sums[row["owner"], row["variant"], row["location"]] += row["on_hand_change"]
    for row in await _rows(pool, "SELECT * FROM transfers"):
        sign = 1 if row["reverses"] is None else -1
        sums[row["retailer"], row["variant"], row["location"]] += sign * row["quantity"]
        legs = await _rows(pool, "SELECT * FROM transfer_legs WHERE transfer = $1", row["id"])
        for leg in legs:
            place = (row["wholesaler"], row["wholesaler_variant"], leg["location"])
            sums[place] -= sign * leg["quantity"]
        if sum((leg["quantity"] for leg in legs), ZERO) != row["quantity"] * row["factor"]:
            sums["legs", row["id"]] += 1
    stored = {
        (row["owner"], row["variant"], row["location"]): row["on_hand"]
        for row in await _rows(pool, "SELECT * FROM positions WHERE NOT unlimited")
    }
    return [
        f"{key}: {stored.get(key)} is stored, {sums[key]} is right"
        for key in {*sums, *stored}
        if stored.get(key, ZERO) != sums[key]
    ]


async def misused_allocations(pool: Pool) -> list[str]:
    """Open allocations of which something else is left than was not taken, or came back."""
    used: dict[object, Decimal] = defaultdict(Decimal)
    for row in await _rows(
        pool,
        "SELECT l.allocation, l.quantity, t.reverses, t.partnership, a.partnership AS of"
        " FROM transfer_legs AS l INNER JOIN transfers AS t ON l.transfer = t.id"
        " INNER JOIN allocations AS a ON l.allocation = a.id",
    ):
        used[row["allocation"]] += row["quantity"] * (1 if row["reverses"] is None else -1)
        assert row["partnership"] == row["of"], "an allocation is one partner's alone"
    return [
        f"{row['id']}: {row['remaining']} of {row['quantity']} left, {used[row['id']]} used"
        for row in await _rows(pool, "SELECT * FROM allocations WHERE state = 'open'")
        if row["remaining"] + used[row["id"]] != row["quantity"] or row["remaining"] < ZERO
    ]


async def repriced_reversals(pool: Pool) -> list[str]:
    """Reversals by other terms than those of the transfer that they undo."""
    return [
        f"{row['id']} undoes {row['reverses']} by other terms"
        for row in await _rows(
            pool,
            "SELECT r.id, r.reverses FROM transfers AS r LEFT JOIN transfers AS t"
            " ON r.wholesaler = t.wholesaler AND r.reverses = t.id AND t.reverses IS NULL"
            " WHERE r.reverses IS NOT NULL AND (r.partnership, r.match, r.organisation, r.order_id,"
            " r.wholesaler_variant, r.variant, r.location, r.factor, r.unit_price, r.vat_rate)"
            " IS DISTINCT FROM (t.partnership, t.match, t.organisation, t.order_id,"
            " t.wholesaler_variant, t.variant, t.location, t.factor, t.unit_price, t.vat_rate)",
        )
    ]


async def idle_orders(pool: Pool) -> list[str]:
    """Orders that wait for one variant alone, although there is enough of it for all they miss."""
    found = []
    for row in await _rows(
        pool,
        "SELECT o.id, sum(w.missing) AS missing,"
        " min(w.variant::text)::uuid AS variant, o.payment_status FROM orders AS o"
        " INNER JOIN waiting_lines AS w ON o.organisation = w.organisation AND o.id = w.order_id"
        " WHERE o.hold_until IS NULL OR o.hold_until > now()"
        " GROUP BY o.id, o.payment_status HAVING count(DISTINCT w.variant) = 1",
    ):
        (own,) = await _rows(
            pool,
            "SELECT coalesce(sum(p.on_hand - p.held - p.allocated), 0) AS free"
            " FROM positions AS p INNER JOIN locations AS l ON p.location = l.id AND l.ships_orders"
            " WHERE p.variant = $1::uuid",
            row["variant"],
        )
        (offers,) = await _rows(
            pool,
            "SELECT coalesce(sum(offered), 0) AS free FROM partner_offers WHERE variant = $1::uuid",
            row["variant"],
        )
        there = own["free"] + (offers["free"] if row["payment_status"] == "paid" else ZERO)
        if there >= row["missing"]:
            found.append(f"{row['id']} misses {row['missing']}, there is {there}")
    return found


async def wrong_documents(pool: Pool) -> list[str]:
    """Open weeks whose two faces do not say, line by line, what moved in them."""
    wrong = []
    for agreed in await _rows(pool, "SELECT * FROM partnerships"):
        weeks: dict[Any, list[Moved]] = defaultdict(list)
        for row in await _rows(
            pool, "SELECT * FROM transfers WHERE partnership = $1 ORDER BY at, id", agreed["id"]
        ):
            weeks[row["week"]].append(_moved(row))
        for face, organisation in (("order", "wholesaler"), ("inbound", "retailer")):
            caller = caller_for(agreed[organisation])
            for week, moved in weeks.items():
                year, number, _ = week.isocalendar()
                label = f"{year:04d}-W{number:02d}"
                document = await find_open_settlement(pool, caller, agreed["id"], label)
                assert isinstance(document, OpenSettlement), document
                lines = lines_of(moved, face)
                told = await open_lines_of(pool, caller, agreed["id"], label)
                if sorted(map(shown, told), key=repr) != sorted(lines, key=repr):
                    wrong.append(f"{agreed['id']} {label} {face}: {told} not {lines}")
                if totals_shown(document) != totals_of(lines):
                    wrong.append(f"{agreed['id']} {label} {face}: totals")
    return wrong


def _moved(row: Any) -> Moved:  # noqa: ANN401 - a row of any table
    pair = Pair(row["wholesaler_variant"], row["variant"], row["factor"], row["match"])
    return Moved(
        row["id"],
        pair,
        row["week"],
        row["at"],
        row["quantity"],
        row["unit_price"],
        row["vat_rate"],
        row["reverses"],
        row["organisation"],
        row["order_id"],
    )


async def _rows(pool: Pool, sql: str, *values: object) -> list[Any]:
    async with pool.acquire() as connection:
        return list(await connection.fetch(sql, *values))
