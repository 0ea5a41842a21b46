-- name: find_invoice_place
-- Which order an invoice is of that the caller has as its marketplace or its seller.
SELECT
    i.organisation,
    i.order_id
FROM seller_invoices AS i
WHERE i.organisation = $1 AND i.id = $2
UNION
SELECT
    i.organisation,
    i.order_id
FROM seller_invoices AS i
WHERE i.seller = $1 AND i.id = $2;

-- name: find_refund_place
-- Which order a refund request is on that the caller has as its marketplace or its seller.
SELECT
    r.organisation,
    r.order_id
FROM refund_requests AS r
WHERE r.organisation = $1 AND r.id = $2
UNION
SELECT
    r.organisation,
    r.order_id
FROM refund_requests AS r
WHERE r.seller = $1 AND r.id = $2;

-- name: read_invoiced_lines
-- The lines of locked orders with their invoices, and what was taken off or put on each.
SELECT
    o.organisation,
    o.order_id,
    o.currency,
    o.minor_digits,
    o.is_under_review,
    i.id AS invoice,
    i.legacy_id AS invoice_legacy_id,
    i.seller,
    i.total,
    i.delivery_type,
    m.line_no,
    m.legacy_id,
    m.cost,
    l.quantity,
    coalesce((
        SELECT sum(a.amount)
        FROM order_adjustments AS a
        WHERE
            a.organisation = m.organisation AND a.order_id = m.order_id
            AND a.line_no = m.line_no
    ), 0) AS adjusted
FROM unnest($1::uuid[], $2::uuid[]) AS w (organisation, order_id)
INNER JOIN marketplace_orders AS o
    ON w.organisation = o.organisation AND w.order_id = o.order_id
INNER JOIN marketplace_lines AS m
    ON o.organisation = m.organisation AND o.order_id = m.order_id
INNER JOIN order_lines AS l
    ON
        m.organisation = l.organisation AND m.order_id = l.order_id
        AND m.line_no = l.line_no
INNER JOIN seller_invoices AS i ON m.organisation = i.organisation AND m.invoice = i.id
ORDER BY m.organisation, m.order_id, m.line_no;

-- name: read_order_refunds
-- All refund requests on locked orders, one row a line, the oldest first.
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
FROM unnest($1::uuid[], $2::uuid[]) AS w (organisation, order_id)
INNER JOIN refund_requests AS r
    ON w.organisation = r.organisation AND w.order_id = r.order_id
INNER JOIN seller_invoices AS i ON r.organisation = i.organisation AND r.invoice = i.id
INNER JOIN marketplace_orders AS o ON r.organisation = o.organisation AND r.order_id = o.order_id
INNER JOIN refund_request_lines AS l
    ON r.organisation = l.organisation AND r.id = l.refund_request
LEFT JOIN marketplace_lines AS m
    ON l.organisation = m.organisation AND l.order_id = m.order_id AND l.line_no = m.line_no
ORDER BY r.organisation, r.id, l.number;

-- name: write_fulfilment
-- New shipments with their lines, and refund requests as they are now with their new lines, each as a
-- JSON array of rows. The numbers of shipments and requests come back, those of a request's lines
-- with the line's number within it, and how many lines were shipped.
WITH shipped AS (
    INSERT INTO shipments (
        organisation, id, order_id, invoice, seller, carrier, tracking_number, note, dispatched_on,
        created_at
    )
    SELECT
        w.organisation,
        w.id,
        w.order_id,
        w.invoice,
        w.seller,
        w.carrier,
        w.tracking_number,
        w.note,
        w.dispatched_on,
        w.created_at
    FROM
        json_to_recordset($1::json)
        AS w (
            organisation uuid, id uuid, order_id uuid, invoice uuid, seller uuid, carrier integer,
            tracking_number text, note text, dispatched_on date, created_at timestamptz
        )
    RETURNING id, legacy_id
),

