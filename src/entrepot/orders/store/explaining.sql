-- name: read_missing
-- What an order waits for, by variant, with what its owner has available at locations that orders
-- ship from, and how much the lines before it in the queue miss ($4 of them are looked at).
SELECT
    q.variant,
    v.sku,
    v.unlimited,
    q.line_nos,
    q.missing_each,
    q.missing,
    s.own,
    b.orders_before,
    b.missing_before,
    b.lines_looked_at
FROM (
    SELECT
        w.owner,
        w.variant,
        min(w.place) AS place,
        array_agg(w.line_no ORDER BY w.line_no) AS line_nos,
        array_agg(w.missing ORDER BY w.line_no) AS missing_each,
        sum(w.missing) AS missing
    FROM waiting_lines AS w
    WHERE w.organisation = $1::uuid AND w.order_id = $2::uuid
    GROUP BY w.owner, w.variant
    ORDER BY min(w.line_no)
    LIMIT $3
) AS q
INNER JOIN variants AS v ON q.owner = v.organisation AND q.variant = v.id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.available), 0) AS own
    FROM current_positions AS p
    INNER JOIN locations AS l
        ON p.owner = l.organisation AND p.location = l.id AND l.ships_orders
    WHERE p.owner = q.owner AND p.variant = q.variant
) AS s
CROSS JOIN LATERAL (
    SELECT
        count(DISTINCT z.order_id) AS orders_before,
        coalesce(sum(z.missing), 0) AS missing_before,
        count(*) AS lines_looked_at
    FROM (
        SELECT
            x.order_id,
            x.missing
        FROM waiting_lines AS x
        WHERE x.owner = q.owner AND x.variant = q.variant AND x.place < q.place
        ORDER BY x.place DESC
        LIMIT $4
    ) AS z
) AS b
ORDER BY q.line_nos[1];

-- name: read_holders
-- Who holds an organisation's variants besides one order: of its own orders those that hold most
-- ($4 at most), of the rest how many and how much, of others' only how much ($5 holds are looked
-- at).
SELECT
    w.variant,
    coalesce(array_agg(t.order_id ORDER BY t.n) FILTER (WHERE o.id IS NOT NULL), '{}') AS orders,
    coalesce(array_agg(o.reference ORDER BY t.n) FILTER (WHERE o.id IS NOT NULL), '{}')
    AS order_references,
    coalesce(array_agg(t.quantity ORDER BY t.n) FILTER (WHERE o.id IS NOT NULL), '{}')
    AS quantities,
    count(*) FILTER (WHERE t.is_own AND t.n > $4) AS more_orders,
    coalesce(sum(t.quantity) FILTER (WHERE t.is_own AND t.n > $4), 0) AS more,
    coalesce(sum(t.quantity) FILTER (WHERE NOT t.is_own), 0) AS others,
    coalesce(sum(t.holds), 0)::bigint AS holds_looked_at
FROM unnest($3::uuid[]) AS w (variant)
LEFT JOIN LATERAL (
    SELECT
        r.order_id,
        r.is_own,
        r.quantity,
        r.holds,
        row_number() OVER (PARTITION BY r.is_own ORDER BY r.quantity DESC, r.order_id) AS n
    FROM (
        SELECT
            z.order_id,
            z.organisation = $1::uuid AS is_own,
            sum(z.quantity) AS quantity,
            count(*) AS holds
        FROM (
            SELECT
                h.order_id,
                h.organisation,
                h.quantity
            FROM holds AS h
            WHERE
                h.owner = $1::uuid AND h.variant = w.variant AND h.state = 'live'
                AND (h.expires_at IS NULL OR h.expires_at > statement_timestamp())
            ORDER BY h.location, h.order_id, h.hold_no
            LIMIT $5
        ) AS z
        WHERE z.order_id <> $2::uuid
        GROUP BY z.order_id, z.organisation
    ) AS r
) AS t ON true
LEFT JOIN orders AS o ON o.organisation = $1::uuid AND t.order_id = o.id AND t.is_own AND t.n <= $4
GROUP BY w.variant;

