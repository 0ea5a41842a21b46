-- name: read_waiting
-- How many orders of an organisation wait, counted up to a number, and the one that waits longest;
-- how many lack what they were promised, with the first of them; and how many are to be shipped,
-- with the oldest.
SELECT
    w.orders,
    f.id AS oldest,
    f.reference AS oldest_reference,
    f.placed_at AS oldest_placed_at,
    s.orders AS short,
    n.id AS first_short,
    n.reference AS first_short_reference,
    t.orders AS to_ship,
    u.id AS oldest_to_ship,
    u.reference AS oldest_to_ship_reference
FROM (
    SELECT count(*) AS orders
    FROM (
        SELECT q.id
        FROM orders AS q
        WHERE
            q.organisation = $1 AND q.status = 'waiting'
            AND (q.hold_until IS NULL OR q.hold_until > statement_timestamp())
        LIMIT $2
    ) AS c
) AS w
LEFT JOIN LATERAL (
    SELECT
        o.id,
        o.reference,
        o.placed_at
    FROM orders AS o
    WHERE
        o.organisation = $1 AND o.status = 'waiting'
        AND (o.hold_until IS NULL OR o.hold_until > statement_timestamp())
    ORDER BY o.id
    LIMIT 1
) AS f ON true
CROSS JOIN (
    SELECT count(*) AS orders
    FROM (
        SELECT DISTINCT l.order_id
        FROM order_lines AS l
        WHERE l.organisation = $1 AND l.short > 0
        ORDER BY l.order_id
        LIMIT $2
    ) AS d
) AS s
LEFT JOIN LATERAL (
    SELECT
        m.id,
        m.reference
    FROM order_lines AS k
    INNER JOIN orders AS m ON k.organisation = m.organisation AND k.order_id = m.id
    WHERE k.organisation = $1 AND k.short > 0
    ORDER BY k.order_id
    LIMIT 1
) AS n ON true
CROSS JOIN (
    SELECT count(*) AS orders
    FROM (
        SELECT x.id
        FROM orders AS x
        WHERE
            x.organisation = $1 AND x.status = 'complete'
            AND x.fulfilment_status IN ('unfulfilled', 'partly_fulfilled')
            AND x.selling_window IS NULL AND x.kind <> 'marketplace'
        ORDER BY x.id
        LIMIT $2
    ) AS e
) AS t
LEFT JOIN LATERAL (
    SELECT
        y.id,
        y.reference
    FROM orders AS y
    WHERE
        y.organisation = $1 AND y.status = 'complete'
        AND y.fulfilment_status IN ('unfulfilled', 'partly_fulfilled')
        AND y.selling_window IS NULL AND y.kind <> 'marketplace'
    ORDER BY y.id
    LIMIT 1
) AS u ON true;

-- name: list_unmatched
-- Partnerships of an organisation with open allocations that nothing can draw on, because the
-- retailer's product was not found when they were made and is not matched since: how many, and the
-- first one's product, as the wholesaler names it.
SELECT
    p.id AS partnership,
    p.wholesaler = $1 AS is_wholesaler,
    o.name AS partner_name,
    u.allocations,
    u.product
FROM (
    SELECT
        a.wholesaler,
        a.id
    FROM partnerships AS a
    WHERE a.wholesaler = $1 AND a.state <> 'ended'
    UNION ALL
    SELECT
        b.wholesaler,
        b.id
    FROM partnerships AS b
    WHERE b.retailer = $1 AND b.state <> 'ended'
) AS k
INNER JOIN partnerships AS p ON k.wholesaler = p.wholesaler AND k.id = p.id
INNER JOIN organisations AS o
    ON o.id = CASE WHEN p.wholesaler = $1 THEN p.retailer ELSE p.wholesaler END
CROSS JOIN LATERAL (
    SELECT
        count(*) AS allocations,
        min(v.name) AS product
    FROM allocations AS c
    INNER JOIN variants AS v ON c.owner = v.organisation AND c.variant = v.id
    WHERE
        c.owner = p.wholesaler AND c.partnership = p.id
        AND c.state = 'open' AND c.match_failure IS NOT NULL
        AND (c.valid_until IS NULL OR c.valid_until > statement_timestamp())
        AND NOT EXISTS (
            SELECT 1
            FROM active_matches AS m
            WHERE
                m.wholesaler = c.owner AND m.wholesaler_variant = c.variant
                AND m.retailer = c.retailer AND m.partnership = c.partnership
        )
) AS u
WHERE u.allocations > 0
ORDER BY u.allocations DESC, p.id
LIMIT $2;

