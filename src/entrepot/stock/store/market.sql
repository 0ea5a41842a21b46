-- name: list_market_sellers
-- The reader's own organisation and those whose goods it may order as a marketplace, by id from
-- after one on: among some ids or numbers, and of names that read so, where these are given. With $7
-- also those whose goods it may not order now, or no longer.
SELECT
    g.id,
    g.legacy_id,
    g.slug,
    g.name,
    g.country,
    g.currency,
    g.created_at,
    k.is_own,
    k.is_open,
    EXISTS (
        SELECT 1
        FROM trading_rights AS b
        WHERE b.buyer = g.id AND b.kind = 'marketplace' AND b.state <> 'ended'
    ) AS is_marketplace,
    EXISTS (
        SELECT 1
        FROM trading_rights AS t
        INNER JOIN organisations AS m ON t.buyer = m.id
        WHERE
            t.seller = g.id AND t.kind = 'marketplace' AND t.state <> 'ended'
            AND m.country = ANY(m.wholesale_countries) AND (k.is_own OR t.buyer = $1)
    ) AS is_wholesaler
FROM (
    SELECT
        $1::uuid AS id,
        true AS is_own,
        true AS is_open
    UNION ALL
    SELECT
        r.seller AS id,
        false AS is_own,
        r.state = 'active' AS is_open
    FROM trading_rights AS r
    WHERE r.buyer = $1 AND r.kind = 'marketplace' AND (r.state = 'active' OR $7)
) AS k
INNER JOIN organisations AS g ON k.id = g.id
WHERE
    g.id > $2
    AND ($4::uuid[] IS NULL OR g.id = ANY($4))
    AND ($5::text IS NULL OR g.name ILIKE $5 OR g.slug ILIKE $5)
    AND ($6::integer[] IS NULL OR g.legacy_id = ANY($6))
ORDER BY g.id
LIMIT $3;

-- name: list_market_variants
-- Variants of these sellers, by (seller, id) from after one on, with what each has of its own.
-- Of all that can be asked for, what is NULL is not. Seller by seller, so that nobody else's are
-- passed over one by one.
SELECT
    x.organisation AS seller,
    x.id,
    x.legacy_id,
    x.product,
    x.product_legacy_id,
    x.product_name,
    x.sku,
    x.name,
    x.gtin,
    x.pricing_model,
    x.retail_price,
    x.wholesale_price,
    x.vat_rate,
    g.currency,
    x.unlimited,
    x.is_orderable,
    x.order_quantity_min,
    x.order_quantity_multiple,
    x.state,
    x.created_at,
    x.own
FROM (
    SELECT u.id
    FROM (
        SELECT $1::uuid AS id
        UNION ALL
        SELECT r.seller AS id
        FROM trading_rights AS r
        WHERE r.buyer = $1 AND r.kind = 'marketplace' AND r.state = 'active'
    ) AS u
    WHERE u.id >= $2
    ORDER BY u.id
) AS k
CROSS JOIN LATERAL (
    SELECT
        v.organisation,
        v.id,
        v.legacy_id,
        v.product,
        p.legacy_id AS product_legacy_id,
        p.name AS product_name,
        v.sku,
        v.name,
        v.gtin,
        v.pricing_model,
        v.retail_price,
        v.wholesale_price,
        v.vat_rate,
        v.unlimited,
        v.is_orderable,
        v.order_quantity_min,
        v.order_quantity_multiple,
        v.state,
        v.created_at,
        s.own
    FROM variants AS v
    INNER JOIN products AS p ON v.organisation = p.organisation AND v.product = p.id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(c.available), 0) AS own
        FROM current_positions AS c
        INNER JOIN locations AS l
            ON c.owner = l.organisation AND c.location = l.id AND l.ships_orders
        WHERE c.owner = v.organisation AND c.variant = v.id
    ) AS s
    WHERE
        v.organisation = k.id
        AND (v.organisation, v.id) > ($2::uuid, $3::uuid)
        AND v.state <> 'deleted'
        AND ($5::uuid[] IS NULL OR v.id = ANY($5))
        AND ($6::integer[] IS NULL OR v.legacy_id = ANY($6))
        AND ($7::uuid[] IS NULL OR v.product = ANY($7))
        AND ($8::integer[] IS NULL OR p.legacy_id = ANY($8))
        AND ($9::text[] IS NULL OR v.sku = ANY($9))
        AND (
            $10::text[] IS NULL
            OR (v.gtin IS NOT NULL AND lpad(v.gtin, 14, '0') = ANY($10))
        )
        AND (
            $11::text IS NULL
            OR p.name ILIKE $11 OR v.name ILIKE $11 OR v.sku ILIKE $11
        )
        AND ($12::text IS NULL OR p.name ILIKE $12)
        AND ($13::boolean IS NULL OR $13 = (v.state = 'active'))
        AND ($14::boolean IS NULL OR $14 = (v.unlimited OR s.own > 0))
        AND ($15::boolean IS NULL OR $15 = v.unlimited)
        AND ($16::numeric IS NULL OR s.own >= $16)
        AND ($17::numeric IS NULL OR s.own < $17)
    ORDER BY v.id
    LIMIT $4
) AS x
INNER JOIN organisations AS g ON k.id = g.id
ORDER BY k.id, x.id
LIMIT $4;

