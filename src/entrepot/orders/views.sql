-- name: list_orders
-- An organisation's orders, newest first, from before one on.
SELECT
    o.organisation,
    o.id,
    o.reference,
    o.kind,
    o.status,
    o.fulfilment_status,
    o.payment_status,
    o.policy,
    o.priority,
    o.queue_place,
    o.placed_at,
    o.hold_until,
    o.next_hold_no,
    o.follows,
    o.selling_window,
    o.producer,
    statement_timestamp() AS now
FROM orders AS o
WHERE o.organisation = $1 AND o.id < $2
ORDER BY o.id DESC
LIMIT $3;

-- name: list_orders_of_status
-- An organisation's orders of a status, newest first; those past their limit count as cancelled.
SELECT
    o.organisation,
    o.id,
    o.reference,
    o.kind,
    o.status,
    o.fulfilment_status,
    o.payment_status,
    o.policy,
    o.priority,
    o.queue_place,
    o.placed_at,
    o.hold_until,
    o.next_hold_no,
    o.follows,
    o.selling_window,
    o.producer,
    statement_timestamp() AS now
FROM orders AS o
WHERE
    o.organisation = $1 AND o.status = $2 AND o.id < $3
    AND (
        o.status NOT IN ('held', 'waiting')
        OR o.hold_until IS NULL
        OR o.hold_until > statement_timestamp()
    )
ORDER BY o.id DESC
LIMIT $4;

-- name: list_limited_orders
-- An organisation's orders whose limit has passed, newest first, until a job writes so.
SELECT
    o.organisation,
    o.id,
    o.reference,
    o.kind,
    o.status,
    o.fulfilment_status,
    o.payment_status,
    o.policy,
    o.priority,
    o.queue_place,
    o.placed_at,
    o.hold_until,
    o.next_hold_no,
    o.follows,
    o.selling_window,
    o.producer,
    statement_timestamp() AS now
FROM orders AS o
WHERE
    o.organisation = $1 AND o.id < $2
    AND o.hold_until <= statement_timestamp()
    AND o.status IN ('held', 'waiting')
ORDER BY o.id DESC
LIMIT $3;

-- name: find_order
-- One order of an organisation, by its id or by its reference.
SELECT
    o.organisation,
    o.id,
    o.reference,
    o.kind,
    o.status,
    o.fulfilment_status,
    o.payment_status,
    o.policy,
    o.priority,
    o.queue_place,
    o.placed_at,
    o.hold_until,
    o.next_hold_no,
    o.follows,
    o.selling_window,
    o.producer,
    statement_timestamp() AS now
FROM orders AS o
WHERE o.organisation = $1 AND (o.id = $2 OR o.reference = $3);

-- name: find_successor
-- The order that carries on what another could not deliver.
SELECT o.id
FROM orders AS o
WHERE o.organisation = $1 AND o.follows = $2;

-- name: read_lag
-- What jobs have not got round to: orders and holds past their limit, and positions to look at
-- again for those who wait.
SELECT
    o.late AS orders,
    h.late AS holds,
    greatest(o.oldest_seconds, h.oldest_seconds, 0) AS oldest_seconds,
    (
        SELECT count(*)
        FROM positions AS p
        WHERE p.recheck_after IS NOT NULL
    ) AS rechecks
FROM (
    SELECT
        count(*) AS late,
        extract(EPOCH FROM statement_timestamp() - min(q.hold_until))::integer AS oldest_seconds
    FROM orders AS q
    WHERE q.hold_until <= statement_timestamp() AND q.status IN ('held', 'waiting')
) AS o
CROSS JOIN (
    SELECT
        count(*) AS late,
        extract(EPOCH FROM statement_timestamp() - min(g.expires_at))::integer AS oldest_seconds
    FROM holds AS g
    WHERE g.state = 'live' AND g.expires_at <= statement_timestamp()
) AS h;

-- name: read_stock_rows
-- What rows of a sheet name by sku and location code (none: the first that orders ship from).
SELECT
    w.place::integer AS place,
    v.id AS variant,
    coalesce(l.id, d.id) AS location,
    p.on_hand,
    p.version
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS w (sku, code, place)
LEFT JOIN variants AS v
    ON v.organisation = $1::uuid AND v.sku = w.sku AND v.state <> 'deleted'
LEFT JOIN locations AS l ON l.organisation = $1::uuid AND l.code = w.code
LEFT JOIN (
    SELECT f.id
    FROM locations AS f
    WHERE f.organisation = $1::uuid AND f.ships_orders
    ORDER BY f.rank, f.id
    LIMIT 1
) AS d ON w.code IS NULL
LEFT JOIN positions AS p
    ON p.owner = $1::uuid AND p.variant = v.id AND p.location = coalesce(l.id, d.id)
ORDER BY w.place;
