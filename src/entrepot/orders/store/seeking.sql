-- name: seek_invoices
-- Invoices of a seller or a marketplace, by when they were made, changed or paid, from after one on;
-- or those with a number, of an order with a number, or of one that others call so. Which fit, and
-- the last that was looked at.
WITH sought AS (
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.seller = $1 AND $2 = 'seller' AND $3 = 'created_at' AND NOT $4 AND NOT $21
            AND i.id > $6 AND i.id BETWEEN $22 AND $23
        ORDER BY i.id
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.seller = $1 AND $2 = 'seller' AND $3 = 'created_at' AND $4 AND NOT $21
            AND i.id < $6 AND i.id BETWEEN $22 AND $23
        ORDER BY i.id DESC
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.seller = $1 AND $2 = 'seller' AND $3 = 'updated_at' AND NOT $4 AND NOT $21
            AND (i.updated_at, i.id) > ($5, $6)
            AND i.updated_at BETWEEN $10 AND $11
        ORDER BY i.updated_at, i.id
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.seller = $1 AND $2 = 'seller' AND $3 = 'updated_at' AND $4 AND NOT $21
            AND (i.updated_at, i.id) < ($5, $6)
            AND i.updated_at BETWEEN $10 AND $11
        ORDER BY i.updated_at DESC, i.id DESC
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.seller = $1 AND $2 = 'seller' AND $3 = 'paid_at' AND NOT $4 AND NOT $21
            AND (i.paid_at, i.id) > ($5, $6)
            AND i.paid_at BETWEEN $12 AND $13
        ORDER BY i.paid_at, i.id
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.seller = $1 AND $2 = 'seller' AND $3 = 'paid_at' AND $4 AND NOT $21
            AND (i.paid_at, i.id) < ($5, $6)
            AND i.paid_at BETWEEN $12 AND $13
        ORDER BY i.paid_at DESC, i.id DESC
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.organisation = $1 AND $2 = 'marketplace' AND $3 = 'created_at' AND NOT $4 AND NOT $21
            AND i.id > $6 AND i.id BETWEEN $22 AND $23
        ORDER BY i.id
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.organisation = $1 AND $2 = 'marketplace' AND $3 = 'created_at' AND $4 AND NOT $21
            AND i.id < $6 AND i.id BETWEEN $22 AND $23
        ORDER BY i.id DESC
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.organisation = $1 AND $2 = 'marketplace' AND $3 = 'updated_at' AND NOT $4 AND NOT $21
            AND (i.updated_at, i.id) > ($5, $6)
            AND i.updated_at BETWEEN $10 AND $11
        ORDER BY i.updated_at, i.id
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.organisation = $1 AND $2 = 'marketplace' AND $3 = 'updated_at' AND $4 AND NOT $21
            AND (i.updated_at, i.id) < ($5, $6)
            AND i.updated_at BETWEEN $10 AND $11
        ORDER BY i.updated_at DESC, i.id DESC
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.organisation = $1 AND $2 = 'marketplace' AND $3 = 'paid_at' AND NOT $4 AND NOT $21
            AND (i.paid_at, i.id) > ($5, $6)
            AND i.paid_at BETWEEN $12 AND $13
        ORDER BY i.paid_at, i.id
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE
            i.organisation = $1 AND $2 = 'marketplace' AND $3 = 'paid_at' AND $4 AND NOT $21
            AND (i.paid_at, i.id) < ($5, $6)
            AND i.paid_at BETWEEN $12 AND $13
        ORDER BY i.paid_at DESC, i.id DESC
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE i.seller = $1 AND $2 = 'seller' AND i.legacy_id = $14
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM seller_invoices AS i
        WHERE i.organisation = $1 AND $2 = 'marketplace' AND i.legacy_id = $14
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM marketplace_orders AS o
        INNER JOIN seller_invoices AS i
            ON o.organisation = i.organisation AND o.order_id = i.order_id
        WHERE
            o.organisation = $1 AND $2 = 'marketplace' AND o.legacy_id = $15
            AND $14::integer IS NULL
    )
    UNION ALL
    (
        SELECT
            i.organisation,
            i.id
        FROM (
            SELECT $1::uuid AS organisation
            WHERE $2 = 'marketplace'
            UNION
            SELECT r.buyer AS organisation
            FROM trading_rights AS r
            WHERE r.seller = $1 AND r.kind = 'marketplace' AND $2 = 'seller'
        ) AS k
        INNER JOIN order_external_ids AS e
            ON k.organisation = e.organisation AND e.owner_type = 'order' AND e.value = $16
        INNER JOIN seller_invoices AS i
            ON e.organisation = i.organisation AND e.subject = i.order_id
        WHERE
            ($2 = 'marketplace' OR i.seller = $1)
            AND $14::integer IS NULL AND $15::integer IS NULL
    )
),

