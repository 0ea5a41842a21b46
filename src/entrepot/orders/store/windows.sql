-- name: read_windows_of_orders
-- The sales sessions of orders: these never change, so they may be read before any lock is taken.
SELECT DISTINCT
    o.organisation,
    o.selling_window
FROM orders AS o
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
    ON o.organisation = w.organisation AND o.id = w.id
WHERE o.selling_window IS NOT NULL;

-- name: lock_windows
-- Share sales sessions with others that place in them, in key order; who closes one waits.
SELECT
    s.organisation,
    s.id
FROM selling_windows AS s
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
    ON s.organisation = w.organisation AND s.id = w.id
ORDER BY s.organisation, s.id
FOR SHARE OF s;

-- name: lock_windows_alone
-- Keep sales sessions to oneself, in key order: their session orders are made and gathered once.
SELECT
    s.organisation,
    s.id
FROM selling_windows AS s
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
    ON s.organisation = w.organisation AND s.id = w.id
ORDER BY s.organisation, s.id
FOR NO KEY UPDATE OF s;

-- name: read_unfinished
-- Locked sales sessions with customer orders, beside some, that have been paid or still may be.
SELECT DISTINCT
    o.organisation,
    o.selling_window
FROM unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
INNER JOIN orders AS o ON w.organisation = o.organisation AND w.id = o.selling_window
WHERE
    o.status = 'held' AND o.producer IS NULL AND o.id <> ALL($3::uuid[])
    AND (o.hold_until IS NULL OR o.hold_until > $4);

-- name: read_session_orders
-- The session orders of locked sales sessions.
SELECT
    o.organisation,
    o.selling_window,
    o.producer,
    o.id
FROM orders AS o
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (organisation, selling_window)
    ON o.organisation = w.organisation AND o.selling_window = w.selling_window
WHERE o.producer IS NOT NULL AND o.status <> 'cancelled';

-- name: read_windows
-- Sales sessions, and what each says of some of its products, a row each. Where holds have passed
-- their limit ($4), they are held no more.
SELECT
    s.organisation,
    s.id,
    s.state,
    s.is_remote,
    s.opens_at,
    s.closes_at,
    s.hold_until,
    p.variant,
    p.quantity_max,
    p.unit_price,
    p.purchase_price,
    p.held - CASE
        WHEN $4::boolean THEN coalesce((
            SELECT sum(h.quantity)
            FROM holds AS h
            INNER JOIN orders AS o ON h.organisation = o.organisation AND h.order_id = o.id
            WHERE
                h.owner = p.owner AND h.variant = p.variant AND h.state = 'live'
                AND h.expires_at <= $5
                AND o.organisation = p.organisation AND o.selling_window = p.selling_window
                AND o.producer IS NULL
        ), 0)
        ELSE 0
    END AS held
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS w (organisation, id, variant)
INNER JOIN selling_windows AS s ON w.organisation = s.organisation AND w.id = s.id
LEFT JOIN window_products AS p
    ON
        w.organisation = p.organisation AND w.id = p.selling_window
        AND w.variant = p.variant;

-- name: count_window_holds
-- Let what sessions hold of their products follow the holds of customers that opened and ended. From
-- holds to their orders by key: the planner cannot know how many orders are of sessions.
WITH changed AS MATERIALIZED (
    SELECT
        h.organisation,
        h.order_id,
        h.variant,
        w.sign * h.quantity AS units
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[])
        AS w (owner, order_id, hold_no, sign)
    INNER JOIN holds AS h
        ON w.owner = h.owner AND w.order_id = h.order_id AND w.hold_no = h.hold_no
),

summed AS MATERIALIZED (
    SELECT
        c.organisation,
        o.selling_window,
        c.variant,
        sum(c.units) AS change
    FROM changed AS c
    CROSS JOIN LATERAL (
        SELECT
            x.selling_window,
            x.producer
        FROM orders AS x
        WHERE x.organisation = c.organisation AND x.id = c.order_id
        OFFSET 0
    ) AS o
    WHERE o.selling_window IS NOT NULL AND o.producer IS NULL
    GROUP BY c.organisation, o.selling_window, c.variant
)

