-- name: read_candidates
-- Read, without locks, the orders that a batch may serve, in queue order: those that wait for what
-- gains stock, whose recheck is not done, or which has holds or allocations past their time. The
-- stock owner's own orders come before its partners'. Of those looked at ($7 a variant at most, $8
-- of any one partner), only orders are returned that what there is could serve; an end without an
-- order says how far the look went where it ended early, and an empty place that somebody waits for
-- this and for more besides, which another batch may be about to bring.
WITH touched AS (
    SELECT
        w.owner,
        w.variant,
        w.amount
    FROM unnest($1::uuid[], $2::uuid[], $3::text::numeric[]) AS w (owner, variant, amount)
    UNION ALL
    SELECT
        l.owner,
        l.variant,
        l.quantity
    FROM unnest($4::uuid[], $5::uuid[]) AS a (organisation, order_id)
    INNER JOIN order_lines AS l
        ON a.organisation = l.organisation AND a.order_id = l.order_id
    UNION ALL
    SELECT
        t.wholesaler,
        t.wholesaler_variant,
        t.quantity * t.factor
    FROM unnest($4::uuid[], $5::uuid[]) AS a (organisation, order_id)
    INNER JOIN transfers AS t ON a.organisation = t.organisation AND a.order_id = t.order_id
),

looked AS (
    SELECT
        t.owner,
        t.variant,
        sum(t.amount) AS amount,
        (
            SELECT min(p.recheck_after)
            FROM positions AS p
            WHERE p.owner = t.owner AND p.variant = t.variant
        ) AS recheck_after,
        EXISTS (
            SELECT 1
            FROM holds AS h
            WHERE
                h.owner = t.owner AND h.variant = t.variant
                AND h.state = 'live' AND h.expires_at <= statement_timestamp()
        )
        OR EXISTS (
            SELECT 1
            FROM allocations AS a
            WHERE
                a.owner = t.owner AND a.variant = t.variant
                AND a.state = 'open' AND a.valid_until <= statement_timestamp()
        ) AS frees
    FROM touched AS t
    GROUP BY t.owner, t.variant
),

begun AS MATERIALIZED (
    SELECT
        row_number() OVER () AS i,
        a.owner,
        a.variant,
        a.amount,
        a.gains,
        a.after,
        CASE
            WHEN a.after < '1' THEN a.after
            WHEN a.after < '2' THEN '1'
            ELSE '1' || substr(a.after, 2)
        END AS after_there
    FROM (
        SELECT
            k.owner,
            k.variant,
            k.amount,
            coalesce(k.amount > 0, FALSE) OR k.frees AS gains,
            CASE WHEN k.amount > 0 OR k.frees THEN '' ELSE k.recheck_after END AS after
        FROM looked AS k
        WHERE k.amount > 0 OR k.frees OR k.recheck_after IS NOT NULL
    ) AS a
),

