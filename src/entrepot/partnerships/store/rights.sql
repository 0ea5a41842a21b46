-- name: insert_right
-- Give a trading right, unless the two have one of that kind, in whatever state.
INSERT INTO trading_rights (seller, buyer, kind, state, created_at)
VALUES ($1, $2, $3, 'active', $4)
ON CONFLICT (seller, buyer, kind) DO NOTHING
RETURNING created_at;

-- name: lock_right
-- Lock one trading right, to change its state.
SELECT
    r.seller,
    r.buyer,
    r.kind,
    r.state,
    r.created_at
FROM trading_rights AS r
WHERE r.seller = $1 AND r.buyer = $2 AND r.kind = $3
FOR NO KEY UPDATE OF r;

-- name: set_right_state
-- Put a locked trading right into another state.
UPDATE trading_rights AS r
SET state = $4
WHERE r.seller = $1 AND r.buyer = $2 AND r.kind = $3
RETURNING r.kind;

-- name: list_rights
-- The trading rights that an organisation gave, then those that it was given.
SELECT
    r.seller,
    r.buyer,
    r.kind,
    r.state,
    r.created_at
FROM trading_rights AS r
WHERE r.seller = $1 OR r.buyer = $1
ORDER BY r.seller <> $1, CASE WHEN r.seller = $1 THEN r.buyer END, r.kind, r.seller;

-- name: list_known_organisations
-- An organisation and those it has a trading right with, from one to another but for the one read
-- last; with the kinds of right by which each sells to it and buys from it.
SELECT
    o.id,
    o.slug,
    o.name,
    o.time_zone,
    o.country,
    o.currency,
    ARRAY(
        SELECT r.kind
        FROM trading_rights AS r
        WHERE r.seller = o.id AND r.buyer = $1 AND r.state <> 'ended'
        ORDER BY r.kind
    ) AS sells_to,
    ARRAY(
        SELECT r.kind
        FROM trading_rights AS r
        WHERE r.seller = $1 AND r.buyer = o.id AND r.state <> 'ended'
        ORDER BY r.kind
    ) AS buys_from
FROM (
    SELECT $1::uuid AS id
    UNION
    (
        SELECT DISTINCT r.seller
        FROM trading_rights AS r
        WHERE
            r.buyer = $1 AND r.seller >= $2 AND r.seller <= $3
            AND r.seller IS DISTINCT FROM $4 AND r.state <> 'ended'
        ORDER BY r.seller
        LIMIT $5
    )
    UNION
    (
        SELECT DISTINCT r.buyer
        FROM trading_rights AS r
        WHERE
            r.seller = $1 AND r.buyer >= $2 AND r.buyer <= $3
            AND r.buyer IS DISTINCT FROM $4 AND r.state <> 'ended'
        ORDER BY r.buyer
        LIMIT $5
    )
) AS k
INNER JOIN organisations AS o ON k.id = o.id
WHERE o.id >= $2 AND o.id <= $3 AND o.id IS DISTINCT FROM $4::uuid
ORDER BY o.id
LIMIT $5;

-- name: list_opened_variants
-- A seller's variants that a right opens to a buyer, by sku, from after one on.
SELECT
    v.id,
    v.organisation AS seller,
    v.sku,
    v.name,
    v.unit,
    v.pricing_model,
    v.whole_units,
    v.is_orderable,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.state
FROM variants AS v
WHERE
    v.organisation = coalesce($2, (SELECT o.id FROM organisations AS o WHERE o.slug = $3))
    AND v.sku > $4
    AND ($5::text IS NULL OR v.sku = $5)
    AND v.state <> 'deleted'
    AND EXISTS (
        SELECT 1
        FROM trading_rights AS r
        WHERE
            r.seller = v.organisation AND r.buyer = $1
            AND r.kind IN ('session', 'marketplace') AND r.state = 'active'
    )
ORDER BY v.sku
LIMIT $6;

-- name: find_opened_variant
-- One variant of a seller, if a right opens it to the buyer.
SELECT
    v.id,
    v.organisation AS seller,
    v.sku,
    v.name,
    v.unit,
    v.pricing_model,
    v.whole_units,
    v.is_orderable,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.state
FROM variants AS v
WHERE
    v.id = $2
    AND v.state <> 'deleted'
    AND EXISTS (
        SELECT 1
        FROM trading_rights AS r
        WHERE
            r.seller = v.organisation AND r.buyer = $1
            AND r.kind IN ('session', 'marketplace') AND r.state = 'active'
    );

-- name: resolve_skus
-- The variants that a buyer names by seller (id or slug) and sku: its own, or those that a right
-- opens to it. What is not opened is not there.
SELECT
    w.i,
    v.id
FROM
    unnest($2::uuid[], $3::text[], $4::text[])
    WITH ORDINALITY AS w (seller, slug, sku, i)
LEFT JOIN organisations AS o ON w.slug = o.slug
INNER JOIN variants AS v ON coalesce(w.seller, o.id) = v.organisation AND w.sku = v.sku
WHERE
    v.organisation = $1
    OR EXISTS (
        SELECT 1
        FROM trading_rights AS r
        WHERE
            r.seller = v.organisation AND r.buyer = $1
            AND r.kind IN ('session', 'marketplace') AND r.state = 'active'
    );
