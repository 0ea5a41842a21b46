"""Loading and saving sales sessions: the only code that runs this area's SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from entrepot.infra.checks import Broken, Watch, load_checks, run_checks
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.sales_sessions.model import (
    CountsRow,
    CustomerOrderRow,
    DemandedRow,
    DemandRow,
    DueRow,
    Offered,
    OfferedGoodsRow,
    PlacedLineRow,
    PlacedOrder,
    PlacedOrderRow,
    PlacedSession,
    PreviewRow,
    Producer,
    ProducerRow,
    ProductRow,
    SessionOrderLineRow,
    SessionOrderRow,
    SessionRow,
    Supplied,
    ToShipRow,
    show_all_placed,
)

SQL = load_statements("entrepot.sales_sessions")
VIEWS = load_statements("entrepot.sales_sessions", "views.sql")

_CHECKS = load_checks("entrepot.sales_sessions")

ROWS: Final[Mapping[str, type]] = {
    "find_session": SessionRow,
    "find_session_order": SessionOrderRow,
    "list_sessions_between": SessionRow,
    "list_sessions_ending": SessionRow,
    "read_counts": CountsRow,
    "read_due": DueRow,
    "read_offered": Offered,
    "read_producers": ProducerRow,
    "read_offered_goods": OfferedGoodsRow,
    "read_to_ship": ToShipRow,
    "search_sessions": SessionRow,
}

_LAST: Final = "\U0010ffff"
"""Behind every character that a sku may go on with."""
Between: TypeAlias = tuple[datetime | None, datetime | None]


async def insert_session(
    connection: Connection, organisation: Id, session: Id, name: str, reference: str, now: datetime
) -> bool:
    """Write a new session, whose window is there; False when the reference is taken."""
    row = await connection.fetchrow(
        SQL["insert_session"], organisation, session, name, reference, now
    )
    return row is not None


async def set_name(connection: Connection, organisation: Id, session: Id, name: str) -> None:
    """Write another name of a session."""
    await connection.execute(SQL["set_name"], organisation, session, name)


async def find_session(connection: Connection, organisation: Id, session: Id) -> SessionRow | None:
    """Read one of a trader's sessions; what could not be read ("") is nobody's."""
    if not session:
        return None
    row = await connection.fetchrow(SQL["find_session"], organisation, session)
    return None if row is None else SessionRow(*row)


async def read_offered(
    connection: Connection, organisation: Id, variants: Sequence[Id]
) -> dict[Id, Offered]:
    """Read those of some variants that a session right opens to a trader, by id."""
    rows = await connection.fetch(SQL["read_offered"], organisation, [v for v in variants if v])
    return {row[0]: Offered(*row) for row in rows}


async def read_counts(connection: Connection, organisation: Id, session: Id) -> CountsRow:
    """Read how the customer orders of a session stand."""
    row = await connection.fetchrow(SQL["read_counts"], organisation, session)
    assert row is not None, "the statement counts, so it has a row"
    return CountsRow(*row)


async def list_to_gather(
    connection: Connection, organisation: Id, session: Id, limit: int
) -> list[Id]:
    """Read the oldest paid customer orders of a session that were not gathered."""
    rows = await connection.fetch(SQL["list_to_gather"], organisation, session, limit)
    return [row[0] for row in rows]


async def list_unpaid(
    connection: Connection, organisation: Id, session: Id, after: Id, limit: int
) -> list[Id]:
    """Read unpaid customer orders of a session within their limit, from after one on."""
    rows = await connection.fetch(SQL["list_unpaid"], organisation, session, after, limit)
    return [row[0] for row in rows]


async def read_producers(
    connection: Connection, organisation: Id, session: Id
) -> list[ProducerRow]:
    """Read the producers of what a session sells."""
    rows = await connection.fetch(SQL["read_producers"], organisation, session)
    return [ProducerRow(*row) for row in rows]


async def is_any_held(connection: Connection, organisation: Id, session: Id) -> bool:
    """Whether any order of a session is held, a session order too."""
    is_held: bool = await connection.fetchval(SQL["is_any_held"], organisation, session)
    return is_held


async def read_due(connection: Connection, limit: int) -> list[DueRow]:
    """Read sessions whose end has come, and as many that were closed and are not complete."""
    return [DueRow(*row) for row in await connection.fetch(SQL["read_due"], limit)]


async def list_sessions(
    connection: Connection,
    organisation: Id,
    before: Id,
    state: str | None,
    between: Between,
    limit: int,
) -> list[SessionRow]:
    """Read a trader's sessions, newest first, of a state and that go on between two times."""
    if state in {None, "complete"}:
        rows = await connection.fetch(
            VIEWS["list_sessions"], organisation, before, state == "complete", *between, limit
        )
    else:
        rows = await connection.fetch(
            VIEWS["list_sessions_going_on"], organisation, before, state, *between, limit
        )
    return [SessionRow(*row) for row in rows]


