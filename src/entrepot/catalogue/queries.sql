-- name: insert_location
-- Make a location, unless its organisation has one with that code.
INSERT INTO locations (organisation, id, code, name, rank, ships_orders)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (organisation, code) DO NOTHING
RETURNING id;

-- name: list_locations
-- An organisation's locations, in the order in which orders ship from them.
SELECT
    l.id,
    l.code,
    l.name,
    l.rank,
    l.ships_orders
FROM locations AS l
WHERE l.organisation = $1
ORDER BY l.rank, l.id;

-- name: insert_products
-- Make products.
INSERT INTO products (organisation, id, name, created_at)
SELECT
    $1::uuid,
    w.id,
    w.name,
    $2::timestamptz
FROM unnest($3::uuid[], $4::text[]) AS w (id, name);

-- name: insert_variants
-- Make variants, but for those whose sku is taken, in the order of their skus.
INSERT INTO variants (
    organisation, id, product, sku, name, unit, pricing_model, retail_price, whole_units,
    unlimited, is_orderable, order_quantity_min, order_quantity_multiple, created_at
)
SELECT
    $1::uuid,
    w.id,
    w.product,
    w.sku,
    w.name,
    w.unit,
    w.pricing_model,
    w.retail_price,
    w.whole_units,
    w.unlimited,
    w.is_orderable,
    w.order_quantity_min,
    w.order_quantity_multiple,
    $2::timestamptz
FROM
    unnest(
        $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::numeric[],
        $10::boolean[], $11::boolean[], $12::boolean[], $13::numeric[], $14::numeric[]
    )
    AS w (
        id, product, sku, name, unit, pricing_model, retail_price,
        whole_units, unlimited, is_orderable, order_quantity_min, order_quantity_multiple
    )
ORDER BY w.sku
ON CONFLICT (organisation, sku) DO NOTHING
RETURNING sku;

-- name: list_variants
-- An organisation's variants by sku, from after the one given on; deleted ones are left out.
SELECT
    v.id,
    v.product,
    v.sku,
    v.name,
    v.unit,
    v.pricing_model,
    v.retail_price,
    v.whole_units,
    v.unlimited,
    v.is_orderable,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.state,
    v.created_at
FROM variants AS v
WHERE v.organisation = $1 AND v.sku > $2 AND v.state <> 'deleted'
ORDER BY v.sku
LIMIT $3;

-- name: find_variants
-- An organisation's variants with these skus; deleted ones are left out.
SELECT
    v.id,
    v.product,
    v.sku,
    v.name,
    v.unit,
    v.pricing_model,
    v.retail_price,
    v.whole_units,
    v.unlimited,
    v.is_orderable,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.state,
    v.created_at
FROM variants AS v
WHERE v.organisation = $1 AND v.sku = ANY($2::text[]) AND v.state <> 'deleted'
ORDER BY v.sku;

-- name: lock_variant
-- Lock one variant of an organisation, to change it.
SELECT
    v.id,
    v.product,
    v.sku,
    v.name,
    v.unit,
    v.pricing_model,
    v.retail_price,
    v.whole_units,
    v.unlimited,
    v.is_orderable,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.state,
    v.created_at
FROM variants AS v
WHERE v.organisation = $1 AND v.id = $2
FOR NO KEY UPDATE OF v;

-- name: set_variant_state
-- Put a locked variant into another state.
UPDATE variants AS v
SET state = $3
WHERE v.organisation = $1 AND v.id = $2
RETURNING v.id;

-- name: find_variant
-- One variant of an organisation by its id, unless it was deleted.
SELECT
    v.id,
    v.product,
    v.sku,
    v.name,
    v.unit,
    v.pricing_model,
    v.retail_price,
    v.whole_units,
    v.unlimited,
    v.is_orderable,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.state,
    v.created_at
FROM variants AS v
WHERE v.organisation = $1 AND v.id = $2 AND v.state <> 'deleted';
