-- name: list_marketplace_orders
-- Orders of a marketplace, newest first from before one on; or the one with an id or a number, or
-- that others call so. Only what was asked for is looked at.
WITH sought AS (
    (
        SELECT m.order_id
        FROM marketplace_orders AS m
        WHERE
            m.organisation = $1 AND m.order_id < $2 AND m.order_id >= $3
            AND m.created_at >= $4
            AND $5::uuid IS NULL AND $6::integer IS NULL AND $7::text IS NULL
        ORDER BY m.order_id DESC
        LIMIT $9
    )
    UNION ALL
    (
        SELECT m.order_id
        FROM marketplace_orders AS m
        WHERE m.organisation = $1 AND m.order_id = $5
    )
    UNION ALL
    (
        SELECT m.order_id
        FROM marketplace_orders AS m
        WHERE m.organisation = $1 AND m.legacy_id = $6
    )
    UNION ALL
    (
        SELECT e.subject
        FROM order_external_ids AS e
        WHERE
            e.organisation = $1 AND e.owner_type = 'order' AND e.key = $7 AND e.value = $8
            AND $6::integer IS NULL
    )
)

SELECT
    m.organisation,
    m.order_id AS id,
    m.legacy_id,
    m.token,
    o.reference,
    o.status,
    o.fulfilment_status,
    o.payment_status,
    m.currency,
    m.minor_digits,
    m.country,
    m.buyer,
    m.payment_details,
    m.metadata,
    m.subtotal,
    m.postage,
    m.tax,
    m.adjusted,
    m.total,
    m.created_at,
    m.updated_at,
    m.is_under_review
FROM sought AS s
INNER JOIN marketplace_orders AS m ON m.organisation = $1 AND s.order_id = m.order_id
INNER JOIN orders AS o ON m.organisation = o.organisation AND m.order_id = o.id
WHERE
    m.order_id < $2 AND m.created_at >= $4
    AND (
        $7::text IS NULL
        OR EXISTS (
            SELECT 1
            FROM order_external_ids AS e
            WHERE
                e.organisation = m.organisation AND e.owner_type = 'order'
                AND e.subject = m.order_id AND e.line_no = 0 AND e.key = $7 AND e.value = $8
        )
    )
ORDER BY m.order_id DESC
LIMIT $9;

-- name: read_order_invoices
-- The invoices of a marketplace's orders, as they were made.
SELECT
    i.organisation,
    i.id,
    i.legacy_id,
    i.order_id,
    o.legacy_id AS order_legacy_id,
    g.name AS marketplace_name,
    i.seller,
    s.name AS seller_name,
    i.delivery_type,
    i.pricing_model,
    o.currency,
    o.minor_digits,
    i.subtotal,
    i.postage,
    i.tax,
    i.adjusted,
    i.withheld,
    i.total,
    i.owed,
    i.metadata,
    i.created_at,
    i.paid_at,
    i.updated_at,
    i.ready_at,
    o.is_under_review,
    o.buyer,
    true AS fits,
    0::bigint AS looked_at
FROM seller_invoices AS i
INNER JOIN marketplace_orders AS o
    ON i.organisation = o.organisation AND i.order_id = o.order_id
INNER JOIN organisations AS g ON i.organisation = g.id
INNER JOIN organisations AS s ON i.seller = s.id
WHERE i.organisation = $1 AND i.order_id = ANY($2::uuid[])
ORDER BY i.id;

-- name: list_own_invoices
-- A seller's invoices of all marketplaces, by when they were made or paid, from after one on; or the
-- one with an id or a number. What fits, and the last that was looked at.
WITH sought AS (
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.seller = $1 AND $2 = 'created_at' AND NOT $3 AND NOT $12
            AND i.id > $5 AND i.id >= $8
        ORDER BY i.id
        LIMIT $14
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.seller = $1 AND $2 = 'created_at' AND $3 AND NOT $12
            AND i.id < $5 AND i.id >= $8
        ORDER BY i.id DESC
        LIMIT $14
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.seller = $1 AND $2 = 'paid_at' AND NOT $3 AND NOT $12
            AND (i.paid_at, i.id) > ($4, $5) AND i.paid_at >= $7
        ORDER BY i.paid_at, i.id
        LIMIT $14
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.seller = $1 AND $2 = 'paid_at' AND $3 AND NOT $12
            AND (i.paid_at, i.id) < ($4, $5) AND i.paid_at >= $7
        ORDER BY i.paid_at DESC, i.id DESC
        LIMIT $14
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE i.seller = $1 AND i.legacy_id = $9
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE i.seller = $1 AND i.id = $13
    )
),

