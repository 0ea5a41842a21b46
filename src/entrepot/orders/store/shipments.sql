-- name: read_invoice_shipments
-- The shipments of invoices, each named by marketplace, order and id: one row a line.
SELECT
    s.organisation,
    s.id,
    s.order_id,
    s.invoice,
    i.legacy_id AS invoice_legacy_id,
    s.seller,
    s.legacy_id,
    s.carrier,
    s.tracking_number,
    s.note,
    s.dispatched_on,
    s.created_at,
    l.line_no,
    m.legacy_id AS line_legacy_id,
    l.quantity
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS w (organisation, order_id, invoice)
INNER JOIN shipments AS s ON w.organisation = s.organisation AND w.invoice = s.invoice
INNER JOIN seller_invoices AS i ON s.organisation = i.organisation AND s.invoice = i.id
INNER JOIN shipment_lines AS l ON s.organisation = l.organisation AND s.id = l.shipment
INNER JOIN marketplace_lines AS m
    ON l.organisation = m.organisation AND l.order_id = m.order_id AND l.line_no = m.line_no
ORDER BY s.organisation, s.id, l.line_no;

-- name: read_invoice_refunds
-- The refund requests on invoices, each named by marketplace, order and id: one row a line.
SELECT
    r.organisation,
    r.id,
    r.order_id,
    r.invoice,
    i.legacy_id AS invoice_legacy_id,
    r.seller,
    r.legacy_id,
    r.status,
    r.initiated_by,
    r.restock,
    o.currency,
    o.minor_digits,
    r.cash_amount,
    r.created_at,
    r.updated_at,
    r.refunded_at,
    r.notes,
    l.number,
    l.legacy_id AS line_legacy_id,
    l.line_no,
    m.legacy_id AS order_line_legacy_id,
    l.quantity,
    l.dispatched,
    l.reason,
    l.description,
    l.amount_per_item,
    l.amount,
    true AS fits,
    0::bigint AS looked_at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS w (organisation, order_id, invoice)
INNER JOIN refund_requests AS r ON w.organisation = r.organisation AND w.invoice = r.invoice
INNER JOIN seller_invoices AS i ON r.organisation = i.organisation AND r.invoice = i.id
INNER JOIN marketplace_orders AS o ON r.organisation = o.organisation AND r.order_id = o.order_id
INNER JOIN refund_request_lines AS l
    ON r.organisation = l.organisation AND r.id = l.refund_request
LEFT JOIN marketplace_lines AS m
    ON l.organisation = m.organisation AND l.order_id = m.order_id AND l.line_no = m.line_no
ORDER BY r.organisation, r.id, l.number;

-- name: list_own_shipments
-- A seller's shipments, newest first, one row a line; or the one with an id or a number, or those of an
-- invoice.
SELECT
    s.organisation,
    s.id,
    s.order_id,
    s.invoice,
    i.legacy_id AS invoice_legacy_id,
    s.seller,
    s.legacy_id,
    s.carrier,
    s.tracking_number,
    s.note,
    s.dispatched_on,
    s.created_at,
    l.line_no,
    m.legacy_id AS line_legacy_id,
    l.quantity
FROM (
    SELECT
        t.organisation,
        t.id,
        t.order_id,
        t.invoice,
        t.seller,
        t.legacy_id,
        t.carrier,
        t.tracking_number,
        t.note,
        t.dispatched_on,
        t.created_at
    FROM shipments AS t
    WHERE
        t.seller = $1 AND t.id < $2
        AND ($3::uuid IS NULL OR t.id = $3)
        AND ($4::uuid IS NULL OR t.invoice = $4)
        AND ($5::integer IS NULL OR t.legacy_id = $5)
    ORDER BY t.id DESC
    LIMIT $6
) AS s
INNER JOIN seller_invoices AS i ON s.organisation = i.organisation AND s.invoice = i.id
INNER JOIN shipment_lines AS l ON s.organisation = l.organisation AND s.id = l.shipment
INNER JOIN marketplace_lines AS m
    ON l.organisation = m.organisation AND l.order_id = m.order_id AND l.line_no = m.line_no
ORDER BY s.id DESC, l.line_no;

-- name: list_own_refunds
-- A seller's refund requests, newest first, one row a line; or the one with an id or a number, or those
-- on an invoice. What fits, and the last that was looked at.
WITH looked AS (
    SELECT
        t.organisation,
        t.id,
        cardinality($6::text[]) = 0 OR t.status = ANY($6) AS is_of_status,
        t.created_at >= $7 AND t.updated_at >= $8 AS is_new_enough,
        row_number() OVER (ORDER BY t.id DESC) AS place,
        count(*) OVER () AS looked_at
    FROM (
        SELECT
            q.organisation,
            q.id,
            q.status,
            q.created_at,
            q.updated_at
        FROM refund_requests AS q
        WHERE
            q.seller = $1 AND q.id < $2 AND q.id >= $9
            AND ($3::uuid IS NULL OR q.id = $3)
            AND ($4::uuid IS NULL OR q.invoice = $4)
            AND ($5::integer IS NULL OR q.legacy_id = $5)
        ORDER BY q.id DESC
        LIMIT $10
    ) AS t
)