-- name: read_partner_offers
-- What partners offer of a retailer's variants, those without an active match included, in the
-- order in which they are drawn on ($3 a variant at most), with what all of them offer together.
SELECT
    t.variant,
    t.partnership,
    t.wholesaler,
    t.partner_name,
    t.partnership_state,
    t.factor,
    t.reason,
    t.offered,
    t.is_boundless,
    t.cap,
    t.sharing_policy,
    t.offered_by_all,
    t.is_boundless_by_all,
    t.partners
FROM (
    SELECT
        k.variant,
        k.partnership,
        k.wholesaler,
        g.name AS partner_name,
        p.state AS partnership_state,
        k.factor,
        k.reason,
        coalesce(f.offered, 0) AS offered,
        f.match IS NOT NULL AND f.offered IS NULL AS is_boundless,
        floor(f.cap / f.step) * f.step AS cap,
        p.sharing_policy,
        sum(coalesce(f.offered, 0)) OVER (PARTITION BY k.variant) AS offered_by_all,
        bool_or(f.match IS NOT NULL AND f.offered IS NULL) OVER (PARTITION BY k.variant)
        AS is_boundless_by_all,
        count(*) OVER (PARTITION BY k.variant) AS partners,
        row_number() OVER (PARTITION BY k.variant ORDER BY k.rank, k.created_at, k.id) AS n
    FROM unnest($2::uuid[]) AS w (variant)
    INNER JOIN known_matches AS k
        ON k.retailer = $1::uuid AND w.variant = k.variant AND k.ended_at IS NULL
    INNER JOIN partnerships AS p ON k.wholesaler = p.wholesaler AND k.partnership = p.id
    INNER JOIN organisations AS g ON k.wholesaler = g.id
    LEFT JOIN partner_offers AS f
        ON f.retailer = $1::uuid AND w.variant = f.variant AND k.id = f.match
) AS t
WHERE t.n <= $3
ORDER BY t.variant, t.n;

-- name: read_affected
-- What it affects that an organisation's variant ceased to be active: the matches that it ended the
-- counting of, and what is open of it. Of each kind $3 are looked at, of orders so many lines or
-- holds; `looked_at` is the most that was.
SELECT
    m.matches,
    a.allocations,
    w.waiting_orders,
    h.holding_orders,
    greatest(m.matches, a.allocations, w.lines, h.holds) AS looked_at
FROM (
    SELECT count(*) AS matches
    FROM (
        (
            SELECT k.id
            FROM variants AS v
            INNER JOIN product_matches AS k
                ON
                    v.organisation = k.retailer AND v.id = k.variant
                    AND v.withdrawals = k.withdrawals + 1
            WHERE
                v.organisation = $1::uuid AND v.id = $2::uuid AND v.state <> 'active'
                AND k.ended_at IS NULL
            LIMIT $3
        )
        UNION ALL
        (
            SELECT k.id
            FROM variants AS v
            INNER JOIN product_matches AS k
                ON
                    v.organisation = k.wholesaler AND v.id = k.wholesaler_variant
                    AND v.withdrawals = k.wholesaler_withdrawals + 1
            WHERE
                v.organisation = $1::uuid AND v.id = $2::uuid AND v.state <> 'active'
                AND k.ended_at IS NULL
            LIMIT $3
        )
    ) AS x
) AS m
CROSS JOIN (
    SELECT count(*) AS allocations
    FROM (
        SELECT o.id
        FROM allocations AS o
        WHERE o.owner = $1::uuid AND o.variant = $2::uuid AND o.state = 'open'
        LIMIT $3
    ) AS x
) AS a
CROSS JOIN (
    SELECT
        count(*) AS lines,
        count(DISTINCT (x.organisation, x.order_id)) AS waiting_orders
    FROM (
        SELECT
            q.organisation,
            q.order_id
        FROM waiting_lines AS q
        WHERE q.owner = $1::uuid AND q.variant = $2::uuid
        LIMIT $3
    ) AS x
) AS w
CROSS JOIN (
    SELECT
        count(*) AS holds,
        count(DISTINCT (x.organisation, x.order_id)) AS holding_orders
    FROM (
        SELECT
            g.organisation,
            g.order_id
        FROM holds AS g
        WHERE
            g.owner = $1::uuid AND g.variant = $2::uuid AND g.state = 'live'
            AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp())
        LIMIT $3
    ) AS x
) AS h;