looked AS (
    SELECT
        i.organisation,
        i.id,
        coalesce(
            i.created_at >= $6
            AND ($7 = to_timestamp(0) OR i.paid_at >= $7)
            AND ($9::integer IS NULL OR i.legacy_id = $9)
            AND (
                $10::text IS NULL
                OR EXISTS (
                    SELECT 1
                    FROM order_external_ids AS e
                    WHERE
                        e.organisation = i.organisation AND e.owner_type = 'order'
                        AND e.subject = i.order_id AND e.line_no = 0
                        AND e.key = $10 AND e.value = $11
                )
            )
            AND (
                NOT $15::boolean
                OR EXISTS (
                    SELECT 1
                    FROM lines_to_dispatch AS d
                    WHERE
                        d.organisation = i.organisation AND d.order_id = i.order_id
                        AND d.invoice = i.id
                )
            ),
            false
        ) AS fits,
        row_number() OVER (
            ORDER BY
                CASE WHEN $2 = 'paid_at' AND NOT $3 THEN i.paid_at END,
                CASE WHEN $2 = 'paid_at' AND $3 THEN i.paid_at END DESC,
                CASE WHEN NOT $3 THEN i.id END,
                i.id DESC
        ) AS place,
        count(*) OVER () AS looked_at
    FROM sought AS s
    INNER JOIN seller_invoices AS i ON s.organisation = i.organisation AND s.id = i.id
)

SELECT
    i.organisation,
    i.id,
    i.legacy_id,
    i.order_id,
    o.legacy_id AS order_legacy_id,
    g.name AS marketplace_name,
    i.seller,
    s.name AS seller_name,
    i.delivery_type,
    i.pricing_model,
    o.currency,
    o.minor_digits,
    i.subtotal,
    i.postage,
    i.tax,
    i.adjusted,
    i.withheld,
    i.total,
    i.owed,
    i.metadata,
    i.created_at,
    i.paid_at,
    i.updated_at,
    i.ready_at,
    o.is_under_review,
    o.buyer,
    k.fits,
    k.looked_at
FROM looked AS k
INNER JOIN seller_invoices AS i ON k.organisation = i.organisation AND k.id = i.id
INNER JOIN marketplace_orders AS o
    ON i.organisation = o.organisation AND i.order_id = o.order_id
INNER JOIN organisations AS g ON i.organisation = g.id
INNER JOIN organisations AS s ON i.seller = s.id
WHERE k.fits OR k.place = k.looked_at
ORDER BY k.place;

-- name: list_market_invoices
-- A marketplace's invoices, by when they were made or paid, from after one on; or the one with an id
-- or a number, or of the order that others call so. What fits, and the last that was looked at.
WITH sought AS (
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.organisation = $1 AND $2 = 'created_at' AND NOT $3 AND NOT $12
            AND i.id > $5 AND i.id >= $8
        ORDER BY i.id
        LIMIT $14
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.organisation = $1 AND $2 = 'created_at' AND $3 AND NOT $12
            AND i.id < $5 AND i.id >= $8
        ORDER BY i.id DESC
        LIMIT $14
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.organisation = $1 AND $2 = 'paid_at' AND NOT $3 AND NOT $12
            AND (i.paid_at, i.id) > ($4, $5) AND i.paid_at >= $7
        ORDER BY i.paid_at, i.id
        LIMIT $14
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.organisation = $1 AND $2 = 'paid_at' AND $3 AND NOT $12
            AND (i.paid_at, i.id) < ($4, $5) AND i.paid_at >= $7
        ORDER BY i.paid_at DESC, i.id DESC
        LIMIT $14
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE i.organisation = $1 AND i.legacy_id = $9
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE i.organisation = $1 AND i.id = $13
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM order_external_ids AS e
        INNER JOIN seller_invoices AS i
            ON e.organisation = i.organisation AND e.subject = i.order_id
        WHERE
            e.organisation = $1 AND e.owner_type = 'order' AND e.key = $10 AND e.value = $11
            AND $9::integer IS NULL AND $13::uuid IS NULL
    )
),

