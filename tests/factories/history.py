"""A market with years behind it: orders of the past, written in bulk into every table they touch.

Every invariant holds for them as for orders that came through a door: half were shipped, the rest
still hold what they asked for. Their ids and times lie in the past, as those of real ones do.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import NamedTuple

import asyncpg

from entrepot.kernel.ids import Id
from entrepot.orders import PlaceOrder, ReceiveStock, StockLine
from tests.factories.counter import Counter, body_of, order_of
from tests.factories.network import Network

SELLERS = 5
BUYERS = 10
VARIANTS_PER_SELLER = 40
ON_HAND = 100_000_000

GROWING = (
    "orders",
    "order_lines",
    "holds",
    "ledger",
    "audit",
    "outbox",
    "idempotency_keys",
)
"""What has rows for every order ever placed."""

# One statement each: an order every second, two lines over other variants, their holds and what
# became of them. Uneven orders hold, even ones were shipped.
_PAST = (
    """
    CREATE TEMPORARY TABLE past_orders ON COMMIT DROP AS
    SELECT
        g.n,
        b.buyers[1 + g.n % cardinality(b.buyers)] AS organisation,
        ('0178f0aa-0001-7000-8000-' || lpad(to_hex(g.n), 12, '0'))::uuid AS id,
        ('0178f0aa-0002-7000-8000-' || lpad(to_hex(g.n), 12, '0'))::uuid AS placing,
        ('0178f0aa-0003-7000-8000-' || lpad(to_hex(g.n), 12, '0'))::uuid AS shipping,
        timestamptz '2024-01-01 00:00+00' + g.n * interval '1 second' AS at,
        g.n % 2 = 0 AS shipped
    FROM generate_series($1::bigint, $2::bigint - 1) AS g (n)
    CROSS JOIN (SELECT $3::uuid[] AS buyers) AS b
    """,
    """
    CREATE TEMPORARY TABLE past_lines ON COMMIT DROP AS
    SELECT
        o.n,
        o.organisation,
        o.id,
        o.placing,
        o.shipping,
        o.at,
        o.shipped,
        k.line_no,
        p.owner,
        p.variant,
        p.location,
        (1 + o.n % 5)::numeric AS quantity
    FROM past_orders AS o
    CROSS JOIN generate_series(1, 2) AS k (line_no)
    INNER JOIN (
        SELECT
            q.owner,
            q.variant,
            q.location,
            row_number() OVER (ORDER BY q.variant) - 1 AS i,
            count(*) OVER () AS total
        FROM positions AS q
    ) AS p
        ON p.i = (o.n * 7919 + (k.line_no - 1) * (1 + o.n % (p.total - 1))) % p.total
    """,
    """
    CREATE TEMPORARY TABLE past_entries ON COMMIT DROP AS
    SELECT
        e.*,
        p.version + row_number() OVER w AS version,
        p.on_hand + sum(e.on_hand_change) OVER w AS on_hand,
        p.held + sum(e.held_change) OVER w AS held
    FROM (
        SELECT l.*, 'hold' AS kind, 0 AS on_hand_change, l.quantity AS held_change, l.placing AS act
        FROM past_lines AS l
        UNION ALL
        SELECT l.*, 'ship', -l.quantity, -l.quantity, l.shipping
        FROM past_lines AS l
        WHERE l.shipped
    ) AS e
    INNER JOIN positions AS p
        ON e.owner = p.owner AND e.variant = p.variant AND e.location = p.location
    WINDOW w AS (
        PARTITION BY e.owner, e.variant, e.location ORDER BY e.n, e.kind
        ROWS UNBOUNDED PRECEDING
    )
    """,
    """
    INSERT INTO orders (
        organisation, id, reference, kind, status, fulfilment_status, payment_status, policy,
        priority, queue_place, placed_at, next_hold_no
    )
    SELECT
        o.organisation,
        o.id,
        'past-' || o.n,
        'marketplace',
        'complete',
        CASE WHEN o.shipped THEN 'fulfilled' ELSE 'unfulfilled' END,
        'paid',
        'refuse_short',
        0,
        '199' || lpad(floor(extract(EPOCH FROM o.at) * 1000000)::bigint::text, 17, '0')
        || replace(o.id::text, '-', ''),
        o.at,
        3
    FROM past_orders AS o
    ORDER BY o.n
    """,
    """
    INSERT INTO order_lines (
        organisation, order_id, line_no, owner, variant, quantity, held, shipped, unit_price
    )
    SELECT
        l.organisation,
        l.id,
        l.line_no,
        l.owner,
        l.variant,
        l.quantity,
        CASE WHEN l.shipped THEN 0 ELSE l.quantity END,
        CASE WHEN l.shipped THEN l.quantity ELSE 0 END,
        2.5
    FROM past_lines AS l
    ORDER BY l.n, l.line_no
    """,
    """
    INSERT INTO holds (
        owner, order_id, hold_no, organisation, line_no, variant, location, quantity,
        opened_version, state, ended_quantity, ended_version
    )
    SELECT
        h.owner,
        h.id,
        h.line_no,
        h.organisation,
        h.line_no,
        h.variant,
        h.location,
        h.quantity,
        h.version,
        CASE WHEN h.shipped THEN 'converted' ELSE 'live' END,
        CASE WHEN h.shipped THEN h.quantity END,
        s.version
    FROM past_entries AS h
    LEFT JOIN past_entries AS s ON h.id = s.id AND h.line_no = s.line_no AND s.kind = 'ship'
    WHERE h.kind = 'hold'
    ORDER BY h.n, h.line_no
    """,
    """
    INSERT INTO ledger (
        owner, variant, location, version, at, kind, on_hand_change, held_change,
        allocated_change, on_hand, held, allocated, order_id, hold_no, act
    )
    SELECT
        e.owner,
        e.variant,
        e.location,
        e.version,
        e.at,
        e.kind,
        e.on_hand_change,
        e.held_change,
        0,
        e.on_hand,
        e.held,
        0,
        e.id,
        e.line_no,
        e.act
    FROM past_entries AS e
    ORDER BY e.n, e.kind, e.line_no
    """,
    """
    UPDATE positions AS p
    SET version = e.version, on_hand = e.on_hand, held = e.held
    FROM (
        SELECT DISTINCT ON (x.owner, x.variant, x.location) x.*
        FROM past_entries AS x
        ORDER BY x.owner, x.variant, x.location, x.version DESC
    ) AS e
    WHERE p.owner = e.owner AND p.variant = e.variant AND p.location = e.location
    """,
    """
    CREATE TEMPORARY TABLE past_acts ON COMMIT DROP AS
    SELECT o.n, o.organisation, o.placing AS id, o.at, 'orders.placed' AS act, o.id AS subject
    FROM past_orders AS o
    UNION ALL
    SELECT o.n, o.organisation, o.shipping, o.at, 'orders.shipped', o.id
    FROM past_orders AS o
    WHERE o.shipped
    """,
    """
    INSERT INTO audit (organisation, id, at, act, subject, answer)
    SELECT
        a.organisation,
        a.id,
        a.at,
        a.act,
        'ord_' || replace(a.subject::text, '-', ''),
        json_build_object('id', a.subject, 'status', 'complete', 'lines', repeat('.', 400))
    FROM past_acts AS a
    ORDER BY a.n, a.act
    """,
    """
    INSERT INTO outbox (organisation, id, at, event, subject)
    SELECT a.organisation, a.id, a.at, a.act, 'ord_' || replace(a.subject::text, '-', '')
    FROM past_acts AS a
    ORDER BY a.n, a.act
    """,
    """
    INSERT INTO idempotency_keys (organisation, key, body_hash, act, claimed_at)
    SELECT a.organisation, 'past-' || a.act || '-' || a.n, sha256(a.id::text::bytea), a.id, a.at
    FROM past_acts AS a
    ORDER BY a.n, a.act
    """,
)

_RIGHTS = """
INSERT INTO trading_rights (seller, buyer, kind, created_at)
SELECT s.id, b.id, 'marketplace', now()
FROM unnest($1::uuid[]) AS s (id) CROSS JOIN unnest($2::uuid[]) AS b (id)
"""
_PRODUCTS = """
INSERT INTO products (organisation, id, name, created_at)
SELECT s.id, uuidv7(), 'Product ' || g, now()
FROM unnest($1::uuid[]) AS s (id) CROSS JOIN generate_series(1, $2::integer) AS g
"""
_VARIANTS = """
INSERT INTO variants (organisation, id, product, sku, name, retail_price, created_at)
SELECT p.organisation, uuidv7(), p.id, p.name, p.name, 2.5, now()
FROM products AS p
WHERE p.organisation = ANY($1::uuid[])
RETURNING organisation, id
"""


class Goods(NamedTuple):
    """A variant and who owns it."""

    owner: Id
    variant: Id


class Market:
    """Sellers with plenty of everything, and buyers who may order all of it."""

    def __init__(self, counter: Counter, buyers: list[Id], goods: list[Goods]) -> None:
        self.counter = counter
        self.buyers = buyers
        self.goods = goods
        self.past = 0
        self._dice = Random(20_260_920)

    def orders(self, count: int) -> list[tuple[Id, PlaceOrder]]:
        """Paid orders of two lines, drawn evenly over all goods and buyers."""
        drawn = []
        for _ in range(count):
            first, second = self._dice.sample(self.goods, 2)
            quantity = self._dice.randint(1, 5)
            order = order_of(
                (first.variant, quantity), (second.variant, quantity), kind="marketplace", paid=True
            )
            drawn.append((self._dice.choice(self.buyers), order))
        return drawn

    async def age(self, connection: asyncpg.Connection[asyncpg.Record], orders: int) -> None:
        """Add past orders until there are so many; nothing else may run meanwhile."""
        async with connection.transaction():
            first, *rest = _PAST
            # A statement that makes a table takes no parameters; these are our own numbers and ids.
            buyers = "{" + ",".join(self.buyers) + "}"
            for place, value in (("$1", self.past), ("$2", orders), ("$3", f"'{buyers}'")):
                first = first.replace(place, str(value))
            for statement in (first, *rest):
                await connection.execute(statement)
        self.past = orders


async def open_market(network: Network, counter: Counter) -> Market:
    """Write a market into an empty database."""
    buyers = [await network.organisation("buyer") for _ in range(BUYERS)]
    sellers = [await network.organisation("seller") for _ in range(SELLERS)]
    async with counter.pool.acquire() as connection, connection.transaction():
        await connection.execute(_RIGHTS, sellers, buyers)
        await connection.execute(_PRODUCTS, sellers, VARIANTS_PER_SELLER)
        rows = await connection.fetch(_VARIANTS, sellers)
    goods = [Goods(row[0], row[1]) for row in rows]
    lines = [(each.owner, StockLine(each.variant, Decimal(ON_HAND))) for each in goods]
    for answer in await counter.batch(*((owner, ReceiveStock((line,))) for owner, line in lines)):
        body_of(answer)
    return Market(counter, buyers, goods)
