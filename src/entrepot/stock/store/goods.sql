-- name: list_goods
-- An owner's variants in these states by sku, from after one on, of a supplier if one is named,
-- with their stock: those that read so ($6, $7) and stand so ($8 to $10), among at most so many
-- ($5). The last of these is always there, to go on from.
SELECT
    v.id AS variant,
    v.sku,
    v.name,
    v.unit,
    v.retail_price,
    v.supplier,
    u.name AS supplier_name,
    v.state,
    v.is_orderable,
    v.unlimited,
    s.on_hand,
    s.available,
    f.partners,
    f.offered,
    f.is_boundless,
    h.is_shared,
    j.fits,
    v.number
FROM (
    SELECT
        n.organisation,
        n.id,
        n.sku,
        n.name,
        n.unit,
        n.retail_price,
        n.supplier,
        n.state,
        n.is_orderable,
        n.unlimited,
        k.number,
        $6::text IS NULL
        OR n.name ILIKE $6 OR n.sku ILIKE $6 OR coalesce(n.supplier_sku ILIKE $6, false)
        OR coalesce(lpad(n.gtin, 14, '0') = $7::text, false) AS reads
    FROM (
        SELECT
            o.id,
            row_number() OVER (ORDER BY o.sku) AS number
        FROM (
            SELECT
                x.id,
                x.sku
            FROM unnest($2::text[]) AS w (state)
            CROSS JOIN LATERAL (
                (
                    SELECT
                        a.id,
                        a.sku
                    FROM variants AS a
                    WHERE
                        $4::uuid IS NULL
                        AND a.organisation = $1 AND a.state = w.state AND a.sku > $3
                    ORDER BY a.sku
                    LIMIT $5
                )
                UNION ALL
                (
                    SELECT
                        b.id,
                        b.sku
                    FROM variants AS b
                    WHERE
                        b.organisation = $1 AND b.supplier = $4
                        AND b.state = w.state AND b.sku > $3
                    ORDER BY b.sku
                    LIMIT $5
                )
            ) AS x
            ORDER BY x.sku
            LIMIT $5
        ) AS o
    ) AS k
    INNER JOIN variants AS n ON n.organisation = $1 AND k.id = n.id
    ORDER BY k.number
) AS v
LEFT JOIN suppliers AS u ON v.organisation = u.organisation AND v.supplier = u.id
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(p.on_hand), 0) AS on_hand,
        coalesce(sum(p.available), 0) AS available
    FROM current_positions AS p
    INNER JOIN locations AS l
        ON p.owner = l.organisation AND p.location = l.id AND l.ships_orders
    WHERE p.owner = v.organisation AND p.variant = v.id
) AS s
CROSS JOIN LATERAL (
    SELECT
        count(*) AS partners,
        coalesce(sum(y.offered), 0) AS offered,
        coalesce(bool_or(y.offered IS NULL), false) AS is_boundless
    FROM partner_offers AS y
    WHERE y.retailer = v.organisation AND y.variant = v.id
) AS f
CROSS JOIN LATERAL (
    SELECT
        EXISTS (
            SELECT 1
            FROM active_matches AS m
            WHERE m.wholesaler = v.organisation AND m.wholesaler_variant = v.id
        ) AS is_shared
) AS h
CROSS JOIN LATERAL (
    SELECT
        v.reads
        AND (NOT $8::boolean OR (v.state = 'active' AND NOT v.unlimited AND s.available <= 0))
        AND (NOT $9::boolean OR h.is_shared)
        AND (NOT $10::boolean OR f.partners > 0) AS fits
) AS j
WHERE (v.reads OR v.number = $5) AND (j.fits OR v.number = $5)
ORDER BY v.number
LIMIT $11;

-- name: list_figures_then
-- A position's figures at each of these moments: versions rise without gaps and with time, so the
-- last one by each is found by halving. NULL where the ledger had not begun.
WITH RECURSIVE halving (moment, low, high) AS (
    SELECT
        w.moment,
        0::bigint,
        p.version
    FROM positions AS p
    CROSS JOIN unnest($4::timestamptz[]) AS w (moment)
    WHERE p.owner = $1 AND p.variant = $2 AND p.location = $3
    UNION ALL
    SELECT
        s.moment,
        CASE WHEN l.at < s.moment THEN l.version ELSE s.low END,
        CASE WHEN l.at < s.moment THEN s.high ELSE l.version - 1 END
    FROM halving AS s
    INNER JOIN ledger AS l
        ON
            l.owner = $1 AND l.variant = $2 AND l.location = $3
            AND l.version = (s.low + s.high + 1) / 2
    WHERE s.low < s.high
)

SELECT
    s.moment,
    l.on_hand,
    l.held,
    l.allocated
FROM halving AS s
LEFT JOIN ledger AS l
    ON l.owner = $1 AND l.variant = $2 AND l.location = $3 AND l.version = s.low
WHERE s.low = s.high
ORDER BY s.moment;