looked AS (
    SELECT
        i.organisation,
        i.id,
        coalesce(
            i.created_at >= $6
            AND ($7 = to_timestamp(0) OR i.paid_at >= $7)
            AND ($9::integer IS NULL OR i.legacy_id = $9)
            AND (
                $10::text IS NULL
                OR EXISTS (
                    SELECT 1
                    FROM order_external_ids AS e
                    WHERE
                        e.organisation = i.organisation AND e.owner_type = 'order'
                        AND e.subject = i.order_id AND e.line_no = 0
                        AND e.key = $10 AND e.value = $11
                )
            )
            AND (
                NOT $15::boolean
                OR EXISTS (
                    SELECT 1
                    FROM lines_to_dispatch AS d
                    WHERE
                        d.organisation = i.organisation AND d.order_id = i.order_id
                        AND d.invoice = i.id
                )
            ),
            false
        ) AS fits,
        row_number() OVER (
            ORDER BY
                CASE WHEN $2 = 'paid_at' AND NOT $3 THEN i.paid_at END,
                CASE WHEN $2 = 'paid_at' AND $3 THEN i.paid_at END DESC,
                CASE WHEN NOT $3 THEN i.id END,
                i.id DESC
        ) AS place,
        count(*) OVER () AS looked_at
    FROM sought AS s
    INNER JOIN seller_invoices AS i ON s.organisation = i.organisation AND s.id = i.id
)

SELECT
    i.organisation,
    i.id,
    i.legacy_id,
    i.order_id,
    o.legacy_id AS order_legacy_id,
    g.name AS marketplace_name,
    i.seller,
    s.name AS seller_name,
    i.delivery_type,
    i.pricing_model,
    o.currency,
    o.minor_digits,
    i.subtotal,
    i.postage,
    i.tax,
    i.adjusted,
    i.withheld,
    i.total,
    i.owed,
    i.metadata,
    i.created_at,
    i.paid_at,
    i.updated_at,
    i.ready_at,
    o.is_under_review,
    o.buyer,
    k.fits,
    k.looked_at
FROM looked AS k
INNER JOIN seller_invoices AS i ON k.organisation = i.organisation AND k.id = i.id
INNER JOIN marketplace_orders AS o
    ON i.organisation = o.organisation AND i.order_id = o.order_id
INNER JOIN organisations AS g ON i.organisation = g.id
INNER JOIN organisations AS s ON i.seller = s.id
WHERE k.fits OR k.place = k.looked_at
ORDER BY k.place;

-- name: read_invoice_lines
-- The lines of invoices, each named by marketplace, order and id.
SELECT
    m.organisation,
    m.order_id,
    m.invoice,
    m.line_no,
    m.legacy_id,
    l.variant,
    m.variant_legacy_id,
    m.variant_name,
    m.product,
    m.product_legacy_id,
    m.product_name,
    m.sku,
    m.gtin,
    l.quantity,
    l.held,
    l.shipped,
    l.returned,
    l.cancelled,
    m.cost,
    m.cost_tax,
    m.tax_rate,
    m.postage,
    m.postage_tax,
    m.postage_tax_rate,
    m.pricing_model,
    m.wholesale_price,
    m.owed,
    m.metadata
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS w (organisation, order_id, invoice)
INNER JOIN marketplace_lines AS m
    ON w.organisation = m.organisation AND w.order_id = m.order_id AND w.invoice = m.invoice
INNER JOIN order_lines AS l
    ON
        m.organisation = l.organisation AND m.order_id = l.order_id
        AND m.line_no = l.line_no
ORDER BY m.organisation, m.order_id, m.line_no;

-- name: read_adjustments
-- The adjustments of invoices, each named by marketplace, order and id.
SELECT
    a.invoice,
    a.line_no,
    a.kind,
    a.amount,
    a.withheld,
    a.description,
    a.source
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS w (organisation, order_id, invoice)
INNER JOIN order_adjustments AS a
    ON w.organisation = a.organisation AND w.order_id = a.order_id AND w.invoice = a.invoice
ORDER BY a.organisation, a.order_id, a.adjustment_no;

-- name: read_external_ids
-- What others call orders, invoices and lines, each named by marketplace and the order or invoice.
SELECT
    e.owner_type,
    e.subject,
    e.line_no,
    e.key,
    e.value
FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS w (organisation, owner_type, subject)
INNER JOIN order_external_ids AS e
    ON w.organisation = e.organisation AND w.owner_type = e.owner_type AND w.subject = e.subject
ORDER BY e.organisation, e.owner_type, e.subject, e.line_no, e.key, e.value;
