-- name: write_allocations
-- Write what is left of allocations under the locks of their positions; a reason closes one.
UPDATE allocations AS a
SET
    quantity = w.quantity,
    remaining = w.remaining,
    state = CASE WHEN w.close_reason IS NULL THEN 'open' ELSE 'closed' END,
    closed_at = CASE WHEN w.close_reason IS NULL THEN NULL ELSE $1::timestamptz END,
    close_reason = w.close_reason
FROM
    unnest($2::uuid[], $3::uuid[], $4::numeric[], $5::numeric[], $6::text[])
    AS w (owner, id, quantity, remaining, close_reason)
WHERE a.owner = w.owner AND a.id = w.id AND a.state = 'open'
RETURNING 1;

-- name: insert_allocation
-- Write a new allocation.
INSERT INTO allocations (
    owner, id, partnership, retailer, variant, location, quantity, remaining, valid_until,
    state, made_at, note, match_failure
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, 'open', $9, $10, $11);

-- name: change_terms
-- Write until when an open allocation is valid, and its note.
UPDATE allocations AS a
SET
    valid_until = $3::timestamptz,
    note = $4::text
WHERE a.owner = $1::uuid AND a.id = $2::uuid AND a.state = 'open'
RETURNING 1;

-- name: share_partnership
-- Keep a partnership from being paused, ended or changed while something is allocated in it.
SELECT
    p.retailer,
    p.state
FROM partnerships AS p
WHERE p.wholesaler = $1::uuid AND p.id = $2::uuid
FOR SHARE OF p;

-- name: read_allocation_ground
-- What an allocation stands on: the variant, and the location named or else the first that ships.
SELECT
    v.sku,
    v.name,
    v.state,
    v.unlimited,
    v.whole_units,
    l.id AS location,
    coalesce(l.ships_orders, false) AS ships_orders
FROM variants AS v
LEFT JOIN LATERAL (
    SELECT
        c.id,
        c.ships_orders
    FROM locations AS c
    WHERE
        c.organisation = v.organisation
        AND (c.id = $3::uuid OR ($3::uuid IS NULL AND c.ships_orders))
    ORDER BY c.rank, c.id
    LIMIT 1
) AS l ON true
WHERE v.organisation = $1::uuid AND v.id = $2::uuid;

-- name: read_allocations
-- Allocations by (owner, id), with what they are of and for whom.
SELECT
    a.owner,
    a.id,
    a.partnership,
    a.retailer,
    r.name AS partner_name,
    o.name AS owner_name,
    a.variant,
    v.sku,
    v.name,
    a.location,
    a.quantity,
    a.remaining,
    a.valid_until,
    a.state,
    a.made_at,
    a.note,
    a.match_failure,
    a.closed_at,
    a.close_reason,
    coalesce(a.valid_until <= statement_timestamp(), false) AS is_past
FROM unnest($1::uuid[], $2::uuid[]) AS w (owner, id)
INNER JOIN allocations AS a ON w.owner = a.owner AND w.id = a.id
INNER JOIN variants AS v ON a.owner = v.organisation AND a.variant = v.id
INNER JOIN organisations AS r ON a.retailer = r.id
INNER JOIN organisations AS o ON a.owner = o.id
ORDER BY a.owner, a.id;

-- name: list_allocations
-- An owner's allocations, newest first, from before one on: all, those in one partnership, or the
-- open ones of one variant (in one partnership).
SELECT
    a.owner,
    a.id,
    a.partnership,
    a.retailer,
    r.name AS partner_name,
    o.name AS owner_name,
    a.variant,
    v.sku,
    v.name,
    a.location,
    a.quantity,
    a.remaining,
    a.valid_until,
    a.state,
    a.made_at,
    a.note,
    a.match_failure,
    a.closed_at,
    a.close_reason,
    coalesce(a.valid_until <= statement_timestamp(), false) AS is_past
FROM (
    (
        SELECT b.id
        FROM allocations AS b
        WHERE
            b.owner = $1::uuid AND b.id < $2::uuid
            AND $3::uuid IS NULL AND $4::uuid IS NULL
        ORDER BY b.id DESC
        LIMIT $5
    )
    UNION ALL
    (
        SELECT c.id
        FROM allocations AS c
        WHERE
            c.owner = $1::uuid AND c.id < $2::uuid
            AND c.partnership = $3::uuid AND $4::uuid IS NULL
        ORDER BY c.id DESC
        LIMIT $5
    )
    UNION ALL
    (
        SELECT d.id
        FROM allocations AS d
        WHERE
            d.owner = $1::uuid AND d.id < $2::uuid
            AND d.variant = $4::uuid AND d.state = 'open'
            AND ($3::uuid IS NULL OR d.partnership = $3::uuid)
        ORDER BY d.id DESC
        LIMIT $5
    )
) AS k
INNER JOIN allocations AS a ON a.owner = $1::uuid AND k.id = a.id
INNER JOIN variants AS v ON a.owner = v.organisation AND a.variant = v.id
INNER JOIN organisations AS r ON a.retailer = r.id
INNER JOIN organisations AS o ON a.owner = o.id
ORDER BY a.id DESC;

