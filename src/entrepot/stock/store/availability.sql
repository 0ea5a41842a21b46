-- name: list_availability
-- What an owner can promise of its variants, from one to another but for the one read last: its own
-- at each location that orders ship from, and what each partner offers.
SELECT
    v.id AS variant,
    v.sku,
    v.state = 'active' AND v.is_orderable AS is_orderable,
    v.unlimited,
    s.own,
    s.locations,
    s.codes,
    s.availables,
    f.offered,
    f.is_boundless,
    f.matches,
    f.partnerships,
    f.partners,
    f.partner_names,
    f.ranks,
    f.factors,
    f.caps,
    f.offers
FROM (
    SELECT
        q.organisation,
        q.id,
        q.sku,
        q.state,
        q.is_orderable,
        q.unlimited
    FROM variants AS q
    WHERE
        q.organisation = $1::uuid AND q.id >= $2::uuid AND q.id <= $3::uuid
        AND q.id IS DISTINCT FROM $4::uuid
        AND q.state <> 'deleted'
    ORDER BY q.id
    LIMIT $5
) AS v
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(x.available), 0) AS own,
        coalesce(array_agg(x.location ORDER BY x.rank, x.location), '{}') AS locations,
        coalesce(array_agg(x.code ORDER BY x.rank, x.location), '{}') AS codes,
        coalesce(array_agg(x.available ORDER BY x.rank, x.location), '{}') AS availables
    FROM (
        SELECT
            l.id AS location,
            l.code,
            l.rank,
            p.available
        FROM current_positions AS p
        INNER JOIN locations AS l
            ON p.owner = l.organisation AND p.location = l.id AND l.ships_orders
        WHERE p.owner = v.organisation AND p.variant = v.id
    ) AS x
) AS s
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(y.offered), 0) AS offered,
        coalesce(bool_or(y.offered IS NULL), false) AS is_boundless,
        coalesce(array_agg(y.match ORDER BY y.rank, y.created_at, y.match), '{}') AS matches,
        coalesce(array_agg(y.partnership ORDER BY y.rank, y.created_at, y.match), '{}')
        AS partnerships,
        coalesce(array_agg(y.wholesaler ORDER BY y.rank, y.created_at, y.match), '{}') AS partners,
        coalesce(array_agg(w.name ORDER BY y.rank, y.created_at, y.match), '{}') AS partner_names,
        coalesce(array_agg(y.rank ORDER BY y.rank, y.created_at, y.match), '{}') AS ranks,
        coalesce(array_agg(y.factor ORDER BY y.rank, y.created_at, y.match), '{}') AS factors,
        coalesce(array_agg(y.cap ORDER BY y.rank, y.created_at, y.match), '{}') AS caps,
        coalesce(array_agg(y.offered ORDER BY y.rank, y.created_at, y.match), '{}') AS offers
    FROM partner_offers AS y
    INNER JOIN organisations AS w ON y.wholesaler = w.id
    WHERE y.retailer = v.organisation AND y.variant = v.id
) AS f
ORDER BY v.id;

-- name: list_shown
-- What is shown to each partner of an owner's variant, from after a (retailer, match) on, with what
-- that number is made of, in the owner's units but for the cap and what is offered.
SELECT
    y.match,
    y.partnership,
    y.retailer,
    r.name AS partner_name,
    y.sharing_policy,
    y.factor,
    y.allocation_left,
    y.pool,
    y.buffer,
    y.cap,
    y.offered
FROM partner_offers AS y
INNER JOIN organisations AS r ON y.retailer = r.id
WHERE
    y.wholesaler = $1::uuid AND y.wholesaler_variant = $2::uuid
    AND (y.retailer, y.match) > ($3::uuid, $4::uuid)
ORDER BY y.retailer, y.match
LIMIT $5;

-- name: is_variant_of
-- Whether an owner has a variant.
SELECT 1 AS one
FROM variants AS v
WHERE v.organisation = $1::uuid AND v.id = $2::uuid AND v.state <> 'deleted';

-- name: list_offered
-- What some matches of a partnership open to the retailer now, and the matches of some variants of
-- the wholesaler's; for an organisation on either side.
SELECT
    y.match,
    y.wholesaler_variant,
    y.variant,
    y.factor,
    y.offered
FROM partner_offers AS y
WHERE
    y.match = ANY($3::uuid[]) AND y.partnership = $2::uuid
    AND (y.retailer = $1::uuid OR y.wholesaler = $1::uuid)
UNION ALL
SELECT
    z.match,
    z.wholesaler_variant,
    z.variant,
    z.factor,
    z.offered
FROM partner_offers AS z
WHERE
    z.wholesaler = $1::uuid AND z.wholesaler_variant = ANY($4::uuid[]) AND z.partnership = $2::uuid;

-- name: count_unmatched
-- How many open allocations of some partnerships of an organisation cannot be drawn on, because the
-- retailer's product was not found when they were made and is not matched since.
SELECT
    p.id AS partnership,
    count(a.id) AS allocations
FROM unnest($2::uuid[]) AS w (id)
INNER JOIN partnerships AS p ON w.id = p.id AND (p.wholesaler = $1::uuid OR p.retailer = $1::uuid)
INNER JOIN allocations AS a
    ON
        p.wholesaler = a.owner AND p.id = a.partnership
        AND a.state = 'open' AND a.match_failure IS NOT NULL
        AND (a.valid_until IS NULL OR a.valid_until > statement_timestamp())
WHERE
    NOT EXISTS (
        SELECT 1
        FROM active_matches AS m
        WHERE
            m.wholesaler = a.owner AND m.wholesaler_variant = a.variant
            AND m.retailer = a.retailer AND m.partnership = a.partnership
    )
GROUP BY p.id;
