-- name: share_partnership
-- Keep one partnership of a wholesaler as it is until the transaction ends.
SELECT
    p.wholesaler,
    p.id,
    p.retailer,
    p.state
FROM partnerships AS p
WHERE p.wholesaler = $1 AND p.id = $2
FOR SHARE OF p;

-- name: find_partnership_of_supplier
-- Which partnership an organisation's supplier points at, if it does.
SELECT s.partnership
FROM suppliers AS s
WHERE s.organisation = $1 AND s.id = $2 AND s.state <> 'deleted';

-- name: count_outcomes
-- What matching would make of a retailer's active variants in a partnership: how many of each.
SELECT
    o.outcome,
    count(o.variant) AS variants
FROM matching_outcomes AS o
WHERE o.wholesaler = $1 AND o.partnership = $2
GROUP BY o.outcome;

-- name: end_replaced
-- End the matches that do not count any more and that a match by GTIN can take the place of.
WITH ended AS (
    UPDATE product_matches AS m
    SET ended_at = $3, end_reason = $4
    FROM matching_outcomes AS o
    WHERE
        o.wholesaler = $1 AND o.partnership = $2 AND o.outcome = 'matchable'
        AND m.retailer = o.retailer AND m.id = o.match AND m.ended_at IS NULL
    RETURNING m.id
)

SELECT count(e.id) AS ended
FROM ended AS e;

-- name: insert_by_gtin
-- Match what can be matched by GTIN, with these ids. The retailer's rank and the wholesaler's buffer
-- and cap are those of the last match of the same variant in this partnership.
WITH made AS (
    INSERT INTO product_matches (
        retailer, id, variant, wholesaler, partnership, wholesaler_variant, factor, rank, buffer,
        cap, matched_by, withdrawals, wholesaler_withdrawals, created_at
    )
    SELECT
        o.retailer,
        i.id,
        o.variant,
        o.wholesaler,
        o.partnership,
        o.candidate,
        1,
        coalesce(r.rank, 0),
        w.buffer,
        w.cap,
        'gtin',
        o.withdrawals,
        o.candidate_withdrawals,
        $3
    FROM (
        SELECT
            u.retailer,
            u.wholesaler,
            u.partnership,
            u.variant,
            u.candidate,
            u.withdrawals,
            u.candidate_withdrawals,
            row_number() OVER (ORDER BY u.variant) AS number
        FROM matching_outcomes AS u
        WHERE u.wholesaler = $1 AND u.partnership = $2 AND u.outcome = 'matchable'
    ) AS o
    INNER JOIN unnest($4::uuid[]) WITH ORDINALITY AS i (id, number) ON o.number = i.number
    LEFT JOIN LATERAL (
        SELECT x.rank
        FROM product_matches AS x
        WHERE x.partnership = o.partnership AND x.variant = o.variant
        ORDER BY x.id DESC
        LIMIT 1
    ) AS r ON true
    LEFT JOIN LATERAL (
        SELECT
            x.buffer,
            x.cap
        FROM product_matches AS x
        WHERE
            x.wholesaler = o.wholesaler AND x.wholesaler_variant = o.candidate
            AND x.retailer = o.retailer AND x.partnership = o.partnership
        ORDER BY x.id DESC
        LIMIT 1
    ) AS w ON true
    ORDER BY o.variant
    ON CONFLICT (retailer, variant, partnership) WHERE ended_at IS NULL DO NOTHING
    RETURNING id
)

SELECT count(m.id) AS made
FROM made AS m;

-- name: list_outcomes
-- What matching makes of a retailer's active variants, by sku, from after one on: those of one
-- outcome ($5), among at most so many ($6). The last of these is always there, to go on from.
SELECT
    o.variant,
    o.sku,
    o.name,
    o.gtin,
    o.unit,
    o.outcome,
    o.candidate,
    o.candidate_sku,
    o.candidate_name,
    o.candidate_gtin,
    o.candidate_unit,
    o.factor,
    o.match,
    coalesce(o.outcome = $5, true) AS fits,
    v.number
FROM (
    SELECT
        v.id,
        row_number() OVER (ORDER BY v.sku) AS number
    FROM variants AS v
    WHERE v.organisation = $1 AND v.state = 'active' AND v.sku > $4
    ORDER BY v.sku
    LIMIT $6
) AS v
INNER JOIN matching_outcomes AS o
    ON o.retailer = $1 AND o.wholesaler = $2 AND o.partnership = $3 AND v.id = o.variant
WHERE coalesce(o.outcome = $5, true) OR v.number = $6
ORDER BY o.sku
LIMIT $7;

