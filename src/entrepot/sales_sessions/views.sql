-- name: list_sessions
-- A trader's sessions that go on between two times, complete ones only or all; newest first.
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
    s.organisation = $1 AND s.id < $2
    AND (s.state = 'complete' OR NOT $3::boolean)
    AND ($4::timestamptz IS NULL OR s.closes_at > $4)
    AND ($5::timestamptz IS NULL OR s.opens_at < $5)
ORDER BY s.id DESC
LIMIT $6;

-- name: list_sessions_going_on
-- A trader's sessions that are not complete, in one of these states at this moment; newest first.
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
    s.organisation = $1 AND s.id < $2 AND s.state <> 'complete'
    AND ($4::timestamptz IS NULL OR s.closes_at > $4)
    AND ($5::timestamptz IS NULL OR s.opens_at < $5)
    AND $3 = CASE
        WHEN s.state = 'closing' OR s.closes_at <= statement_timestamp() THEN 'closing'
        WHEN s.opens_at <= statement_timestamp() THEN 'open'
        ELSE 'planned'
    END
ORDER BY s.id DESC
LIMIT $6;

-- name: read_products
-- What a session sells, by producer and sku, with what its customers hold and its producer has.
SELECT
    p.variant,
    v.sku,
    v.name,
    v.unit,
    p.owner AS producer,
    g.name AS producer_name,
    p.quantity_max,
    p.unit_price,
    v.retail_price,
    p.purchase_price,
    p.held - coalesce((
        SELECT sum(h.quantity)
        FROM holds AS h
        INNER JOIN orders AS o ON h.organisation = o.organisation AND h.order_id = o.id
        WHERE
            h.owner = p.owner AND h.variant = p.variant AND h.state = 'live'
            AND h.expires_at <= statement_timestamp()
            AND o.organisation = p.organisation AND o.selling_window = p.selling_window
            AND o.producer IS NULL
    ), 0) AS held,
    CASE
        WHEN NOT v.unlimited THEN (
            SELECT coalesce(sum(c.available), 0)
            FROM current_positions AS c
            INNER JOIN locations AS l
                ON c.owner = l.organisation AND c.location = l.id AND l.ships_orders
            WHERE c.owner = p.owner AND c.variant = p.variant
        )
    END AS available
FROM window_products AS p
INNER JOIN variants AS v ON p.owner = v.organisation AND p.variant = v.id
INNER JOIN organisations AS g ON p.owner = g.id
WHERE p.organisation = $1 AND p.selling_window = $2
ORDER BY g.slug, v.sku, p.variant;

-- name: read_preview
-- What each product of a session comes to if it closed now: what paid customers hold or held when
-- they were gathered, what unpaid ones hold, and what recounts took from either.
SELECT
    p.owner AS producer,
    g.name AS producer_name,
    s.id AS order_id,
    s.reference,
    s.status,
    p.variant,
    v.sku,
    v.name,
    v.unit,
    p.purchase_price,
    q.quantity,
    q.unpaid,
    q.short
FROM window_products AS p
INNER JOIN variants AS v ON p.owner = v.organisation AND p.variant = v.id
INNER JOIN organisations AS g ON p.owner = g.id
INNER JOIN (
    SELECT
        l.variant,
        coalesce(sum(l.held + l.gathered) FILTER (WHERE o.payment_status <> 'unpaid'), 0)
        AS quantity,
        coalesce(sum(l.held) FILTER (WHERE o.payment_status = 'unpaid'), 0) AS unpaid,
        sum(l.short) AS short
    FROM orders AS o
    INNER JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
    WHERE
        o.organisation = $1 AND o.selling_window = $2 AND o.producer IS NULL
        AND o.status IN ('held', 'complete')
        AND (o.hold_until IS NULL OR o.hold_until > statement_timestamp())
    GROUP BY l.variant
) AS q ON p.variant = q.variant
LEFT JOIN orders AS s
    ON
        p.organisation = s.organisation AND p.selling_window = s.selling_window
        AND p.owner = s.producer AND s.status <> 'cancelled'
WHERE
    p.organisation = $1 AND p.selling_window = $2
    AND (q.quantity > 0 OR q.unpaid > 0 OR q.short > 0)
ORDER BY g.slug, p.owner, v.sku, p.variant;

-- name: seek_customer_orders
-- Which customer orders of a session to look through, newest first, from before one on.
SELECT o.id
FROM orders AS o
WHERE
    o.organisation = $1 AND o.selling_window = $2 AND o.producer IS NULL AND o.id < $3
ORDER BY o.id DESC
LIMIT $4;

