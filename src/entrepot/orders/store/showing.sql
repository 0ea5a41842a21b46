-- name: seek_newest
-- An organisation's orders between two, the newest first.
SELECT o.id
FROM orders AS o
WHERE o.organisation = $1 AND o.id < $2 AND o.id >= $3
ORDER BY o.id DESC
LIMIT $4;

-- name: seek_of_status
-- An organisation's orders of a status between two, the newest first; those past their limit, which
-- nobody has written as cancelled yet, are sought among the cancelled too.
SELECT s.id
FROM (
    (
        SELECT o.id
        FROM orders AS o
        WHERE o.organisation = $1 AND o.status = $5 AND o.id < $2 AND o.id >= $3
        ORDER BY o.id DESC
        LIMIT $4
    )
    UNION ALL
    (
        SELECT o.id
        FROM orders AS o
        WHERE
            $5 = 'cancelled' AND o.organisation = $1 AND o.id < $2 AND o.id >= $3
            AND o.hold_until <= statement_timestamp()
            AND o.status IN ('held', 'waiting')
        ORDER BY o.id DESC
        LIMIT $4
    )
) AS s
ORDER BY s.id DESC
LIMIT $4;

-- name: seek_to_ship
-- An organisation's orders between two of which no or not all goods have left, the newest first.
SELECT o.id
FROM orders AS o
WHERE
    o.organisation = $1 AND o.id < $2 AND o.id >= $3 AND o.status = 'complete'
    AND o.fulfilment_status IN ('unfulfilled', 'partly_fulfilled')
    AND o.selling_window IS NULL AND o.kind <> 'marketplace'
ORDER BY o.id DESC
LIMIT $4;

-- name: seek_missing
-- An organisation's orders between two that miss something, the newest first.
SELECT DISTINCT q.order_id AS id
FROM waiting_lines AS q
WHERE q.organisation = $1 AND q.order_id < $2 AND q.order_id >= $3
ORDER BY q.order_id DESC
LIMIT $4;

-- name: seek_references
-- An organisation's orders whose references begin alike ($2, and before $3), from after one on.
SELECT
    o.id,
    o.reference
FROM orders AS o
WHERE o.organisation = $1 AND o.reference >= $2 AND o.reference < $3 AND o.reference > $4
ORDER BY o.reference
LIMIT $5;

-- name: show_orders
-- Those of an organisation's orders that fit, in the order in which they are named: of a status,
-- that miss something, with a variant, placed since a moment, to be shipped; each with how many lines it has, what
-- they come to, and what it misses (by two variants, and how many there are).
SELECT
    s.place,
    s.id,
    s.reference,
    s.kind,
    s.status,
    s.fulfilment_status,
    s.payment_status,
    s.placed_at,
    s.hold_until,
    s.priority,
    s.is_past,
    l.lines,
    l.amount,
    s.selling_window,
    s.producer,
    m.goods,
    m.skus,
    m.missing