-- name: list_market_products
-- Products of these sellers, by (seller, id) from after one on, with what their variants come to.
-- Of all that can be asked for, what is NULL is not. Seller by seller, as above.
SELECT
    x.organisation AS seller,
    x.id,
    x.legacy_id,
    x.name,
    x.created_at,
    g.currency,
    o.variants,
    o.active,
    o.retail_price,
    o.wholesale_price,
    o.vat_rate
FROM (
    SELECT u.id
    FROM (
        SELECT $1::uuid AS id
        UNION ALL
        SELECT r.seller AS id
        FROM trading_rights AS r
        WHERE r.buyer = $1 AND r.kind = 'marketplace' AND r.state = 'active'
    ) AS u
    WHERE u.id >= $2
    ORDER BY u.id
) AS k
CROSS JOIN LATERAL (
    SELECT
        p.organisation,
        p.id,
        p.legacy_id,
        p.name,
        p.created_at
    FROM products AS p
    WHERE
        p.organisation = k.id
        AND (p.organisation, p.id) > ($2::uuid, $3::uuid)
        AND ($5::uuid[] IS NULL OR p.id = ANY($5))
        AND ($6::integer[] IS NULL OR p.legacy_id = ANY($6))
        AND (
            $7::text[] IS NULL
            OR EXISTS (
                SELECT 1
                FROM variants AS a
                WHERE
                    a.organisation = p.organisation AND a.product = p.id
                    AND a.sku = ANY($7) AND a.state <> 'deleted'
            )
        )
        AND (
            $8::text[] IS NULL
            OR EXISTS (
                SELECT 1
                FROM variants AS b
                WHERE
                    b.organisation = p.organisation AND b.product = p.id
                    AND b.gtin IS NOT NULL AND lpad(b.gtin, 14, '0') = ANY($8)
                    AND b.state <> 'deleted'
            )
        )
        AND ($9::uuid[] IS NULL OR p.organisation = ANY($9))
        AND (
            $10::text IS NULL OR p.name ILIKE $10
            OR EXISTS (
                SELECT 1
                FROM variants AS d
                WHERE
                    d.organisation = p.organisation AND d.product = p.id AND d.state <> 'deleted'
                    AND (d.sku ILIKE $10 OR d.name ILIKE $10)
            )
        )
        AND ($11::text IS NULL OR p.name ILIKE $11)
        AND (
            $12::boolean IS NULL
            OR $12 = EXISTS (
                SELECT 1
                FROM variants AS e
                WHERE
                    e.organisation = p.organisation AND e.product = p.id
                    AND e.state = 'active'
            )
        )
        AND (
            $13::boolean IS NULL
            OR $13 = EXISTS (
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
        AND ($14::timestamptz IS NULL OR p.created_at >= $14)
        AND ($15::timestamptz IS NULL OR p.created_at < $15)
        AND (
            $16::timestamptz IS NULL OR p.created_at >= $16
            OR EXISTS (
                SELECT 1
                FROM audit AS h
                WHERE
                    h.organisation = p.organisation
                    AND h.subject = 'prd_' || replace(p.id::text, '-', '')
                    AND h.act <> 'orders.placed' AND h.at >= $16
            )
            OR EXISTS (
                SELECT 1
                FROM variants AS i
                INNER JOIN audit AS j
                    ON
                        i.organisation = j.organisation
                        AND j.subject = 'var_' || replace(i.id::text, '-', '')
                        AND j.act LIKE 'catalogue.%' AND j.act <> 'orders.placed'
                WHERE i.organisation = p.organisation AND i.product = p.id AND j.at >= $16
            )
        )
    ORDER BY p.id
    LIMIT $4
) AS x
INNER JOIN organisations AS g ON k.id = g.id
CROSS JOIN LATERAL (
    SELECT
        count(*)::integer AS variants,
        count(*) FILTER (WHERE n.state = 'active')::integer AS active,
        min(n.retail_price) FILTER (WHERE n.state = 'active') AS retail_price,
        min(n.wholesale_price) FILTER (WHERE n.state = 'active') AS wholesale_price,
        min(n.vat_rate) FILTER (WHERE n.state = 'active') AS vat_rate
    FROM variants AS n
    WHERE n.organisation = x.organisation AND n.product = x.id AND n.state <> 'deleted'
) AS o
ORDER BY k.id, x.id
LIMIT $4;

-- name: list_variants_in_products
-- The first so many variants of each of these products, given with their sellers.
SELECT
    v.organisation AS seller,
    v.id,
    v.legacy_id,
    v.product,
    p.legacy_id AS product_legacy_id,
    p.name AS product_name,
    v.sku,
    v.name,
    v.gtin,
    v.pricing_model,
    v.retail_price,
    v.wholesale_price,
    v.vat_rate,
    g.currency,
    v.unlimited,
    v.is_orderable,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.state,
    v.created_at,
    s.own
FROM (
    SELECT $1::uuid AS id
    UNION ALL
    SELECT r.seller AS id
    FROM trading_rights AS r
    WHERE r.buyer = $1 AND r.kind = 'marketplace' AND r.state = 'active'
) AS k
INNER JOIN organisations AS g ON k.id = g.id
INNER JOIN unnest($2::uuid[], $3::uuid[]) AS w (seller, product) ON g.id = w.seller
INNER JOIN products AS p ON w.seller = p.organisation AND w.product = p.id
CROSS JOIN LATERAL (
    SELECT
        x.organisation,
        x.id,
        x.legacy_id,
        x.product,
        x.sku,
        x.name,
        x.gtin,
        x.pricing_model,
        x.retail_price,
        x.wholesale_price,
        x.vat_rate,
        x.unlimited,
        x.is_orderable,
        x.order_quantity_min,
        x.order_quantity_multiple,
        x.state,
        x.created_at
    FROM variants AS x
    WHERE x.organisation = p.organisation AND x.product = p.id AND x.state <> 'deleted'
    ORDER BY x.id
    LIMIT $4
) AS v
CROSS JOIN LATERAL (
    SELECT coalesce(sum(c.available), 0) AS own
    FROM current_positions AS c
    INNER JOIN locations AS l
        ON c.owner = l.organisation AND c.location = l.id AND l.ships_orders
    WHERE c.owner = v.organisation AND c.variant = v.id
) AS s
ORDER BY v.organisation, v.product, v.id;

-- name: list_market_offers
-- What their own partners add to what sellers have of these variants; given with their sellers.
SELECT
    w.variant,
    coalesce(sum(y.offered), 0) AS offered,
    coalesce(bool_or(y.offered IS NULL), false) AS is_boundless
FROM (
    SELECT $1::uuid AS id
    UNION ALL
    SELECT r.seller AS id
    FROM trading_rights AS r
    WHERE r.buyer = $1 AND r.kind = 'marketplace' AND r.state = 'active'
) AS k
INNER JOIN unnest($2::uuid[], $3::uuid[]) AS w (seller, variant) ON k.id = w.seller
INNER JOIN partner_offers AS y ON w.seller = y.retailer AND w.variant = y.variant
GROUP BY w.variant;

-- name: list_variant_changes
-- When these variants were changed last, or what is there of them; given with their sellers.
SELECT
    v.id,
    greatest(v.created_at, a.at, d.at) AS at
FROM (
    SELECT $1::uuid AS id
    UNION ALL
    SELECT r.seller AS id
    FROM trading_rights AS r
    WHERE r.buyer = $1 AND r.kind = 'marketplace' AND r.state = 'active'
) AS k
INNER JOIN unnest($2::uuid[], $3::uuid[]) AS w (seller, id) ON k.id = w.seller
INNER JOIN variants AS v ON w.seller = v.organisation AND w.id = v.id
LEFT JOIN LATERAL (
    SELECT h.at
    FROM audit AS h
    WHERE
        h.organisation = v.organisation AND h.subject = 'var_' || replace(v.id::text, '-', '')
        AND h.act <> 'orders.placed'
    ORDER BY h.id DESC
    LIMIT 1
) AS a ON true
LEFT JOIN LATERAL (
    SELECT max(e.at) AS at
    FROM positions AS c
    INNER JOIN ledger AS e
        ON
            c.owner = e.owner AND c.variant = e.variant AND c.location = e.location
            AND c.version = e.version
    WHERE c.owner = v.organisation AND c.variant = v.id
) AS d ON true;

-- name: list_product_changes
-- When these products, or variants of theirs, were changed last; given with their sellers.
SELECT
    p.id,
    greatest(p.created_at, a.at, d.at) AS at
FROM (
    SELECT $1::uuid AS id
    UNION ALL
    SELECT r.seller AS id
    FROM trading_rights AS r
    WHERE r.buyer = $1 AND r.kind = 'marketplace' AND r.state = 'active'
) AS k
INNER JOIN unnest($2::uuid[], $3::uuid[]) AS w (seller, id) ON k.id = w.seller
INNER JOIN products AS p ON w.seller = p.organisation AND w.id = p.id
LEFT JOIN LATERAL (
    SELECT h.at
    FROM audit AS h
    WHERE
        h.organisation = p.organisation AND h.subject = 'prd_' || replace(p.id::text, '-', '')
        AND h.act <> 'orders.placed'
    ORDER BY h.id DESC
    LIMIT 1
) AS a ON true
LEFT JOIN LATERAL (
    SELECT max(j.at) AS at
    FROM variants AS i
    INNER JOIN audit AS j
        ON
            i.organisation = j.organisation
            AND j.subject = 'var_' || replace(i.id::text, '-', '')
            AND j.act LIKE 'catalogue.%' AND j.act <> 'orders.placed'
    WHERE i.organisation = p.organisation AND i.product = p.id
) AS d ON true;