UPDATE window_products AS p
SET held = p.held + s.change
FROM summed AS s
WHERE
    p.organisation = s.organisation AND p.selling_window = s.selling_window
    AND p.variant = s.variant AND s.change <> 0;

-- name: insert_window
-- A new session of a trader whose customers order here.
INSERT INTO selling_windows (organisation, id, is_remote, opens_at, closes_at)
VALUES ($1, $2, false, $3, $4);

-- name: find_remote_window
-- A remote trader's session with these times; one without an end until its hold is over.
SELECT s.id
FROM selling_windows AS s
WHERE
    s.organisation = $1 AND s.is_remote
    AND s.opens_at IS NOT DISTINCT FROM $2::timestamptz
    AND s.closes_at IS NOT DISTINCT FROM $3::timestamptz
    AND (s.closes_at IS NOT NULL OR s.hold_until > $4)
ORDER BY s.hold_until
LIMIT 1;

-- name: insert_remote_window
-- A remote trader's session, unless another has just written it.
INSERT INTO selling_windows (organisation, id, is_remote, opens_at, closes_at, hold_until)
VALUES ($1, $2, true, $3, $4, $5)
ON CONFLICT DO NOTHING;

-- name: lock_window
-- Keep one session to oneself, to change or close it: whoever places in it waits.
SELECT
    s.state,
    s.opens_at,
    s.closes_at
FROM selling_windows AS s
WHERE s.organisation = $1 AND s.id = $2 AND NOT s.is_remote
FOR NO KEY UPDATE OF s;

-- name: read_sold
-- Those of some products that a session sells, and whether an order of it misses any.
SELECT
    p.variant,
    v.sku,
    p.quantity_max,
    p.unit_price,
    p.held,
    EXISTS (
        SELECT 1
        FROM waiting_lines AS q
        INNER JOIN orders AS o ON q.organisation = o.organisation AND q.order_id = o.id
        WHERE
            q.owner = p.owner AND q.variant = p.variant
            AND o.organisation = p.organisation AND o.selling_window = p.selling_window
    ) AS is_short
FROM window_products AS p
INNER JOIN variants AS v ON p.owner = v.organisation AND p.variant = v.id
WHERE p.organisation = $1 AND p.selling_window = $2 AND p.variant = ANY($3::uuid[]);

-- name: count_sold
-- How many products a session sells.
SELECT count(*) AS products
FROM window_products AS p
WHERE p.organisation = $1 AND p.selling_window = $2;

-- name: set_window_times
-- Other times of a session.
UPDATE selling_windows
SET opens_at = $3, closes_at = $4
WHERE organisation = $1 AND id = $2;

-- name: set_sold
-- What a session sells; the price that its owner gets stays as it was when it was first sold.
INSERT INTO window_products (
    organisation, selling_window, variant, owner, quantity_max, unit_price, purchase_price
)
SELECT
    $1::uuid AS organisation,
    $2::uuid AS selling_window,
    n.variant,
    n.owner,
    n.quantity_max,
    n.unit_price,
    n.purchase_price
FROM unnest($3::uuid[], $4::uuid[], $5::numeric[], $6::numeric[], $7::numeric[])
    AS n (variant, owner, quantity_max, unit_price, purchase_price)
ON CONFLICT ON CONSTRAINT window_products_pk
DO UPDATE SET quantity_max = excluded.quantity_max, unit_price = excluded.unit_price;

-- name: delete_sold
-- What a session sells no longer.
DELETE FROM window_products
WHERE organisation = $1 AND selling_window = $2 AND variant = ANY($3::uuid[]);

-- name: set_window_closing
-- Close a session: from now on nothing is placed in it.
UPDATE selling_windows
SET state = 'closing', closed_at = $3
WHERE organisation = $1 AND id = $2 AND NOT is_remote AND state = 'open'
RETURNING id;

-- name: set_window_complete
-- All that a session's customers hold is in session orders, and these are complete.
UPDATE selling_windows
SET state = 'complete', completed_at = $3
WHERE organisation = $1 AND id = $2 AND state = 'closing'
RETURNING id;
