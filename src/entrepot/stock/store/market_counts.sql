-- name: count_market_sellers
-- How many sellers are there, on however many pages.
SELECT count(*) AS number
FROM (
    SELECT $1::uuid AS id
    UNION ALL
    SELECT r.seller AS id
    FROM trading_rights AS r
    WHERE r.buyer = $1 AND r.kind = 'marketplace' AND r.state = 'active'
) AS k
INNER JOIN organisations AS g ON k.id = g.id
WHERE
    ($2::uuid[] IS NULL OR g.id = ANY($2))
    AND ($3::text IS NULL OR g.name ILIKE $3 OR g.slug ILIKE $3)
    AND ($4::integer[] IS NULL OR g.legacy_id = ANY($4));

-- name: count_market_products
-- How many products fit, on however many pages.
SELECT count(*) AS number
FROM (
    SELECT $1::uuid AS id
    UNION ALL
    SELECT r.seller AS id
    FROM trading_rights AS r
    WHERE r.buyer = $1 AND r.kind = 'marketplace' AND r.state = 'active'
) AS k
INNER JOIN products AS p ON k.id = p.organisation
WHERE
    ($2::uuid[] IS NULL OR p.id = ANY($2))
    AND ($3::integer[] IS NULL OR p.legacy_id = ANY($3))
    AND (
        $4::text[] IS NULL
        OR EXISTS (
            SELECT 1
            FROM variants AS a
            WHERE
                a.organisation = p.organisation AND a.product = p.id
                AND a.sku = ANY($4) AND a.state <> 'deleted'
        )
    )
    AND (
        $5::text[] IS NULL
        OR EXISTS (
            SELECT 1
            FROM variants AS b
            WHERE
                b.organisation = p.organisation AND b.product = p.id
                AND b.gtin IS NOT NULL AND lpad(b.gtin, 14, '0') = ANY($5)
                AND b.state <> 'deleted'
        )
    )
    AND ($6::uuid[] IS NULL OR p.organisation = ANY($6))
    AND (
        $7::text IS NULL OR p.name ILIKE $7
        OR EXISTS (
            SELECT 1
            FROM variants AS d
            WHERE
                d.organisation = p.organisation AND d.product = p.id AND d.state <> 'deleted'
                AND (d.sku ILIKE $7 OR d.name ILIKE $7)
        )
    )
    AND ($8::text IS NULL OR p.name ILIKE $8)
    AND (
        $9::boolean IS NULL
        OR $9 = EXISTS (
            SELECT 1
            FROM variants AS e
            WHERE
                e.organisation = p.organisation AND e.product = p.id
                AND e.state = 'active'
        )
    )
    AND (
        $10::boolean IS NULL
        OR $10 = EXISTS (
            SELECT 1
            FROM variants AS f
            WHERE
                f.organisation = p.organisation AND f.product = p.id
                AND f.state = 'active'
                AND (
                    f.unlimited
                    OR EXISTS (
                        SELECT 1
                        FROM current_positions AS c
                        INNER JOIN locations AS l
                            ON
                                c.owner = l.organisation AND c.location = l.id
                                AND l.ships_orders
                        WHERE c.owner = f.organisation AND c.variant = f.id AND c.available > 0
                    )
                )
        )
    )
    AND ($11::timestamptz IS NULL OR p.created_at >= $11)
    AND ($12::timestamptz IS NULL OR p.created_at < $12)
    AND (
        $13::timestamptz IS NULL OR p.created_at >= $13
        OR EXISTS (
            SELECT 1
            FROM audit AS h
            WHERE
                h.organisation = p.organisation
                AND h.subject = 'prd_' || replace(p.id::text, '-', '')
                AND h.act <> 'orders.placed' AND h.at >= $13
        )
        OR EXISTS (
            SELECT 1
            FROM variants AS i
            INNER JOIN audit AS j
                ON
                    i.organisation = j.organisation
                    AND j.subject = 'var_' || replace(i.id::text, '-', '')
                    AND j.act LIKE 'catalogue.%' AND j.act <> 'orders.placed'
            WHERE i.organisation = p.organisation AND i.product = p.id AND j.at >= $13
        )
    );

-- name: count_market_variants
-- How many variants fit, on however many pages.
SELECT count(*) AS number
FROM (
    SELECT $1::uuid AS id
    UNION ALL
    SELECT r.seller AS id
    FROM trading_rights AS r
    WHERE r.buyer = $1 AND r.kind = 'marketplace' AND r.state = 'active'
) AS k
INNER JOIN variants AS v ON k.id = v.organisation
INNER JOIN products AS p ON v.organisation = p.organisation AND v.product = p.id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(c.available), 0) AS own
    FROM current_positions AS c
    INNER JOIN locations AS l
        ON c.owner = l.organisation AND c.location = l.id AND l.ships_orders
    WHERE c.owner = v.organisation AND c.variant = v.id
) AS s
WHERE
    v.state <> 'deleted'
    AND ($2::uuid[] IS NULL OR v.id = ANY($2))
    AND ($3::integer[] IS NULL OR v.legacy_id = ANY($3))
    AND ($4::uuid[] IS NULL OR v.product = ANY($4))
    AND ($5::integer[] IS NULL OR p.legacy_id = ANY($5))
    AND ($6::text[] IS NULL OR v.sku = ANY($6))
    AND (
        $7::text[] IS NULL
        OR (v.gtin IS NOT NULL AND lpad(v.gtin, 14, '0') = ANY($7))
    )
    AND (
        $8::text IS NULL
        OR p.name ILIKE $8 OR v.name ILIKE $8 OR v.sku ILIKE $8
    )
    AND ($9::text IS NULL OR p.name ILIKE $9)
    AND ($10::boolean IS NULL OR $10 = (v.state = 'active'))
    AND ($11::boolean IS NULL OR $11 = (v.unlimited OR s.own > 0))
    AND ($12::boolean IS NULL OR $12 = v.unlimited)
    AND ($13::numeric IS NULL OR s.own >= $13)
    AND ($14::numeric IS NULL OR s.own < $14);
