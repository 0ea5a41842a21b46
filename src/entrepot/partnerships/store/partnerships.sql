-- name: insert_partnership
-- Make a partnership, unless the two have one in this direction that has not ended.
INSERT INTO partnerships (
    wholesaler, id, retailer, sharing_policy, buffer, cap, on_cancel_open_week, on_cancel_later,
    price_percentage, currency, time_zone, terms, created_at, closed_through, written_through,
    next_close_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15)
ON CONFLICT (wholesaler, retailer) WHERE state <> 'ended' DO NOTHING
RETURNING id;

-- name: put_consignment_right
-- Let the consignment right of two organisations be as their partnership is.
INSERT INTO trading_rights AS r (seller, buyer, kind, state, created_at)
VALUES ($1, $2, 'consignment', $3, $4)
ON CONFLICT (seller, buyer, kind) DO UPDATE
SET state = excluded.state;

-- name: lock_partnership
-- Lock one partnership of a wholesaler, to change it or to close its weeks.
SELECT p.id
FROM partnerships AS p
WHERE p.wholesaler = $1 AND p.id = $2
FOR NO KEY UPDATE OF p;

-- name: find_partnership
-- One partnership of an organisation, on either side.
SELECT
    p.wholesaler,
    p.id,
    p.retailer,
    p.state,
    p.paused_by_wholesaler,
    p.paused_by_retailer,
    p.sharing_policy,
    p.buffer,
    p.cap,
    p.on_cancel_open_week,
    p.on_cancel_later,
    p.price_percentage,
    p.currency,
    p.time_zone,
    p.terms,
    p.created_at,
    p.ended_at,
    p.closed_through,
    p.written_through,
    p.next_close_at,
    w.slug AS wholesaler_slug,
    w.name AS wholesaler_name,
    r.slug AS retailer_slug,
    r.name AS retailer_name,
    s.id AS supplier
FROM partnerships AS p
INNER JOIN organisations AS w ON p.wholesaler = w.id
INNER JOIN organisations AS r ON p.retailer = r.id
LEFT JOIN suppliers AS s
    ON p.retailer = s.organisation AND p.id = s.partnership AND s.state <> 'deleted'
WHERE p.id = $2 AND (p.wholesaler = $1 OR p.retailer = $1);

-- name: list_partnerships
-- An organisation's partnerships by id, from after one on: those where it is on one side, or both.
SELECT
    p.wholesaler,
    p.id,
    p.retailer,
    p.state,
    p.paused_by_wholesaler,
    p.paused_by_retailer,
    p.sharing_policy,
    p.buffer,
    p.cap,
    p.on_cancel_open_week,
    p.on_cancel_later,
    p.price_percentage,
    p.currency,
    p.time_zone,
    p.terms,
    p.created_at,
    p.ended_at,
    p.closed_through,
    p.written_through,
    p.next_close_at,
    w.slug AS wholesaler_slug,
    w.name AS wholesaler_name,
    r.slug AS retailer_slug,
    r.name AS retailer_name,
    s.id AS supplier
FROM (
    (
        SELECT
            a.wholesaler,
            a.id
        FROM partnerships AS a
        WHERE a.wholesaler = $1 AND a.id > $2 AND coalesce($3 = 'wholesaler', true)
        ORDER BY a.id
        LIMIT $4
    )
    UNION ALL
    (
        SELECT
            b.wholesaler,
            b.id
        FROM partnerships AS b
        WHERE b.retailer = $1 AND b.id > $2 AND coalesce($3 = 'retailer', true)
        ORDER BY b.id
        LIMIT $4
    )
) AS k
INNER JOIN partnerships AS p ON k.wholesaler = p.wholesaler AND k.id = p.id
INNER JOIN organisations AS w ON p.wholesaler = w.id
INNER JOIN organisations AS r ON p.retailer = r.id
LEFT JOIN suppliers AS s
    ON p.retailer = s.organisation AND p.id = s.partnership AND s.state <> 'deleted'
ORDER BY p.id
LIMIT $4;

-- name: search_partnerships
-- An organisation's partnerships whose other side's name or slug holds a text, live ones first, of
-- as many of each side as may be looked through.
SELECT
    k.id,
    k.state,
    k.role,
    o.name,
    o.slug
FROM (
    (
        SELECT
            a.id,
            a.state,
            a.retailer AS partner,
            'wholesaler' AS role
        FROM partnerships AS a
        WHERE a.wholesaler = $1
        ORDER BY a.id DESC
        LIMIT $3
    )
    UNION ALL
    (
        SELECT
            b.id,
            b.state,
            b.wholesaler AS partner,
            'retailer' AS role
        FROM partnerships AS b
        WHERE b.retailer = $1
        ORDER BY b.id DESC
        LIMIT $3
    )
) AS k
INNER JOIN organisations AS o ON k.partner = o.id
WHERE position(lower($2) IN lower(o.name)) > 0 OR o.slug = lower($2)
ORDER BY k.state = 'ended', o.name, k.id
LIMIT $4;

-- name: find_ended
-- The partnerships of two organisations that have ended.
SELECT p.id
FROM partnerships AS p
WHERE p.wholesaler = $1 AND p.retailer = $2 AND p.state = 'ended';

-- name: set_agreement
-- Write what a locked partnership's two agree on from now on.
UPDATE partnerships AS p
SET
    sharing_policy = $3,
    buffer = $4,
    cap = $5,
    on_cancel_open_week = $6,
    on_cancel_later = $7,
    price_percentage = $8,
    terms = $9
WHERE p.wholesaler = $1 AND p.id = $2
RETURNING p.id;

-- name: set_state
-- Put a locked partnership into another state.
UPDATE partnerships AS p
SET
    state = $3,
    paused_by_wholesaler = $4,
    paused_by_retailer = $5,
    ended_at = $6
WHERE p.wholesaler = $1 AND p.id = $2
RETURNING p.id;

-- name: end_matches
-- End what is matched in a locked partnership.
UPDATE product_matches AS m
SET ended_at = $3, end_reason = $4
WHERE m.retailer = $1 AND m.partnership = $2 AND m.ended_at IS NULL;

-- name: set_closed_through
-- Close a locked partnership's weeks up to one, and say when the next one ends.
UPDATE partnerships AS p
SET closed_through = $3, next_close_at = $4
WHERE p.wholesaler = $1 AND p.id = $2
RETURNING p.id;

-- name: set_written_through
-- Remember up to which week a partnership's settlements are written; it never goes back.
UPDATE partnerships AS p
SET written_through = $3
WHERE p.wholesaler = $1 AND p.id = $2 AND p.written_through < $3 AND p.closed_through >= $3
RETURNING p.id;

-- name: read_due
-- Partnerships whose open week has ended, those that ended first first.
SELECT
    p.wholesaler,
    p.id
FROM partnerships AS p
WHERE p.state <> 'ended' AND p.next_close_at <= $1
ORDER BY p.next_close_at, p.wholesaler, p.id
LIMIT $2;

-- name: read_unwritten
-- Partnerships with closed weeks whose settlements are not written yet.
SELECT
    p.wholesaler,
    p.id
FROM partnerships AS p
WHERE p.written_through < p.closed_through
ORDER BY p.closed_through, p.wholesaler, p.id
LIMIT $1;
