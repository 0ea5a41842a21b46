-- name: read_references
-- The references of these orders of an organisation.
SELECT
    o.id,
    o.reference
FROM orders AS o
WHERE o.organisation = $1 AND o.id = ANY($2::uuid[]);
