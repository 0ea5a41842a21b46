-- deploy: before
-- Sellers have numbers by which marketplaces' programs know them; orders of marketplaces and seller
-- invoices say when they were changed last, so that programs can ask for what was changed since.

CREATE SEQUENCE seller_legacy_ids AS integer START WITH 1001 MINVALUE 1 CACHE 20;

ALTER TABLE organisations
ADD COLUMN legacy_id integer NOT NULL DEFAULT nextval('seller_legacy_ids'),
ADD CONSTRAINT organisations_legacy_id_unique UNIQUE (legacy_id);

ALTER TABLE marketplace_orders
ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

CREATE INDEX marketplace_orders_updated ON marketplace_orders (organisation, updated_at, order_id);

ALTER TABLE seller_invoices
ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

CREATE INDEX seller_invoices_updated ON seller_invoices (organisation, updated_at, id);

CREATE INDEX seller_invoices_updated_by_seller ON seller_invoices (seller, updated_at, id);

-- Lines are asked for by their number alone, orders by what others call them, under whatever key.
CREATE INDEX marketplace_lines_numbered_by_seller ON marketplace_lines (seller, legacy_id);

CREATE INDEX order_external_ids_of_orders ON order_external_ids (organisation, value, subject)
WHERE owner_type = 'order';

CREATE INDEX refund_request_lines_numbered ON refund_request_lines (organisation, legacy_id);

-- How far invoices are, in the one word that is shown, so that they can be looked for by it.
CREATE VIEW invoice_standings AS
SELECT
    i.organisation,
    i.id,
    CASE
        WHEN s.cancelled = s.quantity THEN 'cancelled'
        WHEN s.cancelled + b.paid_back = s.quantity THEN 'refunded'
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

-- Lines of invoices of which something is to leave: what is asked to be cancelled is not.
CREATE VIEW lines_to_dispatch AS
SELECT
    m.organisation,
    m.order_id,
    m.invoice,
    m.line_no
FROM marketplace_lines AS m
INNER JOIN order_lines AS l
    ON
        m.organisation = l.organisation AND m.order_id = l.order_id
        AND m.line_no = l.line_no
WHERE
    l.quantity > l.shipped + l.cancelled + (
        SELECT coalesce(sum(p.quantity), 0)
        FROM refund_requests AS r
        INNER JOIN refund_request_lines AS p
            ON r.organisation = p.organisation AND r.id = p.refund_request
        WHERE
            r.organisation = m.organisation AND r.invoice = m.invoice
            AND r.status IN ('awaiting', 'returned')
            AND p.line_no = m.line_no AND NOT p.dispatched
    );
