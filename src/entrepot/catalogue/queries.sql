-- name: insert_location
-- Make a location, unless its organisation has one with that code.
INSERT INTO locations (organisation, id, code, name, rank, ships_orders)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (organisation, code) DO NOTHING
RETURNING id;

-- name: lock_location
-- Lock one location of an organisation, to change it.
SELECT
    l.id,
    l.code,
    l.name,
    l.rank,
    l.ships_orders
FROM locations AS l
WHERE l.organisation = $1 AND l.id = $2
FOR NO KEY UPDATE OF l;

-- name: update_location
-- Write a locked location whole.
UPDATE locations AS l
SET code = $3, name = $4, rank = $5, ships_orders = $6
WHERE l.organisation = $1 AND l.id = $2
RETURNING l.id;

-- name: insert_supplier
-- Make a supplier, unless its organisation has one of that name.
INSERT INTO suppliers (
    organisation, id, name_key, name, email, backorders_allowed, backorder_threshold, state,
    created_at, partnership
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (organisation, name_key) WHERE state <> 'deleted' DO NOTHING
RETURNING id;

-- name: read_supplier_states
-- Which of these suppliers an organisation has, and their states.
SELECT
    s.id,
    s.state
FROM suppliers AS s
WHERE s.organisation = $1 AND s.id = ANY($2::uuid[]);

-- name: lock_supplier
-- Lock one supplier of an organisation, to change it.
SELECT
    s.id,
    s.name,
    s.email,
    s.backorders_allowed,
    s.backorder_threshold,
    s.state,
    s.created_at,
    s.partnership
FROM suppliers AS s
WHERE s.organisation = $1 AND s.id = $2
FOR NO KEY UPDATE OF s;

-- name: update_supplier
-- Write a locked supplier whole.
UPDATE suppliers AS s
SET
    name_key = $3,
    name = $4,
    email = $5,
    backorders_allowed = $6,
    backorder_threshold = $7,
    state = $8,
    partnership = $9
WHERE s.organisation = $1 AND s.id = $2
RETURNING s.id;

-- name: insert_legacy_ids
-- Give out chosen numbers, but for those that are taken, in their order.
INSERT INTO legacy_ids (kind, legacy_id)
SELECT
    w.kind,
    w.legacy_id
FROM unnest($1::text[], $2::integer[]) AS w (kind, legacy_id)
ORDER BY w.kind, w.legacy_id
ON CONFLICT (kind, legacy_id) DO NOTHING
RETURNING kind, legacy_id;

-- name: insert_products
-- Make products.
INSERT INTO products (organisation, id, name, legacy_id, created_at)
SELECT
    $1::uuid,
    w.id,
    w.name,
    coalesce(w.legacy_id, nextval('product_legacy_ids')),
    $2::timestamptz
FROM unnest($3::uuid[], $4::text[], $5::integer[]) AS w (id, name, legacy_id)
RETURNING id, legacy_id;

-- name: lock_product
-- Lock one product of an organisation, to change it.
SELECT
    p.id,
    p.legacy_id,
    p.name,
    p.created_at
FROM products AS p
WHERE p.organisation = $1 AND p.id = $2
FOR NO KEY UPDATE OF p;

-- name: update_product
-- Write a locked product whole.
UPDATE products AS p
SET name = $3
WHERE p.organisation = $1 AND p.id = $2
RETURNING p.id;

-- name: insert_variants
-- Make variants, but for those whose sku or GTIN is taken, in the order of their skus.
INSERT INTO variants (
    organisation, created_at, id, product, sku, name, gtin, unit, pricing_model, retail_price,
    wholesale_price, purchase_price, vat_rate, whole_units, unlimited, is_orderable,
    order_quantity_min, order_quantity_multiple, units_per_case, supplier, supplier_sku, state,
    legacy_id
)
SELECT
    $1::uuid,
    $2::timestamptz,
    w.id,
    w.product,
    w.sku,
    w.name,
    w.gtin,
    w.unit,
    w.pricing_model,
    w.retail_price,
    w.wholesale_price,
    w.purchase_price,
    w.vat_rate,
    w.whole_units,
    w.unlimited,
    w.is_orderable,
    w.order_quantity_min,
    w.order_quantity_multiple,
    w.units_per_case,
    w.supplier,
    w.supplier_sku,
    w.state,
    coalesce(w.legacy_id, nextval('variant_legacy_ids'))
FROM
    unnest(
        $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::boolean[],
        $15::boolean[], $16::boolean[], $17::numeric[], $18::numeric[], $19::integer[],
        $20::uuid[], $21::text[], $22::text[], $23::integer[]
    )
    AS w (
        id, product, sku, name, gtin, unit, pricing_model, retail_price, wholesale_price,
        purchase_price, vat_rate, whole_units, unlimited, is_orderable, order_quantity_min,
        order_quantity_multiple, units_per_case, supplier, supplier_sku, state, legacy_id
    )
ORDER BY w.sku
ON CONFLICT DO NOTHING
RETURNING id, legacy_id;

-- name: read_taken
-- Which of these skus, and of these GTINs with all their digits, an organisation's variants have.
SELECT
    v.sku AS taken_sku,
    NULL::text AS taken_gtin
FROM variants AS v
WHERE v.organisation = $1 AND v.sku = ANY($2::text[])
UNION ALL
SELECT
    NULL,
    lpad(v.gtin, 14, '0')
FROM variants AS v
WHERE
    v.organisation = $1
    AND lpad(v.gtin, 14, '0') = ANY($3::text[])
    AND v.gtin IS NOT NULL
    AND v.state <> 'deleted';

-- name: lock_variant
-- Lock one variant of an organisation, to change it.
SELECT
    v.id,
    v.legacy_id,
    v.product,
    v.sku,
    v.name,
    v.gtin,
    v.unit,
    v.pricing_model,
    v.retail_price,
    v.wholesale_price,
    v.purchase_price,
    v.vat_rate,
    v.whole_units,
    v.unlimited,
    v.is_orderable,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.units_per_case,
    v.supplier,
    v.supplier_sku,
    v.state,
    v.created_at
FROM variants AS v
WHERE v.organisation = $1 AND v.id = $2
FOR NO KEY UPDATE OF v;

-- name: update_variant
-- Write a locked variant whole, but for what is fixed when it is made.
UPDATE variants AS v
SET
    sku = $3,
    name = $4,
    gtin = $5,
    unit = $6,
    pricing_model = $7,
    retail_price = $8,
    wholesale_price = $9,
    purchase_price = $10,
    vat_rate = $11,
    whole_units = $12,
    is_orderable = $13,
    order_quantity_min = $14,
    order_quantity_multiple = $15,
    units_per_case = $16,
    supplier = $17,
    supplier_sku = $18,
    state = $19,
    withdrawals = v.withdrawals + (v.state = 'active' AND $19 <> 'active')::integer
WHERE v.organisation = $1 AND v.id = $2
RETURNING v.id;

-- name: lock_variants_by_sku
-- Lock an organisation's variants with these skus, also deleted ones.
SELECT
    v.id,
    v.product,
    v.sku,
    v.name,
    v.gtin,
    v.unit,
    v.pricing_model,
    v.retail_price,
    v.wholesale_price,
    v.purchase_price,
    v.vat_rate,
    v.whole_units,
    v.unlimited,
    v.is_orderable,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.units_per_case,
    v.supplier,
    v.supplier_sku,
    v.state,
    v.legacy_id
FROM variants AS v
WHERE v.organisation = $1 AND v.sku = ANY($2::text[])
ORDER BY v.sku
FOR NO KEY UPDATE OF v;

-- name: read_product_names
-- The names of these products of an organisation.
SELECT
    p.id,
    p.name
FROM products AS p
WHERE p.organisation = $1 AND p.id = ANY($2::uuid[]);

-- name: find_product_ids
-- The oldest of an organisation's products of each of these names.
SELECT DISTINCT ON (p.name)
    p.name,
    p.id
FROM products AS p
WHERE p.organisation = $1 AND p.name = ANY($2::text[])
ORDER BY p.name, p.id;

-- name: update_variants
-- Write locked variants whole, but for what is fixed and the skus that they are known by.
UPDATE variants AS v
SET
    name = w.name,
    gtin = w.gtin,
    unit = w.unit,
    pricing_model = w.pricing_model,
    retail_price = w.retail_price,
    wholesale_price = w.wholesale_price,
    purchase_price = w.purchase_price,
    vat_rate = w.vat_rate,
    whole_units = w.whole_units,
    is_orderable = w.is_orderable,
    order_quantity_min = w.order_quantity_min,
    order_quantity_multiple = w.order_quantity_multiple,
    units_per_case = w.units_per_case,
    supplier = w.supplier,
    supplier_sku = w.supplier_sku,
    state = w.state,
    withdrawals = v.withdrawals + (v.state = 'active' AND w.state <> 'active')::integer
FROM
    unnest(
        $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[],
        $8::numeric[], $9::numeric[], $10::numeric[], $11::boolean[], $12::boolean[],
        $13::numeric[], $14::numeric[], $15::integer[], $16::uuid[], $17::text[], $18::text[]
    )
    AS w (
        id, name, gtin, unit, pricing_model, retail_price, wholesale_price, purchase_price,
        vat_rate, whole_units, is_orderable, order_quantity_min, order_quantity_multiple,
        units_per_case, supplier, supplier_sku, state
    )
WHERE v.organisation = $1 AND v.id = w.id
RETURNING v.id;

-- name: lock_suppliers_by_name
-- Lock an organisation's suppliers of these names; deleted ones are left out.
SELECT
    s.id,
    s.name,
    s.email,
    s.backorders_allowed,
    s.backorder_threshold,
    s.state,
    s.created_at,
    s.partnership
FROM suppliers AS s
WHERE s.organisation = $1 AND s.name_key = ANY($2::text[]) AND s.state <> 'deleted'
ORDER BY s.name_key
FOR NO KEY UPDATE OF s;

-- name: lock_likely_suppliers
-- Lock an organisation's suppliers of these names or partnerships; deleted ones are left out.
SELECT
    s.id,
    s.name,
    s.email,
    s.backorders_allowed,
    s.backorder_threshold,
    s.state,
    s.created_at,
    s.partnership
FROM suppliers AS s
WHERE
    s.organisation = $1 AND s.state <> 'deleted'
    AND (s.name_key = ANY($2::text[]) OR s.partnership = ANY($3::uuid[]))
ORDER BY s.name_key
FOR NO KEY UPDATE OF s;

-- name: insert_suppliers
-- Make suppliers, but for those whose name is taken.
INSERT INTO suppliers (
    organisation, id, name_key, name, email, backorders_allowed, backorder_threshold, state,
    created_at, partnership
)
SELECT
    $1::uuid,
    w.id,
    w.name_key,
    w.name,
    w.email,
    w.backorders_allowed,
    w.backorder_threshold,
    w.state,
    w.created_at,
    w.partnership
FROM
    unnest(
        $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::smallint[],
        $8::text[], $9::timestamptz[], $10::uuid[]
    )
    AS w (
        id, name_key, name, email, backorders_allowed, backorder_threshold, state, created_at,
        partnership
    )
ORDER BY w.name_key
ON CONFLICT (organisation, name_key) WHERE state <> 'deleted' DO NOTHING
RETURNING id;

-- name: update_suppliers
-- Write locked suppliers whole.
UPDATE suppliers AS s
SET
    name_key = w.name_key,
    name = w.name,
    email = w.email,
    backorders_allowed = w.backorders_allowed,
    backorder_threshold = w.backorder_threshold,
    state = w.state
FROM
    unnest(
        $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::smallint[],
        $8::text[]
    )
    AS w (id, name_key, name, email, backorders_allowed, backorder_threshold, state)
WHERE s.organisation = $1 AND s.id = w.id
RETURNING s.id;
