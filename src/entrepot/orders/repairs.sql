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