-- Of a partner's queue $8 rows are read; where one has more, nobody behind its last is in the window.
windows AS MATERIALIZED (
    SELECT
        b.i,
        q.place,
        q.organisation,
        q.order_id,
        c.place AS cut,
        row_number() OVER (PARTITION BY b.i ORDER BY q.place) AS n,
        row_number() OVER (ORDER BY b.i, q.place) AS k
    FROM begun AS b
    CROSS JOIN LATERAL (
        SELECT min(CASE WHEN l.place < '1' THEN '0' ELSE '2' END || substr(l.place, 2)) AS place
        FROM active_matches AS m
        CROSS JOIN LATERAL (
            SELECT x.place
            FROM waiting_lines AS x
            WHERE x.owner = m.retailer AND x.variant = m.variant AND x.place > b.after_there
            ORDER BY x.place
            OFFSET $8 - 1
            LIMIT 1
        ) AS l
        WHERE m.wholesaler = b.owner AND m.wholesaler_variant = b.variant
    ) AS c
    CROSS JOIN LATERAL (
        SELECT
            u.place,
            u.organisation,
            u.order_id
        FROM (
            (
                SELECT
                    o.place,
                    o.organisation,
                    o.order_id
                FROM waiting_lines AS o
                WHERE o.owner = b.owner AND o.variant = b.variant AND o.place > b.after
                ORDER BY o.place
                LIMIT $7
            )
            UNION ALL
            SELECT
                CASE WHEN f.place < '1' THEN '0' ELSE '2' END || substr(f.place, 2) AS place,
                f.organisation,
                f.order_id
            FROM active_matches AS m
            CROSS JOIN LATERAL (
                SELECT
                    x.place,
                    x.organisation,
                    x.order_id
                FROM waiting_lines AS x
                WHERE x.owner = m.retailer AND x.variant = m.variant AND x.place > b.after_there
                ORDER BY x.place
                LIMIT $8
            ) AS f
            WHERE m.wholesaler = b.owner AND m.wholesaler_variant = b.variant
        ) AS u
        WHERE c.place IS NULL OR u.place COLLATE "C" <= c.place COLLATE "C"
        ORDER BY u.place COLLATE "C"
        LIMIT $7
    ) AS q
),

-- Lists take the place of joins, which a batch could only make row by row: an order in a window is
-- known by its number there.
listed AS MATERIALIZED (
    SELECT
        array_agg(w.i ORDER BY w.k) AS numbers,
        array_agg(w.place ORDER BY w.k) AS places,
        array_agg(w.organisation ORDER BY w.k) AS organisations,
        array_agg(w.order_id ORDER BY w.k) AS orders,
        (SELECT array_agg(b.gains ORDER BY b.i) FROM begun AS b) AS gains
    FROM windows AS w
),

-- What they miss, by product: its supply is worked out once, then stands beside each of them.
goods AS MATERIALIZED (
    SELECT
        row_number() OVER () AS g,
        q.owner,
        q.variant,
        array_agg(w.k) AS orders,
        array_agg(q.missing) AS missing
    FROM windows AS w
    INNER JOIN waiting_lines AS q
        ON w.organisation = q.organisation AND w.order_id = q.order_id
    GROUP BY q.owner, q.variant
),

supplies AS MATERIALIZED (
    SELECT
        d.g,
        d.orders,
        d.missing,
        coalesce(
            (
                SELECT b.amount
                FROM begun AS b
                WHERE b.owner = d.owner AND b.variant = d.variant
            ), 0
        ) + (
            SELECT
                coalesce(
                    sum(
                        CASE
                            WHEN p.unlimited THEN 'Infinity'::numeric
                            ELSE p.on_hand - p.held - p.allocated
                        END
                    ), 0
                )
            FROM positions AS p
            WHERE p.owner = d.owner AND p.variant = d.variant
        ) + (
            SELECT coalesce(sum(h.quantity), 0)
            FROM holds AS h
            WHERE
                h.owner = d.owner AND h.variant = d.variant
                AND h.state = 'live' AND h.expires_at <= statement_timestamp()
        ) + (
            SELECT coalesce(sum(a.remaining), 0)
            FROM allocations AS a
            WHERE
                a.owner = d.owner AND a.variant = d.variant
                AND a.state = 'open' AND a.valid_until <= statement_timestamp()
        ) AS own,
        (
            SELECT
                coalesce(
                    sum(
                        coalesce(f.offered, 'Infinity'::numeric)
                        + ceil(coalesce(b.amount, 0) / f.factor)
                    ), 0
                )
            FROM partner_offers AS f
            LEFT JOIN begun AS b
                ON f.wholesaler = b.owner AND f.wholesaler_variant = b.variant
            WHERE f.retailer = d.owner AND f.variant = d.variant
        ) AS offered
    FROM goods AS d
),