async def read_products(connection: Connection, organisation: Id, session: Id) -> list[ProductRow]:
    """Read what a session sells, by producer and sku."""
    rows = await connection.fetch(VIEWS["read_products"], organisation, session)
    return [ProductRow(*row) for row in rows]


async def read_preview(connection: Connection, organisation: Id, session: Id) -> list[PreviewRow]:
    """Read what a session's products come to if it closed now, those of a producer together."""
    rows = await connection.fetch(VIEWS["read_preview"], organisation, session)
    return [PreviewRow(*row) for row in rows]


async def seek_customer_orders(
    connection: Connection, organisation: Id, session: Id, before: Id, limit: int
) -> list[Id]:
    """Read which customer orders of a session to look through, newest first."""
    rows = await connection.fetch(
        VIEWS["seek_customer_orders"], organisation, session, before, limit
    )
    return [row[0] for row in rows]


async def show_customer_orders(
    connection: Connection,
    organisation: Id,
    orders: Sequence[Id],
    wanted: tuple[str | None, bool],
    limit: int,
) -> list[CustomerOrderRow]:
    """Read those of some customer orders that are of a status, or would go without something."""
    rows = await connection.fetch(
        VIEWS["show_customer_orders"], organisation, orders, *wanted, limit
    )
    return [CustomerOrderRow(*row) for row in rows]


async def list_demand(
    connection: Connection, producer: Id, after: tuple[Id, Id, Id], limit: int
) -> list[DemandRow]:
    """Read what traders' sessions hold of a producer's variants, from after a place on."""
    rows = await connection.fetch(VIEWS["list_demand"], producer, *after, limit)
    return [DemandRow(*row) for row in rows]


async def list_demanded(
    connection: Connection, producer: Id, after_sku: str, limit: int
) -> list[DemandedRow]:
    """Read a producer's variants that sessions hold something of, by sku."""
    rows = await connection.fetch(VIEWS["list_demanded"], producer, after_sku, limit)
    return [DemandedRow(*row) for row in rows]


async def list_demand_of(
    connection: Connection, producer: Id, variants: Sequence[Id], limit: int
) -> list[DemandRow]:
    """Read what traders' sessions hold of some variants, the most first."""
    rows = await connection.fetch(VIEWS["list_demand_of"], producer, variants, limit)
    return [DemandRow(*row) for row in rows]


async def list_sessions_between(
    connection: Connection, organisation: Id, since: datetime, until: datetime, limit: int
) -> list[SessionRow]:
    """Read a trader's sessions that go on between two times, by their end."""
    rows = await connection.fetch(SQL["list_sessions_between"], organisation, since, until, limit)
    return [SessionRow(*row) for row in rows]


async def list_sessions_ending(
    connection: Connection, organisation: Id, before: datetime, limit: int
) -> list[SessionRow]:
    """Read a trader's sessions that end before a time or are closing, the first first."""
    rows = await connection.fetch(SQL["list_sessions_ending"], organisation, before, limit)
    return [SessionRow(*row) for row in rows]


async def search_sessions(
    connection: Connection, organisation: Id, text: str, among: int, limit: int
) -> list[SessionRow]:
    """Read those of a trader's newest sessions that a text finds, without their products."""
    rows = await connection.fetch(SQL["search_sessions"], organisation, text, among, limit)
    return [SessionRow(*row) for row in rows]


async def name_sessions(
    connection: Connection, organisation: Id, sessions: Sequence[Id]
) -> dict[Id, str]:
    """Read what those of some sessions are called that are a trader's."""
    rows = await connection.fetch(SQL["name_sessions"], organisation, sessions)
    return {row[0]: row[1] for row in rows}


async def read_to_ship(connection: Connection, producer: Id, among: int) -> ToShipRow | None:
    """Read how many of a producer's newest session orders are to be shipped; None for none."""
    row = await connection.fetchrow(SQL["read_to_ship"], producer, among)
    return None if row is None else ToShipRow(*row)


async def seek_offered_goods(
    connection: Connection, organisation: Id, text: str, limit: int, among: int
) -> list[Id]:
    """Read which variants that a text finds session rights open to a trader."""
    rows = await connection.fetch(
        SQL["seek_offered_goods"], organisation, text, limit, among, text + _LAST
    )
    return [row[0] for row in rows]


async def read_offered_goods(
    connection: Connection, organisation: Id, variants: Sequence[Id]
) -> list[OfferedGoodsRow]:
    """Read those of some variants that a session right opens to a trader."""
    rows = await connection.fetch(SQL["read_offered_goods"], organisation, variants)
    return [OfferedGoodsRow(*row) for row in rows]


