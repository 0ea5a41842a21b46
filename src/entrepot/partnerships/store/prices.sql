-- name: find_own_variants
-- Which of these variants an organisation has; deleted ones are left out.
SELECT v.id
FROM variants AS v
WHERE v.organisation = $1 AND v.id = ANY($2::uuid[]) AND v.state <> 'deleted';

-- name: put_fixed_prices
-- Set fixed prices of a partnership; one that begins at the same moment is replaced.
INSERT INTO fixed_prices AS f (wholesaler, partnership, variant, valid_from, unit_price)
SELECT
    $1::uuid,
    $2::uuid,
    w.variant,
    w.valid_from,
    w.unit_price
FROM unnest($3::uuid[], $4::timestamptz[], $5::numeric[]) AS w (variant, valid_from, unit_price)
ORDER BY w.variant, w.valid_from
ON CONFLICT (wholesaler, partnership, variant, valid_from) DO UPDATE
SET unit_price = excluded.unit_price
RETURNING f.variant;

-- name: list_prices
-- What the retailer pays for a wholesaler's variants now and next, by sku, from after one on: those
-- that fit ($6: sku, $7: GTIN with all its digits, $8: in the name), among at most so many ($9). The
-- last of these is always there, to go on from.
SELECT
    v.id,
    v.sku,
    v.name,
    v.gtin,
    v.unit,
    v.state,
    a.unit_price,
    a.fixed_price,
    a.fixed_from,
    n.unit_price AS next_price,
    n.valid_from AS next_from,
    v.vat_rate,
    v.fits,
    v.number
FROM (
    SELECT
        u.id,
        u.sku,
        u.name,
        u.gtin,
        u.unit,
        u.state,
        u.vat_rate,
        coalesce(strpos(lower(u.name), lower($8::text)) > 0, true) AS fits,
        row_number() OVER (ORDER BY u.sku) AS number
    FROM variants AS u
    WHERE
        u.organisation = $1 AND u.sku > $3 AND u.state = ANY($4::text[])
        AND ($5::uuid IS NULL OR u.id = $5)
        AND ($6::text IS NULL OR u.sku = $6)
        AND ($7::text IS NULL OR lpad(u.gtin, 14, '0') = $7)
    ORDER BY u.sku
    LIMIT $9
) AS v
INNER JOIN agreed_prices AS a
    ON a.wholesaler = $1 AND a.partnership = $2 AND v.id = a.variant
LEFT JOIN LATERAL (
    SELECT
        x.unit_price,
        x.valid_from
    FROM fixed_prices AS x
    WHERE
        x.wholesaler = $1 AND x.partnership = $2 AND x.variant = v.id
        AND x.valid_from > statement_timestamp()
    ORDER BY x.valid_from
    LIMIT 1
) AS n ON true
WHERE v.fits OR v.number = $9
ORDER BY v.sku
LIMIT $10;