looked AS (
    SELECT
        i.organisation,
        i.order_id,
        i.id,
        CASE $3
            WHEN 'paid_at' THEN coalesce(i.paid_at, to_timestamp(0))
            WHEN 'updated_at' THEN i.updated_at
            ELSE to_timestamp(0)
        END AS at,
        coalesce(
            i.created_at BETWEEN $8 AND $9
            AND i.updated_at BETWEEN $10 AND $11
            AND ($12 = to_timestamp(0) OR i.paid_at >= $12)
            AND ($13::timestamptz >= '9000-01-01 00:00:00+00' OR i.paid_at <= $13)
            AND ($14::integer IS NULL OR i.legacy_id = $14)
            AND ($15::integer IS NULL OR (o.legacy_id = $15 AND i.organisation = $1))
            AND (
                coalesce($16::text, $17::text) IS NULL
                OR EXISTS (
                    SELECT 1
                    FROM order_external_ids AS e
                    WHERE
                        e.organisation = i.organisation AND e.owner_type = 'order'
                        AND e.subject = i.order_id
                        AND ($16::text IS NULL OR e.value = $16)
                        AND ($17::text IS NULL OR e.value ILIKE $17)
                )
            )
            AND ($18::text IS NULL OR lower(o.buyer ->> 'email') = lower($18))
            AND ($19::text IS NULL OR concat_ws(' ', o.buyer ->> 'first_name', o.buyer ->> 'surname') ILIKE $19)
            AND (
                NOT $20::boolean
                OR EXISTS (
                    SELECT 1
                    FROM lines_to_dispatch AS d
                    WHERE
                        d.organisation = i.organisation AND d.order_id = i.order_id
                        AND d.invoice = i.id
                )
            )
            AND (
                ($24::text[] IS NULL AND NOT $25::boolean AND NOT $26::boolean)
                OR EXISTS (
                    SELECT 1
                    FROM invoice_standings AS v
                    WHERE
                        v.organisation = i.organisation AND v.id = i.id
                        AND ($24::text[] IS NULL OR v.status = ANY($24))
                        AND (NOT $25::boolean OR v.awaits_return)
                        AND (NOT $26::boolean OR v.awaits_collection)
                )
            ),
            false
        ) AS fits
    FROM (
        SELECT DISTINCT
            h.organisation,
            h.id
        FROM sought AS h
    ) AS s
    INNER JOIN seller_invoices AS i ON s.organisation = i.organisation AND s.id = i.id
    INNER JOIN marketplace_orders AS o
        ON i.organisation = o.organisation AND i.order_id = o.order_id
),

placed AS (
    SELECT
        k.organisation,
        k.order_id,
        k.id,
        k.at,
        k.fits,
        row_number() OVER (
            ORDER BY
                CASE WHEN NOT $4 THEN k.at END,
                CASE WHEN $4 THEN k.at END DESC,
                CASE WHEN NOT $4 THEN k.id END,
                k.id DESC
        ) AS place,
        count(*) OVER () AS looked_at
    FROM looked AS k
)

SELECT
    k.organisation,
    k.order_id,
    k.id,
    k.at,
    k.fits,
    k.looked_at
FROM placed AS k
WHERE k.fits OR k.place = k.looked_at
ORDER BY k.place;

-- name: count_invoices
-- How many invoices of a seller or a marketplace fit, on however many pages.
SELECT count(*) AS number
FROM seller_invoices AS i
INNER JOIN marketplace_orders AS o
    ON i.organisation = o.organisation AND i.order_id = o.order_id