-- name: find_received_allocation
-- What a retailer was allocated, with its own variant that is matched with it now, if any.
SELECT
    a.id,
    a.partnership,
    a.owner,
    o.name AS partner_name,
    v.sku,
    v.name,
    v.gtin,
    v.unit,
    a.quantity,
    a.remaining,
    a.valid_until,
    a.state,
    a.made_at,
    a.match_failure,
    a.closed_at,
    a.close_reason,
    coalesce(a.valid_until <= statement_timestamp(), false) AS is_past,
    m.variant AS matched_variant,
    m.factor,
    m.step
FROM allocations AS a
INNER JOIN variants AS v ON a.owner = v.organisation AND a.variant = v.id
INNER JOIN organisations AS o ON a.owner = o.id
LEFT JOIN LATERAL (
    SELECT
        q.variant,
        q.factor,
        q.step
    FROM active_matches AS q
    WHERE
        q.wholesaler = a.owner AND q.wholesaler_variant = a.variant
        AND q.retailer = a.retailer AND q.partnership = a.partnership
    ORDER BY q.rank, q.id
    LIMIT 1
) AS m ON true
WHERE a.retailer = $1::uuid AND a.id = $2::uuid;

-- name: list_received_allocations
-- What a retailer was allocated, newest first, from before one on: by all, or in one partnership.
SELECT
    a.id,
    a.partnership,
    a.owner,
    o.name AS partner_name,
    v.sku,
    v.name,
    v.gtin,
    v.unit,
    a.quantity,
    a.remaining,
    a.valid_until,
    a.state,
    a.made_at,
    a.match_failure,
    a.closed_at,
    a.close_reason,
    coalesce(a.valid_until <= statement_timestamp(), false) AS is_past,
    m.variant AS matched_variant,
    m.factor,
    m.step
FROM (
    (
        SELECT
            b.owner,
            b.id
        FROM allocations AS b
        WHERE b.retailer = $1::uuid AND b.id < $2::uuid AND $3::uuid IS NULL
        ORDER BY b.id DESC
        LIMIT $4
    )
    UNION ALL
    (
        SELECT
            c.owner,
            c.id
        FROM partnerships AS p
        INNER JOIN allocations AS c ON p.wholesaler = c.owner AND p.id = c.partnership
        WHERE p.retailer = $1::uuid AND p.id = $3::uuid AND c.id < $2::uuid
        ORDER BY c.id DESC
        LIMIT $4
    )
) AS k
INNER JOIN allocations AS a ON k.owner = a.owner AND k.id = a.id
INNER JOIN variants AS v ON a.owner = v.organisation AND a.variant = v.id
INNER JOIN organisations AS o ON a.owner = o.id
LEFT JOIN LATERAL (
    SELECT
        q.variant,
        q.factor,
        q.step
    FROM active_matches AS q
    WHERE
        q.wholesaler = a.owner AND q.wholesaler_variant = a.variant
        AND q.retailer = a.retailer AND q.partnership = a.partnership
    ORDER BY q.rank, q.id
    LIMIT 1
) AS m ON true
ORDER BY a.id DESC;

-- name: read_allocations_to_end
-- Open allocations that nobody can use any more and why: past their validity, their partnership
-- ended, or their variant not active. Without ids, those of everybody; else only these.
SELECT
    a.owner,
    a.id,
    a.variant,
    CASE
        WHEN a.valid_until <= $1::timestamptz THEN 'expired'
        WHEN p.state = 'ended' THEN 'partnership_ended'
        ELSE 'variant_deactivated'
    END AS reason
FROM allocations AS a
INNER JOIN partnerships AS p ON a.owner = p.wholesaler AND a.partnership = p.id
INNER JOIN variants AS v ON a.owner = v.organisation AND a.variant = v.id
WHERE
    a.state = 'open'
    AND (a.valid_until <= $1::timestamptz OR p.state = 'ended' OR v.state <> 'active')
    AND ($2::uuid[] IS NULL OR a.id = ANY($2::uuid[]))
ORDER BY a.owner, a.id
LIMIT $3;