FROM (
    SELECT
        k.place,
        o.id,
        o.reference,
        o.kind,
        o.status,
        o.fulfilment_status,
        o.payment_status,
        o.placed_at,
        o.hold_until,
        o.priority,
        o.selling_window,
        o.producer,
        p.is_past
    FROM unnest($2::uuid[]) WITH ORDINALITY AS k (id, place)
    INNER JOIN orders AS o ON o.organisation = $1::uuid AND k.id = o.id
    CROSS JOIN LATERAL (
        SELECT coalesce(
            o.hold_until <= statement_timestamp() AND o.status IN ('held', 'waiting'), false
        ) AS is_past
    ) AS p
    WHERE
        ($3::text IS NULL OR $3::text = CASE WHEN p.is_past THEN 'cancelled' ELSE o.status END)
        AND (
            NOT $4::boolean
            OR NOT p.is_past AND EXISTS (
                SELECT 1
                FROM waiting_lines AS q
                WHERE q.organisation = o.organisation AND q.order_id = o.id
            )
        )
        AND (
            $5::uuid IS NULL
            OR EXISTS (
                SELECT 1
                FROM order_lines AS x
                WHERE x.organisation = o.organisation AND x.order_id = o.id AND x.variant = $5::uuid
            )
        )
        AND ($6::timestamptz IS NULL OR o.placed_at >= $6::timestamptz)
        AND (
            NOT $8::boolean
            OR o.status = 'complete' AND o.fulfilment_status IN ('unfulfilled', 'partly_fulfilled')
            AND o.selling_window IS NULL AND o.kind <> 'marketplace'
        )
    ORDER BY k.place
    LIMIT $7
) AS s
CROSS JOIN LATERAL (
    SELECT
        count(*) AS lines,
        sum((x.quantity - x.cancelled) * x.unit_price) AS amount
    FROM order_lines AS x
    WHERE x.organisation = $1::uuid AND x.order_id = s.id
) AS l
CROSS JOIN LATERAL (
    SELECT
        count(*) AS goods,
        coalesce(array_agg(g.sku ORDER BY g.line_no) FILTER (WHERE g.n <= 2), '{}') AS skus,
        coalesce(array_agg(g.missing ORDER BY g.line_no) FILTER (WHERE g.n <= 2), '{}') AS missing
    FROM (
        SELECT
            v.sku,
            min(q.line_no) AS line_no,
            sum(q.missing) AS missing,
            row_number() OVER (ORDER BY min(q.line_no)) AS n
        FROM waiting_lines AS q
        INNER JOIN variants AS v ON q.owner = v.organisation AND q.variant = v.id
        WHERE q.organisation = $1::uuid AND q.order_id = s.id AND NOT s.is_past
        GROUP BY v.organisation, v.id, v.sku
    ) AS g
) AS m
ORDER BY s.place;

-- name: read_line_goods
-- What the lines of an order are of, and whose stock it is.
SELECT
    l.line_no,
    v.sku,
    v.name,
    v.unit,
    v.whole_units,
    l.owner,
    g.name AS owner_name
FROM order_lines AS l
INNER JOIN variants AS v ON l.owner = v.organisation AND l.variant = v.id
INNER JOIN organisations AS g ON l.owner = g.id
WHERE l.organisation = $1 AND l.order_id = $2
ORDER BY l.line_no;

-- name: read_transfers
-- What passed between an organisation and its wholesalers for one of its orders, oldest first, with
-- what the partners agreed on what is cancelled. Of others' stock nothing is told.
SELECT
    t.id,
    t.line_no,
    t.partnership,
    t.wholesaler,
    g.name AS partner_name,
    t.at,
    t.week,
    t.quantity,
    t.factor,
    t.unit_price,
    t.reverses,
    p.state AS partnership_state,
    p.currency,
    p.time_zone,
    p.closed_through,
    p.on_cancel_open_week,
    p.on_cancel_later
FROM transfers AS t
INNER JOIN organisations AS g ON t.wholesaler = g.id
INNER JOIN partnerships AS p ON t.wholesaler = p.wholesaler AND t.partnership = p.id
WHERE t.organisation = $1 AND t.order_id = $2 AND t.retailer = $1
ORDER BY t.id
LIMIT $3;

-- name: list_history
-- What was done to an order, newest first, by whom. Its placing is sought among the acts ($5 at
-- most) that came right after the order got its id: the index by subject leaves placings out.
SELECT
    a.id,
    a.at,
    a.act,
    a.answer,
    a.token IS NOT NULL AS is_somebodys,
    p.name AS person_name,
    t.name AS token_name
FROM (
    (
        SELECT
            d.id,
            d.at,
            d.act,
            d.answer,
            d.token
        FROM audit AS d
        WHERE d.organisation = $1 AND d.subject = $3 AND d.act <> 'orders.placed'
        ORDER BY d.id DESC
        LIMIT $4
    )
    UNION ALL
    (
        SELECT
            n.id,
            n.at,
            n.act,
            n.answer,
            n.token
        FROM (
            SELECT
                e.id,
                e.at,
                e.act,
                e.answer,
                e.token,
                e.subject
            FROM audit AS e
            WHERE e.organisation = $1 AND e.id > $2
            ORDER BY e.id
            LIMIT $5
        ) AS n
        WHERE n.subject = $3 AND n.act = 'orders.placed'
    )
) AS a
LEFT JOIN tokens AS t ON t.organisation = $1 AND a.token = t.id
LEFT JOIN log_in_sessions AS l ON a.token = l.id
LEFT JOIN people AS p ON l.person = p.id
ORDER BY a.id DESC;

