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

-- name: find_location
-- One location of an organisation by its id.
SELECT
    l.id,
    l.code,
    l.name,
    l.rank,
    l.ships_orders
FROM locations AS l
WHERE l.organisation = $1 AND l.id = $2;

-- name: list_suppliers
-- An organisation's suppliers in these states by name, from after the one given on.
SELECT
    s.id,
    s.name,
    s.email,
    s.backorders_allowed,
    s.backorder_threshold,
    s.state,
    s.created_at,
    s.partnership
FROM unnest($2::text[]) AS w (state)
CROSS JOIN LATERAL (
    SELECT
        u.id,
        u.name_key,
        u.name,
        u.email,
        u.backorders_allowed,
        u.backorder_threshold,
        u.state,
        u.created_at,
        u.partnership
    FROM suppliers AS u
    WHERE
        u.organisation = $1
        AND u.state = w.state
        AND (u.name_key, u.id) > ($3, $4::uuid)
    ORDER BY u.name_key, u.id
    LIMIT $5
) AS s
ORDER BY s.name_key, s.id
LIMIT $5;

-- name: find_supplier
-- One supplier of an organisation by its id, also a deleted one.
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
WHERE s.organisation = $1 AND s.id = $2;

-- name: find_suppliers_by_name
-- An organisation's suppliers of these names; deleted ones are left out.
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
ORDER BY s.name_key;

-- name: list_products
-- An organisation's products by id, from after the one given on.
SELECT
    p.id,
    p.legacy_id,
    p.name,
    p.created_at
FROM products AS p
WHERE p.organisation = $1 AND p.id > $2
ORDER BY p.id
LIMIT $3;

-- name: find_product
-- One product of an organisation by its id.
SELECT
    p.id,
    p.legacy_id,
    p.name,
    p.created_at
FROM products AS p
WHERE p.organisation = $1 AND p.id = $2;

-- name: list_variants
-- An organisation's variants in these states by sku, from after the one given on.
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
FROM unnest($2::text[]) AS w (state)
CROSS JOIN LATERAL (
    SELECT
        u.id,
        u.legacy_id,
        u.product,
        u.sku,
        u.name,
        u.gtin,
        u.unit,
        u.pricing_model,
        u.retail_price,
        u.wholesale_price,
        u.purchase_price,
        u.vat_rate,
        u.whole_units,
        u.unlimited,
        u.is_orderable,
        u.order_quantity_min,
        u.order_quantity_multiple,
        u.units_per_case,
        u.supplier,
        u.supplier_sku,
        u.state,
        u.created_at
    FROM variants AS u
    WHERE u.organisation = $1 AND u.state = w.state AND u.sku > $3
    ORDER BY u.sku
    LIMIT $4
) AS v
ORDER BY v.sku
LIMIT $4;

-- name: list_variants_of_supplier
-- An organisation's variants of a supplier in these states by sku, from after the one given on.
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
FROM unnest($2::text[]) AS w (state)
CROSS JOIN LATERAL (
    SELECT
        u.id,
        u.legacy_id,
        u.product,
        u.sku,
        u.name,
        u.gtin,
        u.unit,
        u.pricing_model,
        u.retail_price,
        u.wholesale_price,
        u.purchase_price,
        u.vat_rate,
        u.whole_units,
        u.unlimited,
        u.is_orderable,
        u.order_quantity_min,
        u.order_quantity_multiple,
        u.units_per_case,
        u.supplier,
        u.supplier_sku,
        u.state,
        u.created_at
    FROM variants AS u
    WHERE u.organisation = $1 AND u.supplier = $5 AND u.state = w.state AND u.sku > $3
    ORDER BY u.sku
    LIMIT $4
) AS v
ORDER BY v.sku
LIMIT $4;

-- name: list_variants_of_products
-- The variants of these products of an organisation by product and sku, without deleted ones.
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
WHERE v.organisation = $1 AND v.product = ANY($2::uuid[]) AND v.state <> 'deleted'
ORDER BY v.product, v.sku;

-- name: find_variants
-- An organisation's variants with these skus, in these states.
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
WHERE v.organisation = $1 AND v.sku = ANY($2::text[]) AND v.state = ANY($3::text[])
ORDER BY v.sku;

-- name: find_variants_by_gtin
-- An organisation's variants with these GTINs, each with all its digits; without deleted ones.
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
WHERE
    v.organisation = $1
    AND lpad(v.gtin, 14, '0') = ANY($2::text[])
    AND v.gtin IS NOT NULL
    AND v.state <> 'deleted'
ORDER BY v.sku;

-- name: find_variant
-- One variant of an organisation by its id, unless it was deleted.
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
WHERE v.organisation = $1 AND v.id = $2 AND v.state <> 'deleted';

-- name: list_product_lines
-- An organisation's variants as lines of a sheet, by sku from after the one given on, all as text.
SELECT
    v.sku,
    v.name,
    p.name AS product_name,
    v.gtin,
    v.unit,
    v.pricing_model,
    trim_scale(v.retail_price)::text AS retail_price,
    trim_scale(v.wholesale_price)::text AS wholesale_price,
    trim_scale(v.purchase_price)::text AS purchase_price,
    trim_scale(v.vat_rate)::text AS vat_rate,
    CASE WHEN v.whole_units THEN 'yes' ELSE 'no' END AS whole_units,
    CASE WHEN v.unlimited THEN 'yes' ELSE 'no' END AS unlimited,
    CASE WHEN v.is_orderable THEN 'yes' ELSE 'no' END AS is_orderable,
    trim_scale(v.order_quantity_min)::text AS order_quantity_min,
    trim_scale(v.order_quantity_multiple)::text AS order_quantity_multiple,
    v.units_per_case::text AS units_per_case,
    s.name AS supplier_name,
    v.supplier_sku,
    v.state
FROM variants AS v
INNER JOIN products AS p ON v.organisation = p.organisation AND v.product = p.id
LEFT JOIN suppliers AS s
    ON v.organisation = s.organisation AND v.supplier = s.id AND s.state <> 'deleted'
WHERE v.organisation = $1 AND v.sku > $2 AND v.state <> 'deleted'
ORDER BY v.sku
LIMIT $3;