-- name: sum_parts_of_orders
-- An organisation's orders by when they were placed, in parts that begin at these times: how many,
-- the units sold and what they come to, and what is held of them now. Sold is what is complete, less
-- what was cancelled and what came back; a session order is what was bought for what customers were
-- sold, so it does not count. An order's id is not younger than its placing, unless it was
-- a draft for long: so the newest ids are read down to $4, which is older than all these times, and
-- then those drafts. No more than so many orders are read, the newest.
WITH placed AS MATERIALIZED (
    SELECT
        o.id,
        o.status,
        width_bucket(o.placed_at, $2::timestamptz []) AS part
    FROM (
        (
            SELECT
                a.id,
                a.status,
                a.placed_at
            FROM orders AS a
            WHERE
                a.organisation = $1 AND a.id >= $4 AND a.placed_at >= ($2::timestamptz [])[1]
                AND a.status NOT IN ('draft', 'cancelled') AND a.producer IS NULL
            ORDER BY a.id DESC
            LIMIT $3
        )
        UNION ALL
        (
            SELECT
                d.id,
                d.status,
                d.placed_at
            FROM orders AS d
            WHERE
                d.organisation = $1 AND d.id < $4 AND d.placed_at >= ($2::timestamptz [])[1]
                AND d.placed_at - uuid_extract_timestamp(d.id) > interval '1 hour'
                AND d.status NOT IN ('draft', 'cancelled') AND d.producer IS NULL
            ORDER BY d.placed_at DESC
            LIMIT $3
        )
    ) AS o
    ORDER BY o.id DESC
    LIMIT $3
)

SELECT
    p.part,
    count(*) AS orders,
    coalesce(sum(l.sold), 0) AS sold,
    coalesce(sum(l.held), 0) AS held,
    coalesce(sum(l.value), 0) AS value
FROM placed AS p
CROSS JOIN LATERAL (
    SELECT
        sum(s.units) AS sold,
        sum(s.held) AS held,
        sum(s.units * s.unit_price) AS value
    FROM (
        SELECT
            x.held,
            x.unit_price,
            CASE WHEN p.status = 'complete' THEN x.quantity - x.cancelled - x.returned ELSE 0 END
                AS units
        FROM order_lines AS x
        WHERE x.organisation = $1 AND x.order_id = p.id
    ) AS s
) AS l
GROUP BY p.part
ORDER BY p.part;

-- name: sum_parts_of_goods_in
-- What came in to an organisation's positions, by receipts and returns, in parts of time.
SELECT
    width_bucket(g.at, $2::timestamptz []) AS part,
    sum(g.on_hand_change) AS units
FROM ledger AS g
WHERE
    g.owner = $1 AND g.at >= ($2::timestamptz [])[1]
    AND g.kind IN ('receive', 'return')
GROUP BY part
ORDER BY part;

-- name: read_invoices_glance
-- Of a seller's newest invoices, of which something may leave, and the oldest of them; of the
-- newest refund requests on its invoices, those whose goods are to come back or stay, and of those
-- that a marketplace is asked, which it is to pay; each with the invoice of the oldest.
SELECT
    i.number AS to_ship,
    i.first AS first_to_ship,
    i.first_number AS first_to_ship_number,
    r.number AS to_take_back,
    r.first AS first_to_take_back,
    r.first_number AS first_to_take_back_number,
    p.number AS to_pay,
    p.first AS first_to_pay,
    p.first_number AS first_to_pay_number
FROM (
    SELECT
        count(*) AS number,
        (array_agg(n.id ORDER BY n.id))[1] AS first,
        (array_agg(n.legacy_id ORDER BY n.id))[1] AS first_number
    FROM (
        SELECT
            v.organisation,
            v.order_id,
            v.id,
            v.legacy_id
        FROM seller_invoices AS v
        WHERE v.seller = $1
        ORDER BY v.id DESC
        LIMIT $2
    ) AS n
    WHERE
        EXISTS (
            SELECT 1
            FROM lines_to_dispatch AS d
            WHERE
                d.organisation = n.organisation AND d.order_id = n.order_id
                AND d.invoice = n.id
        )
        AND NOT EXISTS (
            SELECT 1
            FROM marketplace_orders AS o
            WHERE
                o.organisation = n.organisation AND o.order_id = n.order_id
                AND o.is_under_review
        )
) AS i
CROSS JOIN (
    SELECT
        count(*) AS number,
        (array_agg(n.invoice ORDER BY n.id))[1] AS first,
        (array_agg(n.legacy_id ORDER BY n.id))[1] AS first_number
    FROM (
        SELECT
            q.id,
            q.invoice,
            q.legacy_id,
            q.status
        FROM refund_requests AS q
        WHERE q.seller = $1
        ORDER BY q.id DESC
        LIMIT $2
    ) AS n
    WHERE n.status = 'awaiting'
) AS r
CROSS JOIN (
    SELECT
        count(*) AS number,
        (array_agg(n.invoice ORDER BY n.id))[1] AS first,
        (array_agg(n.legacy_id ORDER BY n.id))[1] AS first_number
    FROM (
        SELECT
            q.id,
            q.invoice,
            q.legacy_id,
            q.status
        FROM refund_requests AS q
        WHERE q.organisation = $1
        ORDER BY q.id DESC
        LIMIT $2
    ) AS n
    WHERE n.status = 'returned'
) AS p;