parts AS (
    INSERT INTO shipment_lines (organisation, shipment, order_id, line_no, quantity)
    SELECT
        w.organisation,
        w.shipment,
        w.order_id,
        w.line_no,
        w.quantity
    FROM
        json_to_recordset($2::json)
        AS w (organisation uuid, shipment uuid, order_id uuid, line_no integer, quantity numeric)
    RETURNING 1
),

asked AS (
    INSERT INTO refund_requests (
        organisation, id, order_id, invoice, seller, status, initiated_by, restock, amount,
        cash_amount, notes, created_at, updated_at, refunded_at
    )
    SELECT
        w.organisation,
        w.id,
        w.order_id,
        w.invoice,
        w.seller,
        w.status,
        w.initiated_by,
        w.restock,
        w.amount,
        w.cash_amount,
        w.notes,
        w.created_at,
        w.updated_at,
        w.refunded_at
    FROM
        json_to_recordset($3::json)
        AS w (
            organisation uuid, id uuid, order_id uuid, invoice uuid, seller uuid, status text,
            initiated_by text, restock boolean, amount integer, cash_amount integer, notes json,
            created_at timestamptz, updated_at timestamptz, refunded_at timestamptz
        )
    ON CONFLICT (organisation, id) DO UPDATE
        SET
            status = excluded.status,
            restock = excluded.restock,
            amount = excluded.amount,
            cash_amount = excluded.cash_amount,
            notes = excluded.notes,
            updated_at = excluded.updated_at,
            refunded_at = excluded.refunded_at
    RETURNING id, legacy_id
),

lined AS (
    INSERT INTO refund_request_lines (
        organisation, refund_request, number, order_id, line_no, quantity, dispatched, reason,
        description, amount_per_item, amount
    )
    SELECT
        w.organisation,
        w.refund_request,
        w.number,
        w.order_id,
        w.line_no,
        w.quantity,
        w.dispatched,
        w.reason,
        w.description,
        w.amount_per_item,
        w.amount
    FROM
        json_to_recordset($4::json)
        AS w (
            organisation uuid, refund_request uuid, number integer, order_id uuid,
            line_no integer, quantity numeric, dispatched boolean, reason text, description text,
            amount_per_item integer, amount integer
        )
    RETURNING refund_request, number, legacy_id
)

SELECT
    s.id,
    0 AS part,
    s.legacy_id::bigint AS number
FROM shipped AS s
UNION ALL
SELECT
    a.id,
    0,
    a.legacy_id
FROM asked AS a
UNION ALL
SELECT
    l.refund_request,
    l.number,
    l.legacy_id
FROM lined AS l
UNION ALL
SELECT
    NULL,
    -1,
    count(*)
FROM parts;

-- name: touch_invoices
-- Invoices, each named by marketplace and id, and their orders were changed now.
WITH touched AS (
    UPDATE seller_invoices AS i
    SET updated_at = $3
    FROM unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
    WHERE i.organisation = w.organisation AND i.id = w.id
    RETURNING i.organisation, i.order_id
)

UPDATE marketplace_orders AS o
SET updated_at = $3
FROM (
    SELECT DISTINCT
        t.organisation,
        t.order_id
    FROM touched AS t
) AS k
WHERE o.organisation = k.organisation AND o.order_id = k.order_id;

-- name: read_pickup
-- What is known of a locked order's invoice that its customer may fetch.
SELECT
    i.legacy_id,
    i.seller,
    i.delivery_type,
    i.ready_at,
    o.is_under_review,
    EXISTS (
        SELECT 1
        FROM lines_to_dispatch AS d
        WHERE
            d.organisation = i.organisation AND d.order_id = i.order_id
            AND d.invoice = i.id
    ) AS has_left_over
FROM seller_invoices AS i
INNER JOIN marketplace_orders AS o
    ON i.organisation = o.organisation AND i.order_id = o.order_id
WHERE i.organisation = $1 AND i.id = $2;

-- name: write_ready
-- An invoice can be fetched from now on.
UPDATE seller_invoices AS i
SET ready_at = $3
WHERE i.organisation = $1 AND i.id = $2;