SELECT
    r.organisation,
    r.id,
    r.order_id,
    r.invoice,
    i.legacy_id AS invoice_legacy_id,
    r.seller,
    r.legacy_id,
    r.status,
    r.initiated_by,
    r.restock,
    o.currency,
    o.minor_digits,
    r.cash_amount,
    r.created_at,
    r.updated_at,
    r.refunded_at,
    r.notes,
    l.number,
    l.legacy_id AS line_legacy_id,
    l.line_no,
    m.legacy_id AS order_line_legacy_id,
    l.quantity,
    l.dispatched,
    l.reason,
    l.description,
    l.amount_per_item,
    l.amount,
    k.is_of_status AND k.is_new_enough AS fits,
    k.looked_at
FROM looked AS k
INNER JOIN refund_requests AS r ON k.organisation = r.organisation AND k.id = r.id
INNER JOIN seller_invoices AS i ON r.organisation = i.organisation AND r.invoice = i.id
INNER JOIN marketplace_orders AS o ON r.organisation = o.organisation AND r.order_id = o.order_id
INNER JOIN refund_request_lines AS l
    ON r.organisation = l.organisation AND r.id = l.refund_request
LEFT JOIN marketplace_lines AS m
    ON l.organisation = m.organisation AND l.order_id = m.order_id AND l.line_no = m.line_no
WHERE (k.is_of_status AND k.is_new_enough) OR k.place = k.looked_at
ORDER BY r.id DESC, l.number;

-- name: list_market_shipments
-- A marketplace's shipments, newest first, one row a line; or the one with an id or a number, or those
-- of an invoice.
SELECT
    s.organisation,
    s.id,
    s.order_id,
    s.invoice,
    i.legacy_id AS invoice_legacy_id,
    s.seller,
    s.legacy_id,
    s.carrier,
    s.tracking_number,
    s.note,
    s.dispatched_on,
    s.created_at,
    l.line_no,
    m.legacy_id AS line_legacy_id,
    l.quantity
FROM (
    SELECT
        t.organisation,
        t.id,
        t.order_id,
        t.invoice,
        t.seller,
        t.legacy_id,
        t.carrier,
        t.tracking_number,
        t.note,
        t.dispatched_on,
        t.created_at
    FROM shipments AS t
    WHERE
        t.organisation = $1 AND t.id < $2
        AND ($3::uuid IS NULL OR t.id = $3)
        AND ($4::uuid IS NULL OR t.invoice = $4)
        AND ($5::integer IS NULL OR t.legacy_id = $5)
    ORDER BY t.id DESC
    LIMIT $6
) AS s
INNER JOIN seller_invoices AS i ON s.organisation = i.organisation AND s.invoice = i.id
INNER JOIN shipment_lines AS l ON s.organisation = l.organisation AND s.id = l.shipment
INNER JOIN marketplace_lines AS m
    ON l.organisation = m.organisation AND l.order_id = m.order_id AND l.line_no = m.line_no
ORDER BY s.id DESC, l.line_no;

-- name: list_market_refunds
-- A marketplace's refund requests, newest first, one row a line; or the one with an id or a number, or
-- those on an invoice. What fits, and the last that was looked at.
WITH looked AS (
    SELECT
        t.organisation,
        t.id,
        cardinality($6::text[]) = 0 OR t.status = ANY($6) AS is_of_status,
        t.created_at >= $7 AND t.updated_at >= $8 AS is_new_enough,
        row_number() OVER (ORDER BY t.id DESC) AS place,
        count(*) OVER () AS looked_at
    FROM (
        SELECT
            q.organisation,
            q.id,
            q.status,
            q.created_at,
            q.updated_at
        FROM refund_requests AS q
        WHERE
            q.organisation = $1 AND q.id < $2 AND q.id >= $9
            AND ($3::uuid IS NULL OR q.id = $3)
            AND ($4::uuid IS NULL OR q.invoice = $4)
            AND ($5::integer IS NULL OR q.legacy_id = $5)
        ORDER BY q.id DESC
        LIMIT $10
    ) AS t
)

SELECT
    r.organisation,
    r.id,
    r.order_id,
    r.invoice,
    i.legacy_id AS invoice_legacy_id,
    r.seller,
    r.legacy_id,
    r.status,
    r.initiated_by,
    r.restock,
    o.currency,
    o.minor_digits,
    r.cash_amount,
    r.created_at,
    r.updated_at,
    r.refunded_at,
    r.notes,
    l.number,
    l.legacy_id AS line_legacy_id,
    l.line_no,
    m.legacy_id AS order_line_legacy_id,
    l.quantity,
    l.dispatched,
    l.reason,
    l.description,
    l.amount_per_item,
    l.amount,
    k.is_of_status AND k.is_new_enough AS fits,
    k.looked_at
FROM looked AS k
INNER JOIN refund_requests AS r ON k.organisation = r.organisation AND k.id = r.id
INNER JOIN seller_invoices AS i ON r.organisation = i.organisation AND r.invoice = i.id
INNER JOIN marketplace_orders AS o ON r.organisation = o.organisation AND r.order_id = o.order_id
INNER JOIN refund_request_lines AS l
    ON r.organisation = l.organisation AND r.id = l.refund_request
LEFT JOIN marketplace_lines AS m
    ON l.organisation = m.organisation AND l.order_id = m.order_id AND l.line_no = m.line_no
WHERE (k.is_of_status AND k.is_new_enough) OR k.place = k.looked_at
ORDER BY r.id DESC, l.number;