-- name: read_pair
-- The variants that a match by hand would join, and the match that the retailer's has already.
SELECT
    r.state,
    w.state AS wholesaler_state,
    m.id AS match,
    coalesce(
        k.id IS NOT NULL AND r.state = 'active' AND r.withdrawals = m.withdrawals, false
    ) AS is_live
FROM (SELECT $1::uuid AS retailer) AS one
LEFT JOIN variants AS r
    ON one.retailer = r.organisation AND r.id = $2 AND r.state <> 'deleted'
LEFT JOIN variants AS w
    ON w.organisation = $3 AND w.id = $4 AND w.state <> 'deleted'
LEFT JOIN product_matches AS m
    ON one.retailer = m.retailer AND m.variant = $2 AND m.partnership = $5 AND m.ended_at IS NULL
LEFT JOIN variants AS k
    ON
        m.wholesaler = k.organisation AND m.wholesaler_variant = k.id AND k.state = 'active'
        AND m.wholesaler_withdrawals = k.withdrawals;

-- name: insert_match
-- Match two variants, if both are still active; the terms are those of the last match, but for a
-- rank that was chosen. Nothing is returned where the retailer's is matched already.
INSERT INTO product_matches (
    retailer, id, variant, wholesaler, partnership, wholesaler_variant, factor, rank, buffer, cap,
    matched_by, withdrawals, wholesaler_withdrawals, created_at
)
SELECT
    r.organisation,
    $1::uuid,
    r.id,
    w.organisation,
    $2::uuid,
    w.id,
    $3::integer,
    coalesce($4::smallint, f.rank, 0),
    t.buffer,
    t.cap,
    $5::text,
    r.withdrawals,
    w.withdrawals,
    $6::timestamptz
FROM variants AS r
INNER JOIN variants AS w ON w.organisation = $9 AND w.id = $10 AND w.state = 'active'
LEFT JOIN LATERAL (
    SELECT x.rank
    FROM product_matches AS x
    WHERE x.partnership = $2 AND x.variant = r.id
    ORDER BY x.id DESC
    LIMIT 1
) AS f ON true
LEFT JOIN LATERAL (
    SELECT
        x.buffer,
        x.cap
    FROM product_matches AS x
    WHERE
        x.wholesaler = w.organisation AND x.wholesaler_variant = w.id
        AND x.retailer = r.organisation AND x.partnership = $2
    ORDER BY x.id DESC
    LIMIT 1
) AS t ON true
WHERE r.organisation = $7 AND r.id = $8 AND r.state = 'active'
ON CONFLICT (retailer, variant, partnership) WHERE ended_at IS NULL DO NOTHING
RETURNING id;

-- name: end_match
-- End a match that has not ended.
UPDATE product_matches AS m
SET ended_at = $3, end_reason = $4
WHERE m.retailer = $1 AND m.id = $2 AND m.ended_at IS NULL
RETURNING m.id;

-- name: update_match
-- Write a match's terms.
UPDATE product_matches AS m
SET rank = $3, buffer = $4, cap = $5
WHERE m.retailer = $1 AND m.id = $2 AND m.ended_at IS NULL
RETURNING m.id;

-- name: find_counterpart
-- What matching makes of the retailer's variant that has a wholesaler's variant's GTIN, and a match
-- in the partnership that counts and has that wholesaler's variant already.
SELECT
    r.id AS variant,
    CASE WHEN r.state = 'active' THEN o.outcome ELSE 'inactive' END AS outcome,
    o.match,
    (
        SELECT k.id
        FROM known_matches AS k
        WHERE
            k.wholesaler = w.organisation AND k.wholesaler_variant = w.id
            AND k.retailer = p.retailer AND k.partnership = p.id
            AND (k.reason IS NULL OR k.reason LIKE 'partnership_%')
        ORDER BY k.id
        LIMIT 1
    ) AS matched
FROM partnerships AS p
INNER JOIN variants AS w ON p.wholesaler = w.organisation AND w.id = $3
LEFT JOIN variants AS r
    ON
        p.retailer = r.organisation AND lpad(w.gtin, 14, '0') = lpad(r.gtin, 14, '0')
        AND r.gtin IS NOT NULL AND r.state <> 'deleted'
LEFT JOIN matching_outcomes AS o
    ON o.wholesaler = p.wholesaler AND o.partnership = p.id AND r.id = o.variant
WHERE p.wholesaler = $1 AND p.id = $2;

