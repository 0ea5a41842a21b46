-- name: invoices_are_one_a_delivery_type
-- A seller has one invoice of an order for each way of delivery, and one pricing model in all of them
-- and in all of their lines.
-- do: Find out from the marketplace which invoice is the right one; the others need a person who
-- knows the order.
SELECT
    i.organisation::text || '/' || i.order_id::text || '/' || i.seller::text AS subject,
    json_build_object(
        'invoices', count(DISTINCT i.id),
        'delivery_types', count(DISTINCT i.delivery_type),
        'pricing_models', string_agg(DISTINCT coalesce(m.pricing_model, i.pricing_model), ', ')
    ) AS facts
FROM seller_invoices AS i
LEFT JOIN marketplace_lines AS m ON i.organisation = m.organisation AND i.id = m.invoice
GROUP BY i.organisation, i.order_id, i.seller
HAVING
    count(DISTINCT i.id) <> count(DISTINCT i.delivery_type)
    OR count(DISTINCT i.pricing_model) > 1
    OR count(DISTINCT m.pricing_model) > 1
    OR min(i.pricing_model) <> min(m.pricing_model)
LIMIT $1;

-- name: marketplace_lines_are_on_an_invoice_of_their_owner
-- Each line of an order over many sellers is on exactly one invoice of that order, whose seller owns
-- the goods; and no invoice is without a line.
-- do: Restore the lines or invoices that are missing from a backup.
SELECT
    coalesce(l.organisation, i.organisation)::text || '/'
    || coalesce(l.order_id, i.order_id)::text || '/' || coalesce(l.line_no, 0)::text AS subject,
    json_build_object('line', l.line_no, 'owner', l.owner, 'seller', i.seller) AS facts
FROM (
    SELECT
        o.organisation,
        o.order_id,
        g.line_no,
        g.owner,
        m.invoice
    FROM marketplace_orders AS o
    INNER JOIN order_lines AS g ON o.organisation = g.organisation AND o.order_id = g.order_id
    LEFT JOIN marketplace_lines AS m
        ON
            g.organisation = m.organisation AND g.order_id = m.order_id
            AND g.line_no = m.line_no
) AS l
FULL JOIN seller_invoices AS i ON l.organisation = i.organisation AND l.invoice = i.id
WHERE
    l.invoice IS NULL OR i.id IS NULL OR i.order_id <> l.order_id OR i.seller <> l.owner
LIMIT $1;

-- name: invoices_are_sums_of_their_lines
-- What an invoice comes to is the sum of its lines and adjustments; its seller is owed that of its
-- lines less what it bears.
-- do: Compare the order with what the marketplace sent; the amounts need a person who knows it.
SELECT
    i.organisation::text || '/' || i.id::text AS subject,
    json_build_object(
        'subtotal', i.subtotal, 'lines', l.cost, 'postage', i.postage, 'tax', i.tax,
        'adjusted', i.adjusted, 'owed', i.owed, 'owed_by_lines', l.owed
    ) AS facts
FROM seller_invoices AS i
LEFT JOIN (
    SELECT
        m.organisation,
        m.invoice,
        sum(m.cost) AS cost,
        sum(m.postage) AS postage,
        sum(m.cost_tax::bigint + m.postage_tax) AS tax,
        sum(m.owed) AS owed
    FROM marketplace_lines AS m
    GROUP BY m.organisation, m.invoice
) AS l ON i.organisation = l.organisation AND i.id = l.invoice
LEFT JOIN (
    SELECT
        d.organisation,
        d.invoice,
        sum(d.amount) AS amount,
        sum(d.withheld) AS withheld
    FROM order_adjustments AS d
    GROUP BY d.organisation, d.invoice
) AS a ON i.organisation = a.organisation AND i.id = a.invoice
WHERE
    (i.subtotal, i.postage, i.tax) IS DISTINCT FROM (l.cost, l.postage, l.tax)
    OR i.adjusted <> coalesce(a.amount, 0)
    OR i.withheld <> coalesce(a.withheld, 0)
    OR i.owed <> l.owed - i.withheld
LIMIT $1;

-- name: marketplace_orders_are_sums_of_their_invoices
-- What an order over many sellers comes to is the sum of its invoices.
-- do: Compare the order with what the marketplace sent; the amounts need a person who knows it.
SELECT
    o.organisation::text || '/' || o.order_id::text AS subject,
    json_build_object('total', o.total, 'invoices', i.total) AS facts
FROM marketplace_orders AS o
LEFT JOIN (
    SELECT
        s.organisation,
        s.order_id,
        sum(s.subtotal) AS subtotal,
        sum(s.postage) AS postage,
        sum(s.tax) AS tax,
        sum(s.adjusted) AS adjusted,
        sum(s.total) AS total
    FROM seller_invoices AS s
    GROUP BY s.organisation, s.order_id
) AS i ON o.organisation = i.organisation AND o.order_id = i.order_id
WHERE
    (o.subtotal, o.postage, o.tax, o.adjusted, o.total)
    IS DISTINCT FROM (i.subtotal, i.postage, i.tax, i.adjusted, i.total)
LIMIT $1;

-- name: invoiced_lines_leave_in_shipments
-- What has left of a line on a seller invoice is what its shipments say, and they are of that
-- invoice and seller.
-- do: Find out with the seller which of its shipments left; the records need a person who knows the
-- order.
SELECT
    m.organisation::text || '/' || m.order_id::text || '/' || m.line_no::text AS subject,
    json_build_object(
        'shipped', l.shipped::text, 'by_shipments', coalesce(s.quantity, 0)::text,
        'foreign', coalesce(s.foreign_parts, 0)
    ) AS facts