-- name: read_rivals
-- Who stands in the queue for what an order waits for: of each variant so many ($3) right before it
-- and right behind it, and the highest place that any order has that merely waits.
SELECT
    q.variant,
    x.order_id,
    x.organisation = $1::uuid AS is_own,
    o.reference,
    o.priority,
    o.placed_at,
    x.missing,
    x.place < q.place AS is_before,
    x.place < '1' AS is_short,
    f.place AS first_place
FROM (
    SELECT
        w.owner,
        w.variant,
        min(w.place) AS place
    FROM waiting_lines AS w
    WHERE w.organisation = $1::uuid AND w.order_id = $2::uuid AND w.variant = ANY($4::uuid[])
    GROUP BY w.owner, w.variant
) AS q
CROSS JOIN LATERAL (
    SELECT min(y.place) AS place
    FROM waiting_lines AS y
    WHERE y.owner = q.owner AND y.variant = q.variant AND y.place >= '1'
) AS f
CROSS JOIN LATERAL (
    (
        SELECT
            b.place,
            b.organisation,
            b.order_id,
            b.missing
        FROM waiting_lines AS b
        WHERE b.owner = q.owner AND b.variant = q.variant AND b.place < q.place
        ORDER BY b.place DESC
        LIMIT $3
    )
    UNION ALL
    (
        SELECT
            c.place,
            c.organisation,
            c.order_id,
            c.missing
        FROM waiting_lines AS c
        WHERE
            c.owner = q.owner AND c.variant = q.variant AND c.place > q.place
            AND (c.organisation, c.order_id) <> ($1::uuid, $2::uuid)
        ORDER BY c.place
        LIMIT $3
    )
) AS x
LEFT JOIN orders AS o ON o.organisation = $1::uuid AND x.organisation = $1::uuid AND x.order_id = o.id
ORDER BY q.variant, x.place;

-- name: read_orderable
-- What an organisation can order of its own by these skus, with what can be promised of each.
SELECT
    v.id,
    v.sku,
    v.name,
    v.unit,
    v.whole_units,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.units_per_case,
    v.retail_price,
    v.state = 'active' AND v.is_orderable AS is_orderable,
    v.unlimited,
    s.own,
    f.offered,
    f.is_boundless
FROM variants AS v
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.available), 0) AS own
    FROM current_positions AS p
    INNER JOIN locations AS l
        ON p.owner = l.organisation AND p.location = l.id AND l.ships_orders
    WHERE p.owner = v.organisation AND p.variant = v.id
) AS s
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(y.offered), 0) AS offered,
        coalesce(bool_or(y.offered IS NULL), false) AS is_boundless
    FROM partner_offers AS y
    WHERE y.retailer = v.organisation AND y.variant = v.id
) AS f
WHERE v.organisation = $1 AND v.sku = ANY($2::text[]) AND v.state <> 'deleted'
ORDER BY v.sku;

-- name: seek_skus
-- The skus of an organisation's orderable variants that a text finds: those that begin with it, the
-- one with that GTIN, and those with it in sku or name among the first so many ($4) by sku; at most
-- $3 of each.
SELECT DISTINCT f.sku
FROM (
    (
        SELECT v.sku
        FROM variants AS v
        WHERE
            v.organisation = $1 AND v.state = 'active' AND v.is_orderable
            AND v.sku >= $2 AND v.sku < $5
        ORDER BY v.sku
        LIMIT $3
    )
    UNION ALL
    (
        SELECT v.sku
        FROM variants AS v
        WHERE
            v.organisation = $1 AND lpad(v.gtin, 14, '0') = lpad($2, 14, '0')
            AND v.state = 'active' AND v.is_orderable
        LIMIT $3
    )
    UNION ALL
    (
        SELECT s.sku
        FROM (
            SELECT
                v.sku,
                v.name
            FROM variants AS v
            WHERE v.organisation = $1 AND v.state = 'active' AND v.is_orderable
            ORDER BY v.sku
            LIMIT $4
        ) AS s
        WHERE position(lower($2) IN lower(s.sku || ' ' || s.name)) > 0
        ORDER BY s.sku
        LIMIT $3
    )
) AS f
ORDER BY f.sku
LIMIT $3;
