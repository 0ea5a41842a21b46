-- name: read_wrong_orders
-- Orders, from after a key on, that are not what their holds, lines and places say, and whatever
-- the queue has wrong or of an order that is gone. One pass over each table.
SELECT DISTINCT
    f.organisation,
    f.order_id
FROM (
    SELECT
        l.organisation,
        l.order_id
    FROM order_lines AS l
    INNER JOIN orders AS o ON l.organisation = o.organisation AND l.order_id = o.id
    LEFT JOIN (
        SELECT
            g.organisation,
            g.order_id,
            g.line_no,
            sum(CASE g.state WHEN 'live' THEN g.quantity ELSE 0 END) AS held,
            sum(CASE g.state WHEN 'converted' THEN g.ended_quantity ELSE 0 END) AS shipped
        FROM holds AS g
        GROUP BY g.organisation, g.order_id, g.line_no
    ) AS h ON l.organisation = h.organisation AND l.order_id = h.order_id AND l.line_no = h.line_no
    WHERE (l.held, l.shipped) <> (coalesce(h.held, 0), coalesce(h.shipped, 0))
    UNION ALL
    SELECT
        o.organisation,
        o.id
    FROM orders AS o
    LEFT JOIN (
        SELECT
            g.organisation,
            g.order_id,
            max(g.hold_no) AS hold_no
        FROM holds AS g
        GROUP BY g.organisation, g.order_id
    ) AS h ON o.organisation = h.organisation AND o.id = h.order_id
    LEFT JOIN (
        SELECT
            n.organisation,
            n.order_id,
            CASE
                WHEN bool_and(n.quantity = n.shipped + n.cancelled) THEN 'fulfilled'
                WHEN bool_or(n.shipped > 0) THEN 'partly_fulfilled'
                ELSE 'unfulfilled'
            END AS fulfilment_status
        FROM order_lines AS n
        GROUP BY n.organisation, n.order_id
    ) AS l ON o.organisation = l.organisation AND o.id = l.order_id
    WHERE
        h.hold_no >= o.next_hold_no
        OR (o.status = 'complete' AND o.fulfilment_status <> l.fulfilment_status)
        OR o.queue_place
        <> '1'
        || lpad((99 - o.priority)::text, 2, '0')
        || lpad(floor(extract(EPOCH FROM o.placed_at) * 1000000)::bigint::text, 17, '0')
        || replace(o.id::text, '-', '')
    UNION ALL
    SELECT
        coalesce(w.organisation, q.organisation),
        coalesce(w.order_id, q.order_id)
    FROM (
        SELECT
            l.owner,
            l.variant,
            CASE o.status
                WHEN 'waiting' THEN o.queue_place
                ELSE '0' || substr(o.queue_place, 2)
            END AS place,
            l.line_no,
            o.organisation,
            o.id AS order_id,
            CASE o.status
                WHEN 'waiting' THEN l.quantity - l.held - l.shipped - l.cancelled
                ELSE l.short
            END AS missing
        FROM orders AS o
        INNER JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
        WHERE
            (o.status = 'waiting' AND l.quantity > l.held + l.shipped + l.cancelled)
            OR (o.status IN ('held', 'complete') AND l.short > 0)
    ) AS w
    FULL JOIN waiting_lines AS q
        ON
            w.organisation = q.organisation AND w.order_id = q.order_id
            AND w.owner = q.owner AND w.variant = q.variant
            AND w.place = q.place AND w.line_no = q.line_no
    WHERE w.missing IS DISTINCT FROM q.missing
) AS f
WHERE (f.organisation, f.order_id) > ($1, $2)
ORDER BY f.organisation, f.order_id
LIMIT $3;

-- name: read_queue
-- What orders have in the queue.
SELECT
    q.owner,
    q.variant,
    q.place,
    q.line_no,
    q.organisation,
    q.order_id,
    q.missing
FROM waiting_lines AS q
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (organisation, order_id)
    ON q.organisation = w.organisation AND q.order_id = w.order_id;

-- name: read_wrong_windows
-- Products of sales sessions, from after a key on, that hold another sum than their customers do. One
-- pass over each table.
SELECT
    p.organisation,
    p.selling_window,
    p.variant,
    p.owner
FROM window_products AS p
LEFT JOIN (
    SELECT
        o.organisation,
        o.selling_window,
        g.variant,
        sum(g.quantity) AS quantity
    FROM holds AS g
    INNER JOIN orders AS o ON g.organisation = o.organisation AND g.order_id = o.id
    WHERE g.state = 'live' AND o.selling_window IS NOT NULL AND o.producer IS NULL
    GROUP BY o.organisation, o.selling_window, g.variant
) AS h
    ON
        p.organisation = h.organisation AND p.selling_window = h.selling_window
        AND p.variant = h.variant
WHERE
    p.held <> coalesce(h.quantity, 0)
    AND (p.organisation, p.selling_window, p.variant) > ($1, $2, $3)
ORDER BY p.organisation, p.selling_window, p.variant
LIMIT $4;

-- name: rebuild_windows
-- Let products of sales sessions, whose positions are locked, hold what their customers do.
UPDATE window_products AS p
SET held = w.due
FROM (
    SELECT
        x.organisation,
        x.selling_window,
        x.variant,
        x.held AS before,
        coalesce((
            SELECT sum(h.quantity)
            FROM holds AS h
            INNER JOIN orders AS o ON h.organisation = o.organisation AND h.order_id = o.id
            WHERE
                h.owner = x.owner AND h.variant = x.variant AND h.state = 'live'
                AND o.organisation = x.organisation AND o.selling_window = x.selling_window
                AND o.producer IS NULL
        ), 0) AS due
    FROM window_products AS x
    INNER JOIN
        unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS k (organisation, selling_window, variant)
        ON
            x.organisation = k.organisation AND x.selling_window = k.selling_window
            AND x.variant = k.variant
) AS w
WHERE
    p.organisation = w.organisation AND p.selling_window = w.selling_window
    AND p.variant = w.variant AND p.held <> w.due
RETURNING p.organisation, p.selling_window, p.variant, w.before, p.held AS after;
