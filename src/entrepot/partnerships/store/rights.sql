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

-- name: list_rights_given
-- The trading rights that an organisation gave.
SELECT
    r.seller,
    r.buyer,
    r.kind,
    r.state,
    r.created_at
FROM trading_rights AS r
WHERE r.seller = $1
ORDER BY r.buyer, r.kind;

-- name: list_rights_received
-- The trading rights that an organisation was given.
SELECT
    r.seller,
    r.buyer,
    r.kind,
    r.state,
    r.created_at
FROM trading_rights AS r
WHERE r.buyer = $1
ORDER BY r.kind, r.seller;

-- name: list_known_organisations
-- An organisation and those it has a trading right with, by id, from after one on; with the kinds
-- of right by which each sells to it and buys from it.
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
        WHERE r.buyer = $1 AND r.seller > $2 AND r.state <> 'ended'
        ORDER BY r.seller
        LIMIT $3
    )
    UNION
    (
        SELECT DISTINCT r.buyer
        FROM trading_rights AS r
        WHERE r.seller = $1 AND r.buyer > $2 AND r.state <> 'ended'
        ORDER BY r.buyer
        LIMIT $3
    )
) AS k
INNER JOIN organisations AS o ON k.id = o.id
WHERE o.id > $2
ORDER BY o.id
LIMIT $3;

-- name: find_known_organisation
-- One organisation, if it is the reader itself or there is a trading right between the two.
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
FROM organisations AS o
WHERE
    o.id = $2
    AND (
        o.id = $1
        OR EXISTS (
            SELECT 1
            FROM trading_rights AS r
            WHERE
                r.state <> 'ended'
                AND ((r.seller = o.id AND r.buyer = $1) OR (r.seller = $1 AND r.buyer = o.id))
        )
    );

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
