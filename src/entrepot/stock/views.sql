-- name: list_position_lines
-- An owner's positions as lines of a sheet, by sku and location code from those given on, as text.
SELECT
    v.sku,
    v.name,
    l.code,
    trim_scale(p.on_hand)::text AS on_hand,
    p.version::text AS version,
    trim_scale(p.held)::text AS held,
    trim_scale(p.allocated)::text AS allocated,
    trim_scale(p.available)::text AS available
FROM variants AS v
INNER JOIN current_positions AS p ON v.organisation = p.owner AND v.id = p.variant
INNER JOIN locations AS l ON p.owner = l.organisation AND p.location = l.id
WHERE
    v.organisation = $1
    AND v.sku >= $2 AND (v.sku > $2 OR l.code > $3)
    AND v.state <> 'deleted'
ORDER BY v.sku, l.code
LIMIT $4;
