-- name: read_drawn
-- Read, without locks, whom a batch may draw on: the active matches of variants, and the transfers
-- that acts on orders may reverse. Their partnerships and positions are to be locked.
SELECT
    m.partnership,
    m.wholesaler,
    m.wholesaler_variant,
    m.retailer,
    m.variant,
    m.unlimited AS is_unlimited
FROM unnest($1::uuid[], $2::uuid[]) AS w (owner, variant)
INNER JOIN active_matches AS m ON w.owner = m.retailer AND w.variant = m.variant
UNION
SELECT
    t.partnership,
    t.wholesaler,
    t.wholesaler_variant,
    t.retailer,
    t.variant,
    v.unlimited AS is_unlimited
FROM unnest($3::uuid[], $4::uuid[]) AS w (organisation, order_id)
INNER JOIN transfers AS t ON w.organisation = t.organisation AND w.order_id = t.order_id
INNER JOIN variants AS v ON t.wholesaler = v.organisation AND t.wholesaler_variant = v.id;

-- name: lock_partnerships
-- Keep partnerships as they are while a transfer or reversal may happen, in key order.
SELECT
    p.wholesaler,
    p.id
FROM partnerships AS p
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (wholesaler, id)
    ON p.wholesaler = w.wholesaler AND p.id = w.id
ORDER BY p.wholesaler, p.id
FOR SHARE OF p;

-- name: read_partnerships
-- The terms of locked partnerships that decide where a transfer is settled and what reverses one.
SELECT
    p.id,
    p.retailer,
    p.state,
    p.time_zone,
    p.closed_through,
    p.on_cancel_open_week,
    p.on_cancel_later
FROM partnerships AS p
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (wholesaler, id)
    ON p.wholesaler = w.wholesaler AND p.id = w.id;

-- name: read_partners
-- The active matches of variants, with the price that a transfer made now would carry.
SELECT
    m.retailer,
    m.variant,
    m.id,
    m.partnership,
    m.wholesaler,
    m.wholesaler_variant,
    m.factor,
    m.step,
    m.buffer,
    m.cap,
    m.sharing_policy = 'all_stock' AS is_all_stock,
    m.rank,
    m.created_at,
    a.unit_price,
    a.vat_rate,
    m.unlimited AS is_unlimited
FROM unnest($1::uuid[], $2::uuid[]) AS w (owner, variant)
INNER JOIN active_matches AS m ON w.owner = m.retailer AND w.variant = m.variant
LEFT JOIN agreed_prices AS a
    ON
        m.wholesaler = a.wholesaler AND m.partnership = a.partnership
        AND m.wholesaler_variant = a.variant;