FROM marketplace_lines AS m
INNER JOIN order_lines AS l
    ON
        m.organisation = l.organisation AND m.order_id = l.order_id
        AND m.line_no = l.line_no
LEFT JOIN (
    SELECT
        p.organisation,
        p.order_id,
        p.line_no,
        sum(p.quantity) AS quantity,
        count(*) FILTER (
            WHERE h.invoice <> g.invoice OR h.seller <> g.seller OR h.order_id <> p.order_id
        ) AS foreign_parts
    FROM shipment_lines AS p
    INNER JOIN shipments AS h ON p.organisation = h.organisation AND p.shipment = h.id
    INNER JOIN marketplace_lines AS g
        ON
            p.organisation = g.organisation AND p.order_id = g.order_id
            AND p.line_no = g.line_no
    GROUP BY p.organisation, p.order_id, p.line_no
) AS s
    ON
        m.organisation = s.organisation AND m.order_id = s.order_id
        AND m.line_no = s.line_no
WHERE l.shipped <> coalesce(s.quantity, 0) OR s.foreign_parts > 0
LIMIT $1;

-- name: shipments_have_lines
-- No shipment is without goods.
-- do: Restore the lines that are missing from a backup.
SELECT
    s.organisation::text || '/' || s.id::text AS subject,
    json_build_object('invoice', s.invoice, 'tracking_number', s.tracking_number) AS facts
FROM shipments AS s
WHERE NOT EXISTS (
    SELECT 1
    FROM shipment_lines AS p
    WHERE p.organisation = s.organisation AND p.shipment = s.id
)
LIMIT $1;

-- name: refunds_move_what_they_refund
-- What was cancelled of a line on a seller invoice, and what came back, is what its refunded requests
-- say; no unit is in two requests, nor to be cancelled once it left.
-- do: Find out with the marketplace which requests it refunded; the records need a person who knows
-- the order.
SELECT
    m.organisation::text || '/' || m.order_id::text || '/' || m.line_no::text AS subject,
    json_build_object(
        'cancelled', l.cancelled::text, 'refunded', coalesce(r.cancelled, 0)::text,
        'returned', l.returned::text, 'taken_back', coalesce(r.returned, 0)::text,
        'cancelling', coalesce(r.cancelling, 0)::text,
        'returning', coalesce(r.returning, 0)::text
    ) AS facts
FROM marketplace_lines AS m
INNER JOIN order_lines AS l
    ON
        m.organisation = l.organisation AND m.order_id = l.order_id
        AND m.line_no = l.line_no
LEFT JOIN (
    SELECT
        p.organisation,
        p.order_id,
        p.line_no,
        sum(p.quantity) FILTER (WHERE q.status = 'refunded' AND NOT p.dispatched) AS cancelled,
        sum(p.quantity) FILTER (WHERE q.status = 'refunded' AND p.dispatched) AS returned,
        sum(p.quantity) FILTER (
            WHERE q.status IN ('awaiting', 'returned') AND NOT p.dispatched
        ) AS cancelling,
        sum(p.quantity) FILTER (
            WHERE q.status IN ('awaiting', 'returned') AND p.dispatched
        ) AS returning
    FROM refund_request_lines AS p
    INNER JOIN refund_requests AS q
        ON p.organisation = q.organisation AND p.refund_request = q.id
    WHERE p.line_no IS NOT NULL
    GROUP BY p.organisation, p.order_id, p.line_no
) AS r
    ON
        m.organisation = r.organisation AND m.order_id = r.order_id
        AND m.line_no = r.line_no
WHERE
    (l.cancelled, l.returned) <> (coalesce(r.cancelled, 0), coalesce(r.returned, 0))
    OR l.shipped + l.cancelled + coalesce(r.cancelling, 0) > l.quantity
    OR l.returned + coalesce(r.returning, 0) > l.shipped
LIMIT $1;

-- name: refunds_are_sums_of_their_lines
-- What a refund request comes to is the sum of its lines, which are of its invoice; no more goes back
-- of an invoice than was paid for it.
-- do: Compare the requests with what the marketplace paid back; the amounts need a person who knows
-- it.
SELECT
    q.organisation::text || '/' || q.id::text AS subject,
    json_build_object(
        'amount', q.amount, 'lines', p.amount, 'foreign', p.foreign_lines,
        'paid', i.total, 'paid_back', b.amount
    ) AS facts
FROM refund_requests AS q
INNER JOIN seller_invoices AS i ON q.organisation = i.organisation AND q.invoice = i.id
LEFT JOIN (
    SELECT
        n.organisation,
        n.refund_request,
        sum(n.amount) AS amount,
        count(*) FILTER (WHERE g.invoice <> r.invoice) AS foreign_lines
    FROM refund_request_lines AS n
    INNER JOIN refund_requests AS r
        ON n.organisation = r.organisation AND n.refund_request = r.id
    LEFT JOIN marketplace_lines AS g
        ON
            n.organisation = g.organisation AND n.order_id = g.order_id
            AND n.line_no = g.line_no
    GROUP BY n.organisation, n.refund_request
) AS p ON q.organisation = p.organisation AND q.id = p.refund_request
LEFT JOIN (
    SELECT
        c.organisation,
        c.invoice,
        sum(c.cash_amount::bigint) AS amount
    FROM refund_requests AS c
    GROUP BY c.organisation, c.invoice
) AS b ON q.organisation = b.organisation AND q.invoice = b.invoice
WHERE
    q.amount IS DISTINCT FROM p.amount
    OR p.foreign_lines > 0
    OR q.seller <> i.seller
    OR b.amount > i.total
LIMIT $1;
