-- name: insert_session
-- A new session, unless its trader has one with that reference.
INSERT INTO sales_sessions (organisation, id, name, reference, created_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT sales_sessions_reference_unique DO NOTHING
RETURNING id;

-- name: set_name
-- Another name of a session.
UPDATE sales_sessions
SET name = $3
WHERE organisation = $1 AND id = $2;

-- name: find_session
-- One session of a trader.
SELECT
    s.id,
    s.name,
    s.reference,
    s.state,
    s.opens_at,
    s.closes_at,
    s.closed_at,
    s.completed_at,
    s.created_at,
    s.product_count,
    statement_timestamp() AS now
FROM shown_sessions AS s
WHERE s.organisation = $1 AND s.id = $2;

-- name: read_offered
-- Those of some variants that a session right opens to a trader now.
SELECT
    v.id,
    v.organisation AS owner,
    v.sku,
    v.whole_units,
    coalesce(v.wholesale_price, v.retail_price) AS price
FROM variants AS v
INNER JOIN trading_rights AS r
    ON v.organisation = r.seller AND r.buyer = $1 AND r.kind = 'session' AND r.state = 'active'
WHERE v.id = ANY($2::uuid[]) AND v.state <> 'deleted';

-- name: read_counts
-- How the customer orders of a session stand that hold something: paid ones, unpaid ones that may
-- be paid until a time, those past their limit that nobody wrote off yet; and short ones.
SELECT
    count(*) FILTER (WHERE f.payment_status = 'paid') AS paid,
    count(*) FILTER (WHERE f.is_unpaid AND NOT f.is_past) AS unpaid,
    count(*) FILTER (WHERE f.is_unpaid AND f.is_past) AS expired,
    count(*) FILTER (WHERE f.is_short AND NOT f.is_past) AS short,
    max(f.hold_until) FILTER (WHERE f.is_unpaid AND NOT f.is_past) AS unpaid_until
FROM (
    SELECT
        o.payment_status,
        o.hold_until,
        o.payment_status = 'unpaid' AS is_unpaid,
        coalesce(o.hold_until <= statement_timestamp(), false) AS is_past,
        EXISTS (
            SELECT 1
            FROM waiting_lines AS q
            WHERE q.organisation = o.organisation AND q.order_id = o.id
        ) AS is_short
    FROM orders AS o
    WHERE
        o.organisation = $1 AND o.selling_window = $2
        AND o.producer IS NULL AND o.status = 'held'
) AS f;

-- name: list_to_gather
-- Paid customer orders of a session that no session order has the goods of yet, the oldest first.
SELECT o.id
FROM orders AS o
WHERE
    o.organisation = $1 AND o.selling_window = $2 AND o.producer IS NULL
    AND o.status = 'held' AND o.payment_status = 'paid'
ORDER BY o.id
LIMIT $3;

-- name: list_unpaid
-- Customer orders of a session that nobody has paid and that may still be, from after one on.
SELECT o.id
FROM orders AS o
WHERE
    o.organisation = $1 AND o.selling_window = $2 AND o.producer IS NULL AND o.id > $3
    AND o.status = 'held' AND o.payment_status = 'unpaid'
    AND (o.hold_until IS NULL OR o.hold_until > statement_timestamp())
ORDER BY o.id
LIMIT $4;

-- name: read_producers
-- The producers of what a session sells.
SELECT
    p.owner AS producer,
    g.slug
FROM (
    SELECT DISTINCT d.owner
    FROM window_products AS d
    WHERE d.organisation = $1 AND d.selling_window = $2
) AS p
INNER JOIN organisations AS g ON p.owner = g.id
ORDER BY p.owner;

-- name: is_any_held
-- Whether any order of a session is held: a customer's, or a session order that is not complete.
SELECT EXISTS (
    SELECT 1
    FROM orders AS o
    WHERE o.organisation = $1 AND o.selling_window = $2 AND o.status = 'held'
) AS is_held;

-- name: read_due
-- Sessions whose end has come, and those that were closed and are not complete; the first first.
SELECT
    w.organisation,
    w.id
FROM (
    (
        SELECT
            q.organisation,
            q.id,
            q.closes_at
        FROM selling_windows AS q
        WHERE q.state = 'open' AND q.closes_at <= statement_timestamp() AND NOT q.is_remote
        ORDER BY q.closes_at
        LIMIT $1
    )
    UNION ALL
    (
        SELECT
            c.organisation,
            c.id,
            c.closes_at
        FROM selling_windows AS c
        WHERE c.state = 'closing' AND NOT c.is_remote
        ORDER BY c.closes_at
        LIMIT $1
    )
) AS w
ORDER BY w.closes_at, w.organisation, w.id;

-- name: find_session_order
-- One session order at a producer.
SELECT
    o.organisation AS trader,
    t.name AS trader_name,
    o.id,
    o.reference,
    o.status,
    o.fulfilment_status,
    o.placed_at,
    o.hold_until,
    coalesce(o.status = 'held' AND o.hold_until <= statement_timestamp(), false) AS is_past,
    o.selling_window AS session,
    w.opens_at,
    w.closes_at,
    g.lines,
    g.amount
FROM orders AS o
INNER JOIN organisations AS t ON o.organisation = t.id
INNER JOIN selling_windows AS w ON o.organisation = w.organisation AND o.selling_window = w.id
CROSS JOIN LATERAL (
    SELECT
        count(*) AS lines,
        CASE
            WHEN count(*) = count(l.unit_price) THEN sum((l.quantity - l.cancelled) * l.unit_price)
        END AS amount
    FROM order_lines AS l
    WHERE l.organisation = o.organisation AND l.order_id = o.id
) AS g
WHERE o.producer = $1 AND o.id = $2 AND o.status <> 'draft';

-- name: list_sessions_between
-- Sessions of a trader that go on at any time between two, by their end.
SELECT
    s.id,
    s.name,
    s.reference,
    s.state,
    s.opens_at,
    s.closes_at,
    s.closed_at,
    s.completed_at,
    s.created_at,
    s.product_count,
    statement_timestamp() AS now
FROM shown_sessions AS s
WHERE s.organisation = $1 AND s.closes_at > $2 AND s.opens_at < $3
ORDER BY s.closes_at, s.id
LIMIT $4;

-- name: list_sessions_ending
-- Sessions of a trader that are not complete and end before a time, or were closed; the first first.
SELECT
    s.id,
    s.name,
    s.reference,
    s.state,
    s.opens_at,
    s.closes_at,
    s.closed_at,
    s.completed_at,
    s.created_at,
    s.product_count,
    statement_timestamp() AS now
FROM shown_sessions AS s
WHERE
    s.organisation = $1 AND s.state <> 'complete'
    AND (s.closes_at < $2 OR s.state = 'closing')
ORDER BY s.closes_at, s.id
LIMIT $3;

-- name: search_sessions
-- Those of a trader's newest sessions ($3) with a text in their name or reference.
SELECT
    f.id,
    f.name,
    f.reference,
    w.state,
    w.opens_at,
    w.closes_at,
    w.closed_at,
    w.completed_at,
    f.created_at,
    0 AS product_count,
    statement_timestamp() AS now
FROM (
    SELECT
        s.organisation,
        s.id,
        s.name,
        s.reference,
        s.created_at
    FROM sales_sessions AS s
    WHERE s.organisation = $1
    ORDER BY s.id DESC
    LIMIT $3
) AS f
INNER JOIN selling_windows AS w ON f.organisation = w.organisation AND f.id = w.id
WHERE position(lower($2) IN lower(f.reference || ' ' || f.name)) > 0
ORDER BY f.id DESC
LIMIT $4;

-- name: name_sessions
-- What those of some sessions are called that are a trader's.
SELECT
    s.id,
    s.name
FROM sales_sessions AS s
WHERE s.organisation = $1 AND s.id = ANY($2::uuid[]);

-- name: read_to_ship
-- Session orders at a producer among the newest so many that are complete and not all shipped: how
-- many, and the oldest of them.
SELECT
    count(*) OVER () AS orders,
    f.id,
    f.reference,
    t.name AS trader_name
FROM (
    SELECT
        o.id,
        o.organisation,
        o.reference,
        o.status,
        o.fulfilment_status
    FROM orders AS o
    WHERE o.producer = $1
    ORDER BY o.id DESC
    LIMIT $2
) AS f
INNER JOIN organisations AS t ON f.organisation = t.id
WHERE f.status = 'complete' AND f.fulfilment_status <> 'fulfilled'
ORDER BY f.id
LIMIT 1;

-- name: seek_offered_goods
-- Active variants that session rights open to a trader and that a text finds: by how the sku begins,
-- and by sku or name among each producer's first so many ($4) by sku; at most $3.
SELECT f.id
FROM trading_rights AS r
INNER JOIN organisations AS g ON r.seller = g.id
CROSS JOIN LATERAL (
    (
        SELECT
            v.id,
            v.sku
        FROM variants AS v
        WHERE
            v.organisation = r.seller AND v.state = 'active' AND v.is_orderable
            AND v.sku >= $2 AND v.sku < $5
        ORDER BY v.sku
        LIMIT $3
    )
    UNION
    (
        SELECT
            s.id,
            s.sku
        FROM (
            SELECT
                v.id,
                v.sku,
                v.name
            FROM variants AS v
            WHERE v.organisation = r.seller AND v.state = 'active' AND v.is_orderable
            ORDER BY v.sku
            LIMIT $4
        ) AS s
        WHERE position(lower($2) IN lower(s.sku || ' ' || s.name)) > 0
        ORDER BY s.sku
        LIMIT $3
    )
) AS f
WHERE r.buyer = $1 AND r.kind = 'session' AND r.state = 'active'
ORDER BY g.slug, f.sku, f.id
LIMIT $3;

-- name: read_offered_goods
-- Those of some variants that a session right opens to a trader, with what their producers have and
-- ask.
SELECT
    v.id AS variant,
    v.sku,
    v.name,
    v.unit,
    g.name AS producer_name,
    coalesce(v.wholesale_price, v.retail_price) AS purchase_price,
    v.retail_price,
    CASE
        WHEN NOT v.unlimited THEN (
            SELECT coalesce(sum(c.available), 0)
            FROM current_positions AS c
            INNER JOIN locations AS l
                ON c.owner = l.organisation AND c.location = l.id AND l.ships_orders
            WHERE c.owner = v.organisation AND c.variant = v.id
        )
    END AS available
FROM variants AS v
INNER JOIN organisations AS g ON v.organisation = g.id
INNER JOIN trading_rights AS r
    ON v.organisation = r.seller AND r.buyer = $1 AND r.kind = 'session' AND r.state = 'active'
WHERE v.id = ANY($2::uuid[]) AND v.state <> 'deleted'
ORDER BY g.slug, v.sku, v.id;

-- name: find_producer
-- An organisation by its short name: the reader's own, or one with a session right to order from.
SELECT
    g.id,
    g.slug,
    g.name,
    g.currency
FROM organisations AS g
WHERE
    g.slug = $2
    AND (
        g.id = $1
        OR EXISTS (
            SELECT 1
            FROM trading_rights AS r
            WHERE
                r.seller = g.id AND r.buyer = $1 AND r.kind = 'session'
                AND r.state IN ('active', 'paused')
        )
    );

-- name: list_producers
-- The reader's own organisation and those it may order from in sessions, by short name.
SELECT
    g.id,
    g.slug,
    g.name,
    g.currency
FROM (
    SELECT $1::uuid AS id
    UNION ALL
    SELECT r.seller AS id
    FROM trading_rights AS r
    WHERE r.buyer = $1 AND r.kind = 'session' AND r.state IN ('active', 'paused')
) AS k
INNER JOIN organisations AS g ON k.id = g.id
WHERE g.slug > $2
ORDER BY g.slug
LIMIT $3;

-- name: list_supplied
-- What a producer sells, by sku, from after one on, with what it has for anybody.
SELECT
    v.id,
    v.sku,
    v.name,
    v.unit,
    v.units_per_case,
    coalesce(v.wholesale_price, v.retail_price) AS unit_price,
    v.vat_rate,
    true AS is_sold,
    CASE
        WHEN NOT v.unlimited THEN (
            SELECT coalesce(sum(c.available), 0)
            FROM current_positions AS c
            INNER JOIN locations AS l
                ON c.owner = l.organisation AND c.location = l.id AND l.ships_orders
            WHERE c.owner = v.organisation AND c.variant = v.id
        )
    END AS available
FROM variants AS v
WHERE v.organisation = $1 AND v.sku > $2 AND v.state = 'active' AND v.is_orderable
ORDER BY v.sku
LIMIT $3;

-- name: find_supplied
-- Some variants of a producer, sold or not.
SELECT
    v.id,
    v.sku,
    v.name,
    v.unit,
    v.units_per_case,
    coalesce(v.wholesale_price, v.retail_price) AS unit_price,
    v.vat_rate,
    v.state = 'active' AND v.is_orderable AS is_sold,
    CASE
        WHEN NOT v.unlimited THEN (
            SELECT coalesce(sum(c.available), 0)
            FROM current_positions AS c
            INNER JOIN locations AS l
                ON c.owner = l.organisation AND c.location = l.id AND l.ships_orders
            WHERE c.owner = v.organisation AND c.variant = v.id
        )
    END AS available
FROM variants AS v
WHERE v.organisation = $1 AND v.id = ANY($2::uuid[]) AND v.state <> 'deleted';

-- name: stamp_supplied
-- A number that is another one when anything of what a producer sells is told otherwise.
SELECT
    count(*) AS variants,
    coalesce(bit_xor(hashtextextended(s.told, 0)), 0) AS told
FROM (
    SELECT
        concat_ws(
            chr(31),
            v.id,
            v.sku,
            v.name,
            v.unit,
            v.units_per_case,
            coalesce(v.wholesale_price, v.retail_price, -1),
            coalesce(v.vat_rate, -1),
            CASE
                WHEN v.unlimited THEN -1
                ELSE (
                    SELECT coalesce(sum(c.available), 0)
                    FROM current_positions AS c
                    INNER JOIN locations AS l
                        ON c.owner = l.organisation AND c.location = l.id AND l.ships_orders
                    WHERE c.owner = v.organisation AND c.variant = v.id
                )
            END
        ) AS told
    FROM variants AS v
    WHERE v.organisation = $1 AND v.state = 'active' AND v.is_orderable
) AS s;