-- name: read_matches
-- Matches of an organisation, on either side: one by its id, or those of its variant that have not
-- ended, by id, from after one on.
SELECT
    k.retailer,
    k.id,
    k.wholesaler,
    k.partnership,
    k.variant,
    k.sku,
    k.name,
    k.gtin,
    k.unit,
    k.wholesaler_variant,
    k.wholesaler_sku,
    k.wholesaler_name,
    k.wholesaler_gtin,
    k.wholesaler_unit,
    k.factor,
    k.rank,
    k.buffer,
    k.cap,
    k.partnership_buffer,
    k.partnership_cap,
    k.matched_by,
    k.created_at,
    k.ended_at,
    k.reason
FROM known_matches AS k
WHERE
    (k.id = $2 AND (k.retailer = $1 OR k.wholesaler = $1))
    OR (
        k.ended_at IS NULL AND k.id > $4
        AND (
            (k.retailer = $1 AND k.variant = $3)
            OR (k.wholesaler = $1 AND k.wholesaler_variant = $3)
        )
    )
ORDER BY k.id
LIMIT $5;

-- name: list_matches_of_partnership
-- The matches of a partnership, by the retailer's variant, from after one on; ended ones if wanted.
SELECT
    k.retailer,
    k.id,
    k.wholesaler,
    k.partnership,
    k.variant,
    k.sku,
    k.name,
    k.gtin,
    k.unit,
    k.wholesaler_variant,
    k.wholesaler_sku,
    k.wholesaler_name,
    k.wholesaler_gtin,
    k.wholesaler_unit,
    k.factor,
    k.rank,
    k.buffer,
    k.cap,
    k.partnership_buffer,
    k.partnership_cap,
    k.matched_by,
    k.created_at,
    k.ended_at,
    k.reason
FROM known_matches AS k
WHERE
    k.wholesaler = $1 AND k.partnership = $2 AND (k.variant, k.id) > ($3::uuid, $4::uuid)
    AND (k.ended_at IS NULL OR $5)
ORDER BY k.variant, k.id
LIMIT $6;

-- name: search_matches
-- The matches of a partnership that fit, by the retailer's variant, from after one on: those in one
-- state ($5), with a text in a sku or name of either side ($6), among at most so many ($7). The last
-- of these is always there, to go on from.
SELECT
    k.retailer,
    k.id,
    k.wholesaler,
    k.partnership,
    k.variant,
    k.sku,
    k.name,
    k.gtin,
    k.unit,
    k.wholesaler_variant,
    k.wholesaler_sku,
    k.wholesaler_name,
    k.wholesaler_gtin,
    k.wholesaler_unit,
    k.factor,
    k.rank,
    k.buffer,
    k.cap,
    k.partnership_buffer,
    k.partnership_cap,
    k.matched_by,
    k.created_at,
    k.ended_at,
    k.reason,
    f.fits,
    m.number
FROM (
    SELECT
        s.retailer,
        s.id,
        row_number() OVER (ORDER BY s.variant, s.id) AS number
    FROM product_matches AS s
    WHERE
        s.wholesaler = $1 AND s.partnership = $2 AND (s.variant, s.id) > ($3::uuid, $4::uuid)
        AND ($5::text IS NOT DISTINCT FROM 'ended') = (s.ended_at IS NOT NULL)
    ORDER BY s.variant, s.id
    LIMIT $7
) AS m
INNER JOIN known_matches AS k ON m.retailer = k.retailer AND m.id = k.id
CROSS JOIN LATERAL (
    SELECT
        coalesce($5::text = 'ended' OR (k.reason IS NULL) = ($5::text = 'active'), true)
        AND coalesce(
            strpos(
                lower(concat_ws(' ', k.sku, k.name, k.wholesaler_sku, k.wholesaler_name)),
                lower($6::text)
            ) > 0,
            true
        ) AS fits
) AS f
WHERE f.fits OR m.number = $7
ORDER BY k.variant, k.id
LIMIT $8;

-- name: count_matches
-- How many matches of some partnerships of an organisation count, and how many do not though nobody
-- ended them; of each partnership at most so many are looked at.
SELECT
    p.id AS partnership,
    count(k.id) FILTER (WHERE k.reason IS NULL) AS active,
    count(k.id) FILTER (
        WHERE k.reason IN ('variant_deactivated', 'wholesaler_variant_deactivated')
    ) AS inactive,
    count(k.id) AS seen
FROM unnest($2::uuid[]) AS w (id)
INNER JOIN partnerships AS p ON w.id = p.id AND (p.wholesaler = $1 OR p.retailer = $1)
LEFT JOIN LATERAL (
    SELECT
        x.id,
        x.reason
    FROM known_matches AS x
    WHERE x.wholesaler = p.wholesaler AND x.partnership = p.id AND x.ended_at IS NULL
    LIMIT $3
) AS k ON true
GROUP BY p.id;
