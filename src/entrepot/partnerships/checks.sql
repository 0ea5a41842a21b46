-- name: consignment_rights_follow_partnerships
-- Two organisations have a consignment right if they have, or had, a partnership, and the right's
-- state follows from the partnership's: from the one that has not ended, if there is one.
-- do: Find out who wrote into the tables by hand; pause and resume the partnership to write the right.
SELECT
    coalesce(p.wholesaler, r.seller)::text || '/' || coalesce(p.retailer, r.buyer)::text AS subject,
    json_build_object(
        'partnership', p.id::text, 'partnership_state', p.state, 'right_state', r.state
    ) AS facts
FROM (
    SELECT DISTINCT ON (q.wholesaler, q.retailer)
        q.wholesaler,
        q.retailer,
        q.id,
        q.state
    FROM partnerships AS q
    ORDER BY q.wholesaler, q.retailer, (q.state = 'ended'), q.id DESC
) AS p
FULL JOIN (
    SELECT
        t.seller,
        t.buyer,
        t.state
    FROM trading_rights AS t
    WHERE t.kind = 'consignment'
) AS r
    ON p.wholesaler = r.seller AND p.retailer = r.buyer
WHERE
    r.state IS DISTINCT FROM CASE p.state
        WHEN 'active' THEN 'active'
        WHEN 'paused' THEN 'paused'
        WHEN 'ending' THEN 'paused'
        WHEN 'ended' THEN 'ended'
    END
LIMIT $1;

-- name: matches_are_between_partners
-- A product match joins a variant of its partnership's retailer with one of its wholesaler's.
-- do: End the match, and match the right variants; what passed by it stays as it is.
SELECT
    m.retailer::text || '/' || m.id::text AS subject,
    json_build_object(
        'partnership', m.partnership::text,
        'is_of_partnership', p.id IS NOT NULL,
        'variant', m.variant::text,
        'is_of_retailer', r.id IS NOT NULL,
        'wholesaler_variant', m.wholesaler_variant::text,
        'is_of_wholesaler', w.id IS NOT NULL
    ) AS facts
FROM product_matches AS m
LEFT JOIN partnerships AS p
    ON m.wholesaler = p.wholesaler AND m.partnership = p.id AND m.retailer = p.retailer
LEFT JOIN variants AS r ON m.retailer = r.organisation AND m.variant = r.id
LEFT JOIN variants AS w ON m.wholesaler = w.organisation AND m.wholesaler_variant = w.id
WHERE p.id IS NULL OR r.id IS NULL OR w.id IS NULL
LIMIT $1;

-- name: matches_end_with_their_partnership
-- In a partnership that has ended, every product match has ended.
-- do: End the match with `entrepot match end`; it counts for nothing meanwhile.
SELECT
    m.retailer::text || '/' || m.id::text AS subject,
    json_build_object('partnership', m.partnership::text, 'ended_at', p.ended_at::text) AS facts
FROM product_matches AS m
INNER JOIN partnerships AS p ON m.wholesaler = p.wholesaler AND m.partnership = p.id
WHERE m.ended_at IS NULL AND p.state = 'ended'
LIMIT $1;

-- name: fixed_prices_are_of_own_variants
-- A fixed price is of a variant of the wholesaler who agreed on it.
-- do: Find out who wrote into the table by hand; the price holds for nothing meanwhile.
SELECT
    f.wholesaler::text || '/' || f.partnership::text || '/' || f.variant::text AS subject,
    json_build_object(
        'valid_from', f.valid_from::text, 'unit_price', f.unit_price::text
    ) AS facts
FROM fixed_prices AS f
LEFT JOIN variants AS v ON f.wholesaler = v.organisation AND f.variant = v.id
WHERE v.id IS NULL
LIMIT $1;
