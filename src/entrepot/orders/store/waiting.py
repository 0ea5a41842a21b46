"""Loading and saving the queue of those that wait, and finding whom of them a batch may serve."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from entrepot.infra.arrays import columns, literal
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.orders.model import Order, waiting_rows
from entrepot.orders.model.standing import WaitingRow
from entrepot.orders.store.orders import REPAIRS, OrderKey

SQL = load_statements("entrepot.orders.store", "waiting.sql")


class Candidate(NamedTuple):
    """A waiting order that a batch may serve, and its place among those behind a variant's stock.

    The owner's own orders keep the place they queue at; its partners' come after them.
    """

    owner: Id
    variant: Id
    place: str
    organisation: Id
    order: Id


class Reach(NamedTuple):
    """How far to look: rows of a variant's queue in all, and of any one partner's part of it."""

    rows: int
    of_a_partner: int


class Looked(NamedTuple):
    """Whom a look at the queue found, and where it ended early, by (owner, variant).

    For what is in `again` somebody waits who misses other goods too. Another transaction may be
    bringing those at this moment, and sees as little of this one as this one of it: after both,
    somebody has to look once more, or the order would wait beside all it needs.
    """

    candidates: list[Candidate]
    ends: dict[tuple[Id, Id], str]
    again: frozenset[tuple[Id, Id]] = frozenset()


async def read_candidates(
    connection: Connection,
    touched: Sequence[tuple[Id, Id, Decimal | None]],
    acted: Sequence[OrderKey],
    bound: int,
    reach: Reach,
) -> Looked:
    """Look, without locks, at who waits for (owner, variant) pairs and for what orders let go.

    A pair comes with the most that it gains in this batch (None: nothing). No more queue rows a
    variant are looked at than `reach` says, and `bound` orders returned that could be served.
    """
    owners, variants, amounts = columns(touched, 3)
    rows = await connection.fetch(
        SQL["read_candidates"],
        owners,
        variants,
        literal(amounts),
        *columns(acted, 2),
        bound,
        *reach,
    )
    return Looked(
        [Candidate(*row) for row in rows if row["order_id"] is not None],
        {(row[0], row[1]): row[2] for row in rows if row["order_id"] is None and row["place"]},
        frozenset((row[0], row[1]) for row in rows if not row["place"]),
    )


async def queue_lines(
    connection: Connection,
    placed: Sequence[Order],
    changed: Sequence[Order],
    gone: Sequence[OrderKey] = (),
) -> None:
    """Bring the queue in line with the orders written, and with those that are not there."""
    rows = [row for order in (*placed, *changed) for row in waiting_rows(order)]
    if rows or changed or gone:
        keys = [*[(order.organisation, order.id) for order in changed], *gone]
        await connection.execute(SQL["queue_lines"], *columns(rows, 7), *columns(keys, 2))


async def read_queue(
    connection: Connection, orders: Sequence[OrderKey]
) -> dict[OrderKey, list[WaitingRow]]:
    """Read what orders have in the queue."""
    queued: dict[OrderKey, list[WaitingRow]] = {}
    for row in await connection.fetch(REPAIRS["read_queue"], *columns(orders, 2)):
        waits = WaitingRow(*row)
        queued.setdefault((waits.organisation, waits.order), []).append(waits)
    return queued


async def read_rechecks(connection: Connection, most: int) -> list[tuple[Id, Id]]:
    """Read (owner, variant) pairs whose waiting orders are still to be looked at."""
    rows = await connection.fetch(SQL["read_rechecks"], most)
    return [(row[0], row[1]) for row in rows]
