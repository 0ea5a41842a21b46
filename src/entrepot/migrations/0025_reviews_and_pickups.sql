-- deploy: before
-- A marketplace may look at a payment again: while it does, nothing of the order can be shipped.
-- What its customer fetches is ready from a moment on.

ALTER TABLE marketplace_orders
ADD COLUMN is_under_review boolean NOT NULL DEFAULT false;

ALTER TABLE seller_invoices
ADD COLUMN ready_at timestamptz;

CREATE OR REPLACE VIEW invoice_standings AS
SELECT
    i.organisation,
    i.id,
    CASE
        WHEN s.cancelled = s.quantity THEN 'cancelled'
        WHEN s.cancelled + b.paid_back = s.quantity THEN 'refunded'
        WHEN o.is_under_review THEN 'payment_under_review'
        WHEN i.ready_at IS NOT NULL AND s.shipped < s.quantity - s.cancelled THEN 'ready'
        WHEN s.shipped = 0 AND i.paid_at IS NULL THEN 'awaiting_payment'
        WHEN s.shipped = 0 THEN 'paid'
        WHEN s.shipped < s.quantity - s.cancelled AND i.delivery_type = 'click_and_collect' THEN 'paid'
        WHEN s.shipped < s.quantity - s.cancelled THEN 'partially_sent'
        WHEN i.delivery_type = 'click_and_collect' THEN 'collected'
        ELSE 'sent'
    END AS status,
    i.delivery_type = 'click_and_collect' AND s.shipped < s.quantity - s.cancelled
    AS awaits_collection,
    b.awaits_return
FROM seller_invoices AS i
INNER JOIN marketplace_orders AS o
    ON i.organisation = o.organisation AND i.order_id = o.order_id
CROSS JOIN LATERAL (
    SELECT
        sum(l.quantity) AS quantity,
        sum(l.shipped) AS shipped,
        sum(l.cancelled) AS cancelled
    FROM marketplace_lines AS m
    INNER JOIN order_lines AS l
        ON
            m.organisation = l.organisation AND m.order_id = l.order_id
            AND m.line_no = l.line_no
    WHERE m.organisation = i.organisation AND m.order_id = i.order_id AND m.invoice = i.id
) AS s
CROSS JOIN LATERAL (
    SELECT
        coalesce(
            sum(p.quantity) FILTER (
                WHERE r.status = 'refunded' AND p.dispatched AND p.line_no IS NOT NULL
            ),
            0
        ) AS paid_back,
        coalesce(bool_or(r.status = 'awaiting' AND p.dispatched), false) AS awaits_return
    FROM refund_requests AS r
    INNER JOIN refund_request_lines AS p
        ON r.organisation = p.organisation AND r.id = p.refund_request
    WHERE r.organisation = i.organisation AND r.invoice = i.id
) AS b;