-- name: show_customer_orders
-- Those of some customer orders that fit: of a status, or that would go without something.
SELECT
    f.id,
    f.reference,
    f.status,
    f.payment_status,
    f.placed_at,
    f.hold_until,
    f.is_past,
    (
        SELECT count(*)
        FROM order_lines AS l
        WHERE l.organisation = $1 AND l.order_id = f.id
    ) AS lines,
    f.skus,
    f.missing
FROM (
    SELECT
        o.id,
        o.reference,
        o.status,
        o.payment_status,
        o.placed_at,
        o.hold_until,
        coalesce(o.status = 'held' AND o.hold_until <= statement_timestamp(), false) AS is_past,
        coalesce(s.skus, '{}') AS skus,
        coalesce(s.missing, '{}') AS missing
    FROM orders AS o
    CROSS JOIN LATERAL (
        SELECT
            array_agg(v.sku ORDER BY q.line_no) AS skus,
            array_agg(q.missing ORDER BY q.line_no) AS missing
        FROM waiting_lines AS q
        INNER JOIN variants AS v ON q.owner = v.organisation AND q.variant = v.id
        WHERE q.organisation = o.organisation AND q.order_id = o.id
    ) AS s
    WHERE o.organisation = $1 AND o.id = ANY($2::uuid[])
) AS f
WHERE
    ($3::text IS NULL OR CASE WHEN f.is_past THEN 'cancelled' ELSE f.status END = $3)
    AND (
        NOT $4::boolean
        OR (
            f.status = 'held' AND NOT f.is_past
            AND (f.payment_status = 'unpaid' OR f.skus <> '{}')
        )
    )
ORDER BY f.id DESC
LIMIT $5;

-- name: list_demand
-- What sessions of all traders hold of a producer's variants, by variant, trader and session: their
-- customers' orders, and session orders that are not complete.
SELECT
    d.variant,
    v.sku,
    v.name,
    v.unit,
    d.trader,
    t.name AS trader_name,
    d.session,
    w.opens_at,
    w.closes_at,
    w.is_remote,
    d.quantity
FROM (
    SELECT
        u.variant,
        u.trader,
        u.session,
        sum(u.quantity) AS quantity
    FROM session_demand AS u
    WHERE u.owner = $1
    GROUP BY u.variant, u.trader, u.session
    HAVING sum(u.quantity) > 0
) AS d
INNER JOIN variants AS v ON v.organisation = $1 AND d.variant = v.id
INNER JOIN organisations AS t ON d.trader = t.id
INNER JOIN selling_windows AS w ON d.trader = w.organisation AND d.session = w.id
WHERE (d.variant, d.trader, d.session) > ($2::uuid, $3::uuid, $4::uuid)
ORDER BY d.variant, d.trader, d.session
LIMIT $5;

-- name: seek_session_orders
-- Which session orders at a producer to look through, newest first, from before one on.
SELECT o.id
FROM orders AS o
WHERE o.producer = $1 AND o.id < $2 AND o.status <> 'draft'
ORDER BY o.id DESC
LIMIT $3;

-- name: show_session_orders
-- Those of some session orders at a producer that fit: of a status, or still to be shipped.
SELECT
    o.organisation AS trader,
    t.name AS trader_name,
    o.id,
    o.reference,
    o.status,
    o.fulfilment_status,
    o.placed_at,
    o.hold_until,
    o.is_past,
    o.selling_window AS session,
    w.opens_at,
    w.closes_at,
    g.lines,
    g.amount
FROM (
    SELECT
        f.organisation,
        f.id,
        f.reference,
        f.status,
        f.fulfilment_status,
        f.placed_at,
        f.hold_until,
        f.selling_window,
        coalesce(f.status = 'held' AND f.hold_until <= statement_timestamp(), false) AS is_past
    FROM orders AS f
    WHERE f.producer = $1 AND f.id = ANY($2::uuid[])
) AS o
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
WHERE
    ($3::text IS NULL OR CASE WHEN o.is_past THEN 'cancelled' ELSE o.status END = $3)
    AND (
        NOT $4::boolean
        OR (o.status = 'complete' AND o.fulfilment_status <> 'fulfilled')
    )
ORDER BY o.id DESC
LIMIT $5;

-- name: read_session_order_lines
-- The lines of a session order at a producer, with the goods that they are of.
SELECT
    l.line_no,
    l.variant,
    v.sku,
    v.name,
    v.unit,
    l.quantity,
    l.held,
    l.shipped,
    l.returned,
    l.cancelled,
    l.short,
    l.unit_price,
    l.case_units
FROM order_lines AS l
INNER JOIN variants AS v ON l.owner = v.organisation AND l.variant = v.id
WHERE l.organisation = $1 AND l.order_id = $2 AND l.owner = $3
ORDER BY l.line_no;