hopes AS MATERIALIZED (
    SELECT
        l.k,
        bool_and(s.own >= l.missing) AS own_suffices,
        bool_and(s.own + s.offered >= l.missing) AS all_suffices,
        bool_or(s.own > 0) AS some_own,
        bool_or(s.offered > 0) AS some_offered,
        min(s.g) < max(s.g) AS several
    FROM supplies AS s
    CROSS JOIN LATERAL unnest(s.orders, s.missing) AS l (k, missing)
    GROUP BY l.k
),

judged AS (
    SELECT
        j.k,
        j.i,
        j.passes,
        j.several,
        row_number() OVER (PARTITION BY j.i, j.passes ORDER BY j.k) AS n
    FROM (
        SELECT
            h.k,
            (d.numbers)[h.k] AS i,
            h.several,
            h.own_suffices
            OR (o.payment_status = 'paid' AND h.all_suffices)
            OR (o.payment_status = 'paid' AND h.some_offered AND o.policy = 'allow_split')
            OR (
                h.some_own
                AND (
                    o.status <> 'waiting' OR o.policy = 'allow_split'
                    OR (
                        SELECT g.waiting_holds_own_stock
                        FROM organisations AS g
                        WHERE g.id = o.organisation
                    )
                )
            ) AS passes
        FROM listed AS d
        CROSS JOIN hopes AS h
        INNER JOIN orders AS o
            ON (d.organisations)[h.k] = o.organisation AND (d.orders)[h.k] = o.id
        WHERE h.some_own OR h.some_offered
    ) AS j
),

found AS (
    SELECT
        j.i,
        (d.places)[j.k] AS place,
        (d.organisations)[j.k] AS organisation,
        (d.orders)[j.k] AS order_id
    FROM listed AS d
    CROSS JOIN judged AS j
    WHERE j.passes AND j.n <= $6
    UNION ALL
    SELECT
        w.i,
        w.place,
        NULL,
        NULL
    FROM windows AS w
    WHERE w.n = $7 OR w.place = w.cut
    UNION ALL
    SELECT DISTINCT
        j.i,
        '',
        NULL::uuid,
        NULL::uuid
    FROM listed AS d
    CROSS JOIN judged AS j
    WHERE NOT j.passes AND j.several AND (d.gains)[j.i]
)

SELECT
    b.owner,
    b.variant,
    f.place,
    f.organisation,
    f.order_id
FROM found AS f
INNER JOIN begun AS b ON f.i = b.i
ORDER BY f.place COLLATE "C";

-- name: queue_lines
-- Bring the queue in line with the orders written: rows that stay or are new, and no others.
WITH w AS MATERIALIZED (
    SELECT *
    FROM
        unnest(
            $1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::uuid[], $6::uuid[],
            $7::numeric[]
        )
        AS t (owner, variant, place, line_no, organisation, order_id, missing)
),

left_queue AS (
    DELETE FROM waiting_lines AS q
    USING unnest($8::uuid[], $9::uuid[]) AS o (organisation, order_id)
    WHERE
        q.organisation = o.organisation AND q.order_id = o.order_id
        AND (q.owner, q.variant, q.place, q.line_no) NOT IN (
            SELECT
                w.owner,
                w.variant,
                w.place,
                w.line_no
            FROM w
        )
)

INSERT INTO waiting_lines (owner, variant, place, line_no, organisation, order_id, missing)
SELECT
    w.owner,
    w.variant,
    w.place,
    w.line_no,
    w.organisation,
    w.order_id,
    w.missing
FROM w
ORDER BY w.owner, w.variant, w.place, w.line_no
ON CONFLICT (owner, variant, place, line_no) DO UPDATE SET missing = excluded.missing;

-- name: read_rechecks
-- Variants whose waiting orders are still to be looked at.
SELECT DISTINCT
    p.owner,
    p.variant
FROM positions AS p
WHERE p.recheck_after IS NOT NULL
LIMIT $1;
