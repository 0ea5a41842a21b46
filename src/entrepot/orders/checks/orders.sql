-- name: lines_hold_what_their_holds_keep
-- A line's held units are the sum of its live holds; past its limit an order may still say more,
-- as its holds end before its cancellation is written.
-- do: Run `entrepot doctor --repair`; lines that still do not add up then need a person who knows
-- the order.
SELECT
    o.organisation::text || '/' || o.id::text || '/' || l.line_no::text AS subject,
    json_build_object(
        'status', o.status, 'held', l.held::text, 'live_holds', coalesce(h.quantity, 0)::text
    ) AS facts
FROM orders AS o
INNER JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
LEFT JOIN (
    SELECT
        g.organisation,
        g.order_id,
        g.line_no,
        sum(g.quantity) AS quantity
    FROM holds AS g
    WHERE g.state = 'live'
    GROUP BY g.organisation, g.order_id, g.line_no
) AS h ON l.organisation = h.organisation AND l.order_id = h.order_id AND l.line_no = h.line_no
WHERE
    l.held < coalesce(h.quantity, 0)
    OR (
        l.held > coalesce(h.quantity, 0)
        AND NOT coalesce(
            o.status IN ('held', 'waiting') AND o.hold_until <= clock_timestamp(), false
        )
    )
LIMIT $1;

-- name: live_holds_have_their_line
-- Every live hold is for a line of an order that is not cancelled: same owner, same variant, and
-- the limit that its order has.
-- do: Restore the order or its lines from a backup; until then these units stay set aside for
-- nobody.
SELECT
    h.owner::text || '/' || h.order_id::text || '/' || h.hold_no::text AS subject,
    json_build_object(
        'line', h.line_no,
        'status', o.status,
        'quantity', h.quantity::text,
        'expires_at', h.expires_at,
        'hold_until', o.hold_until
    ) AS facts
FROM holds AS h
LEFT JOIN orders AS o ON h.organisation = o.organisation AND h.order_id = o.id
LEFT JOIN order_lines AS l
    ON
        h.organisation = l.organisation AND h.order_id = l.order_id AND h.line_no = l.line_no
        AND h.owner = l.owner AND h.variant = l.variant
WHERE
    h.state = 'live'
    AND (
        o.id IS NULL
        OR l.line_no IS NULL
        OR o.status IN ('draft', 'cancelled')
        OR h.expires_at IS DISTINCT FROM o.hold_until
    )
LIMIT $1;

-- name: lines_add_up
-- A line of a held or complete order is shipped + held + short + cancelled + gathered; what waits is
-- short of nothing, what is a draft or cancelled keeps nothing.
-- do: Run `entrepot doctor --repair`; lines that still do not add up then need a person who knows
-- the order.
SELECT
    o.organisation::text || '/' || o.id::text || '/' || l.line_no::text AS subject,
    json_build_object(
        'status', o.status,
        'quantity', l.quantity::text,
        'shipped', l.shipped::text,
        'held', l.held::text,
        'short', l.short::text,
        'cancelled', l.cancelled::text
    ) AS facts
FROM orders AS o
INNER JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
WHERE
    CASE
        WHEN o.status IN ('held', 'complete')
            THEN l.quantity <> l.shipped + l.held + l.short + l.cancelled + l.gathered
        WHEN o.status = 'waiting'
            THEN l.short <> 0 OR l.shipped <> 0 OR l.quantity < l.held + l.cancelled
        ELSE l.held <> 0 OR l.short <> 0 OR l.shipped <> 0
    END
LIMIT $1;

-- name: orders_have_lines
-- No order is without lines, but for a session order, which may lose all; and no line without its
-- order.
-- do: Restore the orders or lines that are missing from a backup.
SELECT
    coalesce(o.organisation, l.organisation)::text || '/' || coalesce(o.id, l.order_id)::text
    AS subject,
    json_build_object('status', o.status, 'line', l.line_no) AS facts
FROM orders AS o
FULL JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
WHERE o.id IS NULL OR (l.line_no IS NULL AND o.producer IS NULL)
LIMIT $1;

-- name: statuses_agree
-- What an order says of payment and fulfilment agrees with its status and with what has left.
-- do: Run `entrepot doctor --repair` for what has left; what was paid is known to the organisation
-- only.
SELECT
    o.organisation::text || '/' || o.id::text AS subject,
    json_build_object(
        'status', o.status,
        'fulfilment_status', o.fulfilment_status,
        'payment_status', o.payment_status
    ) AS facts
