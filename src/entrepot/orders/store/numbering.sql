-- name: number_invoices
-- Which invoices have these numbers, of those that a marketplace made or a seller has.
SELECT
    i.legacy_id AS number,
    i.organisation,
    i.order_id,
    i.id AS invoice
FROM seller_invoices AS i
WHERE i.organisation = $1 AND i.legacy_id = ANY($2::integer[])
UNION
SELECT
    i.legacy_id,
    i.organisation,
    i.order_id,
    i.id
FROM seller_invoices AS i
WHERE i.seller = $1 AND i.legacy_id = ANY($2::integer[]);

-- name: number_lines
-- Which invoices the lines with these numbers are on, of those that a marketplace made or a seller
-- has.
SELECT
    m.legacy_id AS number,
    m.organisation,
    m.order_id,
    m.invoice
FROM marketplace_lines AS m
WHERE m.organisation = $1 AND m.legacy_id = ANY($2::integer[])
UNION
SELECT
    m.legacy_id,
    m.organisation,
    m.order_id,
    m.invoice
FROM marketplace_lines AS m
WHERE m.seller = $1 AND m.legacy_id = ANY($2::integer[]);

-- name: number_shipments
-- Which invoices shipments with these numbers are of, of those that a marketplace or a seller has.
SELECT
    x.legacy_id AS number,
    x.organisation,
    x.order_id,
    x.invoice
FROM shipments AS x
WHERE x.organisation = $1 AND x.legacy_id = ANY($2::integer[])
UNION
SELECT
    x.legacy_id,
    x.organisation,
    x.order_id,
    x.invoice
FROM shipments AS x
WHERE x.seller = $1 AND x.legacy_id = ANY($2::integer[]);

-- name: number_refunds
-- Which invoices refund requests with these numbers are on, of those that a marketplace or a seller
-- has.
SELECT
    x.legacy_id AS number,
    x.organisation,
    x.order_id,
    x.invoice
FROM refund_requests AS x
WHERE x.organisation = $1 AND x.legacy_id = ANY($2::integer[])
UNION
SELECT
    x.legacy_id,
    x.organisation,
    x.order_id,
    x.invoice
FROM refund_requests AS x
WHERE x.seller = $1 AND x.legacy_id = ANY($2::integer[]);

-- name: number_refund_lines
-- Which invoices the lines of refund requests with these numbers are about, of those that a
-- marketplace or a seller has.
SELECT
    l.legacy_id AS number,
    r.organisation,
    r.order_id,
    r.invoice
FROM (
    SELECT $1::uuid AS organisation
    UNION
    SELECT t.buyer AS organisation
    FROM trading_rights AS t
    WHERE t.seller = $1 AND t.kind = 'marketplace'
) AS k
INNER JOIN refund_request_lines AS l
    ON k.organisation = l.organisation AND l.legacy_id = ANY($2::integer[])
INNER JOIN refund_requests AS r
    ON l.organisation = r.organisation AND l.refund_request = r.id
WHERE r.organisation = $1 OR r.seller = $1;

-- name: count_refunds
-- How many refund requests a marketplace or a seller has that fit, on however many pages.
SELECT count(*) AS number
FROM refund_requests AS r
WHERE
    (($2 = 'marketplace' AND r.organisation = $1) OR ($2 = 'seller' AND r.seller = $1))
    AND ($3::uuid IS NULL OR r.invoice = $3)
    AND ($4::integer IS NULL OR r.legacy_id = $4)
    AND (cardinality($5::text[]) = 0 OR r.status = ANY($5))
    AND r.created_at >= $6 AND r.updated_at >= $7;

-- name: find_external_ids
-- What others call orders, invoices and lines, by key and values, of a marketplace's own or of a
-- seller's invoices and lines.
SELECT
    e.owner_type,
    coalesce(o.legacy_id, i.legacy_id, l.legacy_id) AS number,
    e.key,
    e.value
FROM (
    SELECT $1::uuid AS organisation
    UNION
    SELECT r.buyer AS organisation
    FROM trading_rights AS r
    WHERE r.seller = $1 AND r.kind = 'marketplace'
) AS k
INNER JOIN order_external_ids AS e
    ON
        k.organisation = e.organisation AND e.owner_type = ANY($2::text[])
        AND e.key = $3 AND e.value = ANY($4::text[])
LEFT JOIN marketplace_orders AS o
    ON
        e.owner_type = 'order' AND e.organisation = o.organisation AND e.subject = o.order_id
        AND o.organisation = $1
LEFT JOIN seller_invoices AS i
    ON
        e.owner_type = 'invoice' AND e.organisation = i.organisation AND e.subject = i.id
        AND (i.organisation = $1 OR i.seller = $1)
LEFT JOIN marketplace_lines AS l
    ON
        e.owner_type = 'line' AND e.organisation = l.organisation AND e.subject = l.order_id
        AND e.line_no = l.line_no AND (l.organisation = $1 OR l.seller = $1)
WHERE coalesce(o.legacy_id, i.legacy_id, l.legacy_id) IS NOT NULL
ORDER BY e.organisation, e.owner_type, e.subject, e.line_no, e.value
LIMIT $5;