-- name: list_demanded
-- Variants of a producer that sessions hold something of, by sku, and what it has of each.
SELECT
    v.id AS variant,
    v.sku,
    v.name,
    v.unit,
    v.unlimited,
    d.quantity,
    s.on_hand,
    s.held,
    s.available
FROM (
    SELECT
        u.variant,
        sum(u.quantity) AS quantity
    FROM session_demand AS u
    WHERE u.owner = $1
    GROUP BY u.variant
    HAVING sum(u.quantity) > 0
) AS d
INNER JOIN variants AS v ON v.organisation = $1 AND d.variant = v.id
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(c.on_hand), 0) AS on_hand,
        coalesce(sum(c.held), 0) AS held,
        coalesce(sum(c.available), 0) AS available
    FROM current_positions AS c
    INNER JOIN locations AS l ON c.owner = l.organisation AND c.location = l.id AND l.ships_orders
    WHERE c.owner = $1 AND c.variant = v.id
) AS s
WHERE v.sku > $2
ORDER BY v.sku
LIMIT $3;

-- name: list_demand_of
-- What each trader's session holds of some of a producer's variants, the most first.
SELECT
    u.variant,
    v.sku,
    v.name,
    v.unit,
    u.trader,
    t.name AS trader_name,
    u.session,
    w.opens_at,
    w.closes_at,
    w.is_remote,
    sum(u.quantity) AS quantity
FROM session_demand AS u
INNER JOIN variants AS v ON v.organisation = $1 AND u.variant = v.id
INNER JOIN organisations AS t ON u.trader = t.id
INNER JOIN selling_windows AS w ON u.trader = w.organisation AND u.session = w.id
WHERE u.owner = $1 AND u.variant = ANY($2::uuid[])
GROUP BY
    u.variant, v.sku, v.name, v.unit, u.trader, t.name, u.session,
    w.opens_at, w.closes_at, w.is_remote
HAVING sum(u.quantity) > 0
ORDER BY sum(u.quantity) DESC, u.trader, u.session
LIMIT $3;

-- name: list_placed_orders
-- A trader's session orders at a producer, newest first, from before one on.
SELECT
    o.id,
    o.reference,
    o.status,
    o.fulfilment_status,
    o.placed_at,
    coalesce(o.status = 'held' AND o.hold_until <= statement_timestamp(), false) AS is_past,
    o.selling_window AS session,
    w.opens_at,
    w.closes_at,
    o.producer,
    g.slug,
    g.currency
FROM organisations AS g
INNER JOIN orders AS o ON g.id = o.producer AND o.organisation = $1 AND o.id < $3
INNER JOIN selling_windows AS w ON o.organisation = w.organisation AND o.selling_window = w.id
WHERE g.slug = $2
ORDER BY o.id DESC
LIMIT $4;

-- name: find_placed_order
-- One of a trader's session orders at a producer.
SELECT
    o.id,
    o.reference,
    o.status,
    o.fulfilment_status,
    o.placed_at,
    coalesce(o.status = 'held' AND o.hold_until <= statement_timestamp(), false) AS is_past,
    o.selling_window AS session,
    w.opens_at,
    w.closes_at,
    o.producer,
    g.slug,
    g.currency
FROM orders AS o
INNER JOIN organisations AS g ON o.producer = g.id AND g.slug = $2
INNER JOIN selling_windows AS w ON o.organisation = w.organisation AND o.selling_window = w.id
WHERE o.organisation = $1 AND o.id = $3;

-- name: read_placed_lines
-- The lines of a trader's session orders, in their order.
SELECT
    l.order_id,
    l.line_no,
    l.variant,
    l.quantity,
    l.cancelled,
    l.unit_price,
    l.case_units,
    v.vat_rate
FROM order_lines AS l
INNER JOIN variants AS v ON l.owner = v.organisation AND l.variant = v.id
WHERE l.organisation = $1 AND l.order_id = ANY($2::uuid[])
ORDER BY l.order_id, l.line_no;

-- name: list_placed_sessions
-- Sessions in which a trader ordered from a producer, newest first; one of them, or from before one.
SELECT DISTINCT
    w.id,
    w.opens_at,
    w.closes_at
FROM organisations AS g
INNER JOIN orders AS o ON g.id = o.producer AND o.organisation = $1
INNER JOIN selling_windows AS w ON o.organisation = w.organisation AND o.selling_window = w.id
WHERE g.slug = $2 AND w.id < $3 AND ($4::uuid IS NULL OR w.id = $4)
ORDER BY w.id DESC
LIMIT $5;