FROM orders AS o
INNER JOIN (
    SELECT
        l.organisation,
        l.order_id,
        bool_and(l.quantity = l.shipped + l.cancelled) AS done,
        bool_or(l.shipped > 0) AS begun
    FROM order_lines AS l
    GROUP BY l.organisation, l.order_id
) AS g ON o.organisation = g.organisation AND o.id = g.order_id
WHERE
    NOT CASE o.status
        WHEN 'draft' THEN o.fulfilment_status = 'unfulfilled' AND o.payment_status = 'unpaid'
        WHEN 'waiting' THEN o.fulfilment_status = 'held' AND o.payment_status IN ('unpaid', 'paid')
        WHEN 'held' THEN o.fulfilment_status = 'held' AND o.payment_status IN ('unpaid', 'paid')
        WHEN 'cancelled' THEN o.fulfilment_status = 'cancelled' AND o.payment_status <> 'unpaid'
        ELSE
            o.payment_status IN ('paid', 'refunded')
            AND o.fulfilment_status = CASE
                WHEN g.done THEN 'fulfilled'
                WHEN g.begun THEN 'partly_fulfilled'
                ELSE 'unfulfilled'
            END
    END
LIMIT $1;

-- name: shipped_is_what_was_converted
-- What a line says was shipped is what its converted holds ended with.
-- do: Run `entrepot doctor --repair`; lines that still do not add up then need a person who knows
-- the order.
SELECT
    l.organisation::text || '/' || l.order_id::text || '/' || l.line_no::text AS subject,
    json_build_object('shipped', l.shipped::text, 'converted', coalesce(h.quantity, 0)::text)
    AS facts
FROM order_lines AS l
LEFT JOIN (
    SELECT
        g.organisation,
        g.order_id,
        g.line_no,
        sum(g.ended_quantity) AS quantity
    FROM holds AS g
    WHERE g.state = 'converted'
    GROUP BY g.organisation, g.order_id, g.line_no
) AS h ON l.organisation = h.organisation AND l.order_id = h.order_id AND l.line_no = h.line_no
WHERE l.shipped <> coalesce(h.quantity, 0)
LIMIT $1;

-- name: returned_is_what_came_back
-- What an order's lines say came back of a variant is what the ledger took back for it.
-- do: Compare with what came back, and correct the lines by hand; the ledger says what was taken
-- back.
SELECT
    coalesce(l.order_id, r.order_id)::text || '/' || coalesce(l.variant, r.variant)::text
    AS subject,
    json_build_object('returned', l.quantity::text, 'taken_back', r.quantity::text) AS facts
FROM (
    SELECT
        n.owner,
        n.order_id,
        n.variant,
        sum(n.returned) AS quantity
    FROM order_lines AS n
    WHERE n.returned > 0
    GROUP BY n.owner, n.order_id, n.variant
) AS l
FULL JOIN (
    SELECT
        g.owner,
        g.order_id,
        g.variant,
        sum(g.on_hand_change) AS quantity
    FROM ledger AS g
    WHERE g.kind = 'return'
    GROUP BY g.owner, g.order_id, g.variant
) AS r ON l.owner = r.owner AND l.order_id = r.order_id AND l.variant = r.variant
WHERE l.quantity IS DISTINCT FROM r.quantity
LIMIT $1;

-- name: queue_mirrors_orders
-- The queue holds exactly what waiting orders miss and what recounts cut short, at their places.
-- do: Run `entrepot doctor --repair`; it writes the queue anew from the orders.
SELECT
    coalesce(w.order_id, q.order_id)::text || '/' || coalesce(w.line_no, q.line_no)::text AS subject,
    json_build_object(
        'due_place', w.place,
        'due_missing', w.missing::text,
        'place', q.place,
        'missing', q.missing::text
    ) AS facts
