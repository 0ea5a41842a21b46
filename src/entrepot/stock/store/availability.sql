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
