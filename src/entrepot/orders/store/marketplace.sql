-- name: read_market_facts
-- What orders of marketplaces rest on beside the core's facts, one row kind a branch (column
-- `what`): variants as they are sold now, marketplaces, sellers, and external ids that are taken.
SELECT
    1 AS what,
    w.i,
    v.product AS id,
    p.legacy_id AS l1,
    v.legacy_id AS l2,
    p.name AS t1,
    v.name AS t2,
    v.sku AS t3,
    v.gtin AS t4,
    v.pricing_model AS t5,
    v.vat_rate AS n1,
    v.retail_price AS n2,
    v.wholesale_price AS n3,
    NULL::text[] AS a
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w (owner, variant, i)
INNER JOIN variants AS v ON w.owner = v.organisation AND w.variant = v.id
INNER JOIN products AS p ON v.organisation = p.organisation AND v.product = p.id
UNION ALL
SELECT
    2,
    w.i,
    NULL, NULL, NULL,
    o.country,
    o.currency,
    NULL, NULL, NULL, NULL, NULL, NULL,
    o.wholesale_countries
FROM unnest($3::uuid[]) WITH ORDINALITY AS w (organisation, i)
INNER JOIN organisations AS o ON w.organisation = o.id
UNION ALL
SELECT
    3,
    w.i,
    NULL, NULL, NULL,
    o.name,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM unnest($4::uuid[]) WITH ORDINALITY AS w (seller, i)
INNER JOIN organisations AS o ON w.seller = o.id
UNION ALL
SELECT
    4,
    w.i,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM unnest($5::uuid[], $6::text[], $7::text[]) WITH ORDINALITY AS w (organisation, key, value, i)
WHERE EXISTS (
    SELECT 1
    FROM order_external_ids AS e
    WHERE
        e.organisation = w.organisation AND e.owner_type = 'order'
        AND e.key = w.key AND e.value = w.value
);

-- name: write_marketplace_orders
-- What marketplaces' new orders have beside their core: themselves, who sells in them, invoices,
-- lines, adjustments and external ids, each as a JSON array of rows. The numbers they were given
-- come back by the kind of row (`what`), in any order.
WITH ordered AS (
    INSERT INTO marketplace_orders (
        organisation, order_id, token, currency, minor_digits, country, buyer, payment_details,
        metadata, subtotal, postage, tax, adjusted, total, created_at, updated_at
    )
    SELECT
        w.organisation,
        w.order_id,
        w.token,
        w.currency,
        w.minor_digits,
        w.country,
        w.buyer,
        w.payment_details::json,
        w.metadata,
        w.subtotal,
        w.postage,
        w.tax,
        w.adjusted,
        w.total,
        $7::timestamptz,
        $7::timestamptz
    FROM
        json_to_recordset($1::json)
        AS w (
            organisation uuid, order_id uuid, token uuid, currency text, minor_digits smallint,
            country text, buyer json, payment_details text, metadata json, subtotal integer,
            postage integer, tax integer, adjusted integer, total integer
        )
    RETURNING order_id, legacy_id
),

sold AS (
    INSERT INTO order_sellers (organisation, order_id, seller, pricing_model)
    SELECT
        w.organisation,
        w.order_id,
        w.seller,
        w.pricing_model
    FROM
        json_to_recordset($2::json)
        AS w (organisation uuid, order_id uuid, seller uuid, pricing_model text)
    RETURNING 1
),

invoiced AS (
    INSERT INTO seller_invoices (
        organisation, id, order_id, seller, delivery_type, pricing_model, subtotal, postage, tax,
        adjusted, withheld, total, owed, metadata, created_at, paid_at, updated_at
    )
    SELECT
        w.organisation,
        w.id,
        w.order_id,
        w.seller,
        w.delivery_type,
        w.pricing_model,
        w.subtotal,
        w.postage,
        w.tax,
        w.adjusted,
        w.withheld,
        w.total,
        w.owed,
        w.metadata,
        $7::timestamptz,
        $7::timestamptz,
        $7::timestamptz
    FROM
        json_to_recordset($3::json)
        AS w (
            organisation uuid, id uuid, order_id uuid, seller uuid, delivery_type text,
            pricing_model text, subtotal integer, postage integer, tax integer, adjusted integer,
            withheld integer, total integer, owed integer, metadata json
        )
    RETURNING id, legacy_id
),