async def seek_session_orders(
    connection: Connection, producer: Id, before: Id, limit: int
) -> list[Id]:
    """Read which session orders at a producer to look through, newest first."""
    rows = await connection.fetch(VIEWS["seek_session_orders"], producer, before, limit)
    return [row[0] for row in rows]


async def show_session_orders(
    connection: Connection,
    producer: Id,
    orders: Sequence[Id],
    wanted: tuple[str | None, bool],
    limit: int,
) -> list[SessionOrderRow]:
    """Read those of some session orders that are of a status, or to be shipped."""
    rows = await connection.fetch(VIEWS["show_session_orders"], producer, orders, *wanted, limit)
    return [SessionOrderRow(*row) for row in rows]


async def find_session_order(
    connection: Connection, producer: Id, order: Id
) -> SessionOrderRow | None:
    """Read one session order at a producer; "" is nobody's."""
    if not order:
        return None
    row = await connection.fetchrow(SQL["find_session_order"], producer, order)
    return None if row is None else SessionOrderRow(*row)


async def read_session_order_lines(
    connection: Connection, trader: Id, order: Id, producer: Id
) -> list[SessionOrderLineRow]:
    """Read the lines of a session order."""
    rows = await connection.fetch(VIEWS["read_session_order_lines"], trader, order, producer)
    return [SessionOrderLineRow(*row) for row in rows]


async def find_producer(connection: Connection, reader: Id, slug: str) -> Producer | None:
    """Read an organisation that a reader may order from in sessions, or the reader's own."""
    row = await connection.fetchrow(SQL["find_producer"], reader, slug)
    return None if row is None else Producer(*row)


async def list_producers(
    connection: Connection, reader: Id, after: str, limit: int
) -> list[Producer]:
    """Read the organisations that a reader may order from, and its own, by short name."""
    rows = await connection.fetch(SQL["list_producers"], reader, after, limit)
    return [Producer(*row) for row in rows]


async def list_supplied(
    connection: Connection, producer: Id, after: str, limit: int
) -> list[Supplied]:
    """Read what a producer sells, by sku, from after one on."""
    rows = await connection.fetch(SQL["list_supplied"], producer, after, limit)
    return [Supplied(*row) for row in rows]


async def find_supplied(
    connection: Connection, producer: Id, variants: Sequence[Id]
) -> dict[Id, Supplied]:
    """Read some variants of a producer, sold or not; "" is nobody's."""
    rows = await connection.fetch(SQL["find_supplied"], producer, [v for v in variants if v])
    return {row[0]: Supplied(*row) for row in rows}


async def stamp_supplied(connection: Connection, producer: Id) -> tuple[int, int]:
    """Read how many variants a producer sells, and a number made of all that is told of them."""
    row = await connection.fetchrow(SQL["stamp_supplied"], producer)
    assert row is not None, "the statement counts, so it has a row"
    return int(row[0]), int(row[1])


async def list_placed_orders(
    connection: Connection, trader: Id, slug: str, before: Id, limit: int
) -> list[PlacedOrder]:
    """Read a trader's session orders at a producer, newest first, with their lines."""
    rows = [
        PlacedOrderRow(*row)
        for row in await connection.fetch(VIEWS["list_placed_orders"], trader, slug, before, limit)
    ]
    return show_all_placed(rows, await _placed_lines(connection, trader, rows))


async def find_placed_order(
    connection: Connection, trader: Id, slug: str, order: Id
) -> PlacedOrder | None:
    """Read one of a trader's session orders at a producer; "" is nobody's."""
    if not order:
        return None
    row = await connection.fetchrow(VIEWS["find_placed_order"], trader, slug, order)
    if row is None:
        return None
    rows = [PlacedOrderRow(*row)]
    return show_all_placed(rows, await _placed_lines(connection, trader, rows))[0]


async def _placed_lines(
    connection: Connection, trader: Id, orders: Sequence[PlacedOrderRow]
) -> list[PlacedLineRow]:
    found = await connection.fetch(
        VIEWS["read_placed_lines"], trader, [order.id for order in orders]
    )
    return [PlacedLineRow(*row) for row in found]


async def list_placed_sessions(
    connection: Connection, trader: Id, slug: str, before: Id, only: Id | None, limit: int
) -> list[PlacedSession]:
    """Read sessions in which a trader ordered from a producer, newest first."""
    rows = await connection.fetch(VIEWS["list_placed_sessions"], trader, slug, before, only, limit)
    return [PlacedSession(*row) for row in rows]


async def check_sales_sessions(connection: Connection, watch: Watch | None = None) -> list[Broken]:
    """Check that sessions that are complete hold nothing."""
    return await run_checks(connection, _CHECKS, watch)