FROM (
    SELECT
        l.owner,
        l.variant,
        CASE o.status WHEN 'waiting' THEN '1' ELSE '0' END
        || lpad((99 - o.priority)::text, 2, '0')
        || lpad(floor(extract(EPOCH FROM o.placed_at) * 1000000)::bigint::text, 17, '0')
        || replace(o.id::text, '-', '') AS place,
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
    ON w.owner = q.owner AND w.variant = q.variant AND w.place = q.place AND w.line_no = q.line_no
WHERE
    (w.organisation, w.order_id, w.missing)
    IS DISTINCT FROM (q.organisation, q.order_id, q.missing)
LIMIT $1;

-- name: places_follow_from_orders
-- An order's place in the queue is made of its priority, the time it was received, and its id.
-- do: Run `entrepot doctor --repair`; it makes the places anew from the orders.
SELECT
    o.organisation::text || '/' || o.id::text AS subject,
    json_build_object('queue_place', o.queue_place, 'priority', o.priority) AS facts
FROM orders AS o
WHERE
    o.queue_place
    <> '1'
    || lpad((99 - o.priority)::text, 2, '0')
    || lpad(floor(extract(EPOCH FROM o.placed_at) * 1000000)::bigint::text, 17, '0')
    || replace(o.id::text, '-', '')
LIMIT $1;

-- name: own_orders_name_own_variants
-- An own order, and so every order that waits, names and holds nothing of anybody else.
-- do: Cancel these orders, and find out who wrote into the table by hand.
SELECT
    l.organisation::text || '/' || l.order_id::text || '/' || l.line_no::text AS subject,
    json_build_object('kind', o.kind, 'owner', l.owner) AS facts
FROM orders AS o
INNER JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
WHERE (o.kind = 'own') <> (l.owner = l.organisation)
LIMIT $1;

-- name: orders_are_followed_once
-- Whatever could not go waits in one successor, which follows an order that is there.
-- do: Cancel the successors that are too many, and restore from a backup the orders that are
-- missing.
SELECT
    s.organisation::text || '/' || s.follows::text AS subject,
    json_build_object('successors', count(*), 'followed', count(o.id)) AS facts
FROM orders AS s
LEFT JOIN orders AS o ON s.organisation = o.organisation AND s.follows = o.id
WHERE s.follows IS NOT NULL
GROUP BY s.organisation, s.follows
HAVING count(*) > 1 OR count(o.id) < count(*)
LIMIT $1;

-- name: hold_numbers_are_not_reused
-- The number of an order's next hold is above every number given.
-- do: Run `entrepot doctor --repair`; it counts the numbers again.
SELECT
    o.organisation::text || '/' || o.id::text AS subject,
    json_build_object('next_hold_no', o.next_hold_no, 'last', max(h.hold_no)) AS facts
FROM orders AS o
INNER JOIN holds AS h ON o.organisation = h.organisation AND o.id = h.order_id
GROUP BY o.organisation, o.id, o.next_hold_no
HAVING max(h.hold_no) >= o.next_hold_no
LIMIT $1;

-- name: ledger_rows_have_their_act
-- Every ledger row was made by an act that was written down; a passed limit makes rows by itself.
-- do: Restore the audit's rows from a backup; until then nobody can say who made these changes.
SELECT
    l.owner::text || '/' || l.variant::text || '/' || l.location::text AS subject,
    json_build_object('version', l.version, 'kind', l.kind, 'act', l.act) AS facts
FROM ledger AS l
WHERE
    l.kind <> 'expire'
    AND NOT EXISTS (
        SELECT 1
        FROM audit AS a
        WHERE a.id = l.act
    )
LIMIT $1;

-- name: sessions_hold_what_their_orders_hold
-- What a sales session holds of a product is the sum of its customers' live holds.
-- do: Run `entrepot doctor --repair`.
SELECT
    coalesce(p.organisation, h.organisation)::text || '/'
    || coalesce(p.selling_window, h.selling_window)::text || '/'
    || coalesce(p.variant, h.variant)::text AS subject,
    json_build_object(
        'held', coalesce(p.held, 0)::text, 'live_holds', coalesce(h.quantity, 0)::text
    ) AS facts
FROM window_products AS p
FULL JOIN (
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
WHERE coalesce(p.held, 0) <> coalesce(h.quantity, 0)
LIMIT $1;

-- name: sessions_gather_what_customers_held
-- What customer orders left to session orders is what these were made of, by session and product.
-- do: Compare the session order with its customers' orders; a person has to tell the producer.
SELECT
    coalesce(s.organisation, c.organisation)::text || '/'
    || coalesce(s.selling_window, c.selling_window)::text || '/'
    || coalesce(s.variant, c.variant)::text AS subject,
    json_build_object(
        'session_order', coalesce(s.quantity, 0)::text, 'gathered', coalesce(c.quantity, 0)::text
    ) AS facts
FROM (
    SELECT
        o.organisation,
        o.selling_window,
        l.variant,
        sum(l.quantity) AS quantity
    FROM orders AS o
    INNER JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
    INNER JOIN selling_windows AS w ON o.organisation = w.organisation AND o.selling_window = w.id
    WHERE o.producer IS NOT NULL AND NOT w.is_remote
    GROUP BY o.organisation, o.selling_window, l.variant
) AS s
FULL JOIN (
    SELECT
        o.organisation,
        o.selling_window,
        l.variant,
        sum(l.gathered) AS quantity
    FROM orders AS o
    INNER JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
    WHERE o.selling_window IS NOT NULL AND l.gathered > 0
    GROUP BY o.organisation, o.selling_window, l.variant
) AS c
    ON
        s.organisation = c.organisation AND s.selling_window = c.selling_window
        AND s.variant = c.variant
WHERE coalesce(s.quantity, 0) <> coalesce(c.quantity, 0)
LIMIT $1;