WHERE
    (($2 = 'marketplace' AND i.organisation = $1) OR ($2 = 'seller' AND i.seller = $1))
    AND i.created_at BETWEEN $3 AND $4
    AND i.updated_at BETWEEN $5 AND $6
    AND ($7::timestamptz = to_timestamp(0) OR i.paid_at >= $7)
    AND ($8::timestamptz >= '9000-01-01 00:00:00+00' OR i.paid_at <= $8)
    AND ($9::integer IS NULL OR i.legacy_id = $9)
    AND ($10::integer IS NULL OR (o.legacy_id = $10 AND i.organisation = $1))
    AND (
        coalesce($11::text, $12::text) IS NULL
        OR EXISTS (
            SELECT 1
            FROM order_external_ids AS e
            WHERE
                e.organisation = i.organisation AND e.owner_type = 'order'
                AND e.subject = i.order_id
                AND ($11::text IS NULL OR e.value = $11)
                AND ($12::text IS NULL OR e.value ILIKE $12)
        )
    )
    AND ($13::text IS NULL OR lower(o.buyer ->> 'email') = lower($13))
    AND ($14::text IS NULL OR concat_ws(' ', o.buyer ->> 'first_name', o.buyer ->> 'surname') ILIKE $14)
    AND (
        NOT $15::boolean
        OR EXISTS (
            SELECT 1
            FROM lines_to_dispatch AS d
            WHERE
                d.organisation = i.organisation AND d.order_id = i.order_id
                AND d.invoice = i.id
        )
    )
    AND (
        ($16::text[] IS NULL AND NOT $17::boolean AND NOT $18::boolean)
        OR EXISTS (
            SELECT 1
            FROM invoice_standings AS v
            WHERE
                v.organisation = i.organisation AND v.id = i.id
                AND ($16::text[] IS NULL OR v.status = ANY($16))
                AND (NOT $17::boolean OR v.awaits_return)
                AND (NOT $18::boolean OR v.awaits_collection)
        )
    );

-- name: seek_changed_orders
-- Orders of a marketplace by when they were changed last, from after one on.
SELECT
    m.order_id AS id,
    m.updated_at AS at
FROM marketplace_orders AS m
WHERE
    m.organisation = $1 AND m.updated_at >= $2 AND (m.updated_at, m.order_id) > ($3, $4)
ORDER BY m.updated_at, m.order_id
LIMIT $5;

-- name: count_changed_orders
-- How many orders of a marketplace were changed since, on however many pages.
SELECT count(*) AS number
FROM marketplace_orders AS m
WHERE m.organisation = $1 AND m.updated_at >= $2;

-- name: number_orders
-- Which orders of a marketplace have these numbers.
SELECT
    m.legacy_id AS number,
    m.order_id AS id
FROM marketplace_orders AS m
WHERE m.organisation = $1 AND m.legacy_id = ANY($2::integer[]);

-- name: read_numbered_orders
-- Orders of a marketplace by their ids, oldest first. Each is looked up by its key, whatever is known
-- of tables that have just begun to grow.
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
FROM unnest($2::uuid[]) AS w (id)
CROSS JOIN LATERAL (
    SELECT
        k.organisation,
        k.order_id,
        k.legacy_id,
        k.token,
        k.currency,
        k.minor_digits,
        k.country,
        k.buyer,
        k.payment_details,
        k.metadata,
        k.subtotal,
        k.postage,
        k.tax,
        k.adjusted,
        k.total,
        k.created_at,
        k.updated_at,
        k.is_under_review
    FROM marketplace_orders AS k
    WHERE k.organisation = $1 AND k.order_id = w.id
    LIMIT 1
) AS m
CROSS JOIN LATERAL (
    SELECT
        q.reference,
        q.status,
        q.fulfilment_status,
        q.payment_status
    FROM orders AS q
    WHERE q.organisation = $1 AND q.id = w.id
    LIMIT 1
) AS o
ORDER BY m.order_id;

-- name: read_sought_invoices
-- Invoices by marketplace and id.
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
FROM unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
INNER JOIN seller_invoices AS i ON w.organisation = i.organisation AND w.id = i.id
INNER JOIN marketplace_orders AS o
    ON i.organisation = o.organisation AND i.order_id = o.order_id
INNER JOIN organisations AS g ON i.organisation = g.id
INNER JOIN organisations AS s ON i.seller = s.id
ORDER BY i.id;