lined AS (
    INSERT INTO marketplace_lines (
        organisation, order_id, line_no, invoice, seller, cost, cost_tax, tax_rate, postage,
        postage_tax, postage_tax_rate, pricing_model, wholesale_price, owed, product,
        product_legacy_id, product_name, variant_legacy_id, variant_name, sku, gtin, metadata
    )
    SELECT
        w.organisation,
        w.order_id,
        w.line_no,
        w.invoice,
        w.seller,
        w.cost,
        w.cost_tax,
        w.tax_rate,
        w.postage,
        w.postage_tax,
        w.postage_tax_rate,
        w.pricing_model,
        w.wholesale_price,
        w.owed,
        w.product,
        w.product_legacy_id,
        w.product_name,
        w.variant_legacy_id,
        w.variant_name,
        w.sku,
        w.gtin,
        w.metadata
    FROM
        json_to_recordset($4::json)
        AS w (
            organisation uuid, order_id uuid, line_no integer, invoice uuid, seller uuid,
            cost integer, cost_tax integer, tax_rate numeric, postage integer,
            postage_tax integer, postage_tax_rate numeric, pricing_model text,
            wholesale_price numeric, owed integer, product uuid, product_legacy_id integer,
            product_name text, variant_legacy_id integer, variant_name text, sku text, gtin text,
            metadata json
        )
    RETURNING 1
),

adjusted AS (
    INSERT INTO order_adjustments (
        organisation, order_id, adjustment_no, invoice, line_no, kind, amount, withheld,
        description, source
    )
    SELECT
        w.organisation,
        w.order_id,
        w.adjustment_no,
        w.invoice,
        w.line_no,
        w.kind,
        w.amount,
        w.withheld,
        w.description,
        w.source
    FROM
        json_to_recordset($5::json)
        AS w (
            organisation uuid, order_id uuid, adjustment_no integer, invoice uuid,
            line_no integer, kind text, amount integer, withheld integer, description text,
            source text
        )
    RETURNING 1
),

named AS (
    INSERT INTO order_external_ids (organisation, owner_type, subject, line_no, key, value)
    SELECT
        w.organisation,
        w.owner_type,
        w.subject,
        w.line_no,
        w.key,
        w.value
    FROM
        json_to_recordset($6::json)
        AS w (
            organisation uuid, owner_type text, subject uuid, line_no integer, key text,
            value text
        )
    RETURNING 1
)

SELECT
    'order' AS what,
    o.order_id AS id,
    o.legacy_id::bigint AS number
FROM ordered AS o
UNION ALL
SELECT
    'invoice',
    i.id,
    i.legacy_id
FROM invoiced AS i
UNION ALL
SELECT
    'rows',
    NULL,
    (SELECT count(*) FROM sold) + (SELECT count(*) FROM lined)
    + (SELECT count(*) FROM adjusted) + (SELECT count(*) FROM named);

-- name: offers_wholesale
-- Whether some marketplace that a seller is on offers wholesale prices in its country; true for who is
-- on none.
SELECT coalesce(bool_or(o.country = ANY(o.wholesale_countries)), true)
FROM trading_rights AS r
INNER JOIN organisations AS o ON r.buyer = o.id
WHERE r.seller = $1 AND r.kind = 'marketplace' AND r.state <> 'ended';

-- name: read_market_sides
-- Whether an organisation runs a marketplace, and whether it sells on one. A right that has ended
-- counts: what was ordered under it stays.
SELECT
    EXISTS (
        SELECT 1
        FROM trading_rights AS r
        WHERE r.buyer = $1 AND r.kind = 'marketplace'
    ) AS runs_one,
    EXISTS (
        SELECT 1
        FROM trading_rights AS r
        WHERE r.seller = $1 AND r.kind = 'marketplace'
    ) AS sells_on_one;

-- name: read_market_order
-- What is known of a locked order of a marketplace that is changed.
SELECT
    m.legacy_id,
    m.buyer,
    m.payment_details,
    m.is_under_review
FROM marketplace_orders AS m
WHERE m.organisation = $1 AND m.order_id = $2;

-- name: update_market_order
-- Write what was changed of a marketplace's order; its invoices were changed with it.
WITH changed AS (
    UPDATE marketplace_orders AS m
    SET buyer = $3::json, payment_details = $4::json, is_under_review = $5, updated_at = $6
    WHERE m.organisation = $1 AND m.order_id = $2
    RETURNING m.organisation, m.order_id
)

UPDATE seller_invoices AS i
SET updated_at = $6
FROM changed AS c
WHERE i.organisation = c.organisation AND i.order_id = c.order_id;
