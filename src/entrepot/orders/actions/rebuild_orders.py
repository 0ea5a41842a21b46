"""Rebuild what orders copy from their holds, and the queue."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from entrepot import stock
from entrepot.infra.ground import Act, read_clock, write_ground
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Happening, writing
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST
from entrepot.orders import store
from entrepot.orders.model import Order
from entrepot.orders.model.rebuilding import OrderRepaired, rebuild_order, repaired

ORDERS_MAX: Final = 200
"""Orders looked at in one transaction."""


async def rebuild_orders(
    pool: Pool, new_id: Callable[[], Id], after: tuple[Id, Id] | None = None
) -> tuple[list[Happening], tuple[Id, Id] | None]:
    """Rebuild the next 200 orders that are wrong, with their rows of the queue, in one transaction.

    The operator's act; it starts after an (organisation, order). Returns what was rebuilt, and
    after which order to go on, or None at the end. An order that would not add up stays as it is.
    Every order rebuilt is in the audit of its organisation, and those who wait for its variants are
    looked at again. Locks are taken in the batch's order: orders, then positions.
    """
    async with writing(pool) as connection:
        wrong = await store.read_wrong_orders(connection, after or (LOWEST, LOWEST), ORDERS_MAX)
        if not wrong:
            return [], None
        there = await store.lock_orders(connection, wrong)
        variants = await store.read_line_variants(connection, sorted(there))
        locked = await stock.lock_stock(connection, sorted(variants))
        now = await read_clock(connection)
        rebuilt, done = await _rebuild(connection, sorted(there), now)
        gone = [key for key in wrong if key not in there]
        done += [
            (key, OrderRepaired(ids.ORDER + key[1], None, None))
            for key in await store.read_queue(connection, gone)
        ]
        if done:
            figures = [each for each, _ in locked]
            cursors = [(*each.key, "") for each in figures]
            if rebuilt:
                await store.change_orders(connection, rebuilt)
            await store.queue_lines(connection, [], rebuilt, gone)
            await stock.write_stock(connection, now, stock.Book(figures), cursors=cursors)
            acts = [
                Act(
                    organisation,
                    new_id(),
                    None,
                    "orders.repaired",
                    each.order,
                    msgspec.json.encode(each),
                    None,
                )
                for (organisation, _), each in done
            ]
            await write_ground(connection, now, acts)
    happened = [Happening("orders.repaired", each.order, each) for _, each in done]
    return happened, wrong[-1] if len(wrong) == ORDERS_MAX else None


async def _rebuild(
    connection: Connection, keys: Sequence[tuple[Id, Id]], now: datetime
) -> tuple[list[Order], list[tuple[tuple[Id, Id], OrderRepaired]]]:
    """Read locked orders with their holds, and rebuild those that can be."""
    orders = await store.read_orders(connection, keys)
    queued = await store.read_queue(connection, keys)
    by_id = {order.id: order for order in orders.values()}
    owners = sorted({(line.owner, order.id) for order in by_id.values() for line in order.lines})
    live, converted = await stock.read_order_holds(connection, owners)
    last = await stock.read_last_hold_numbers(connection, owners)
    for hold in live:
        by_id[hold.key.order].holds.append(hold)
    for hold, units in converted:
        by_id[hold.key.order].shipped_from.append((hold.line_no, hold.position, units))
    rebuilt: list[Order] = []
    done: list[tuple[tuple[Id, Id], OrderRepaired]] = []
    for key, order in orders.items():
        due = rebuild_order(order, last.get(order.id, 0), now)
        change = None if due is None else repaired(order, due, queued.get(key, []))
        if due is not None and change is not None:
            rebuilt.append(due)
            done.append((key, change))
    return rebuilt, done
