-- deploy: before
-- What becomes of a seller invoice: shipments, each of a part of its lines, and refund requests, by
-- which lines are cancelled before they leave or come back after.

CREATE SEQUENCE shipment_legacy_ids AS integer START WITH 10001 MINVALUE 1 CACHE 20;

CREATE SEQUENCE refund_legacy_ids AS integer START WITH 10001 MINVALUE 1 CACHE 20;

CREATE SEQUENCE refund_line_legacy_ids AS integer START WITH 10001 MINVALUE 1 CACHE 20;

-- Goods of one invoice that left together. The carrier is one of the application's list.
CREATE TABLE shipments (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    invoice uuid NOT NULL,
    seller uuid NOT NULL,
    legacy_id integer NOT NULL DEFAULT nextval('shipment_legacy_ids'),
    carrier integer NOT NULL,
    tracking_number text COLLATE "C" NOT NULL,
    note text,
    dispatched_on date NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT shipments_pk PRIMARY KEY (organisation, id),
    CONSTRAINT shipments_invoice_known
    FOREIGN KEY (organisation, invoice) REFERENCES seller_invoices (organisation, id),
    CONSTRAINT shipments_legacy_id_unique UNIQUE (organisation, legacy_id),
    CONSTRAINT shipments_carrier_is_a_number CHECK (carrier > 0)
);

CREATE INDEX shipments_by_invoice ON shipments (organisation, invoice, id);

CREATE INDEX shipments_by_seller ON shipments (seller, id);

CREATE INDEX shipments_numbered_by_seller ON shipments (seller, legacy_id);

CREATE TABLE shipment_lines (
    organisation uuid NOT NULL,
    shipment uuid NOT NULL,
    order_id uuid NOT NULL,
    line_no integer NOT NULL,
    quantity numeric(15, 3) NOT NULL,
    CONSTRAINT shipment_lines_pk PRIMARY KEY (organisation, shipment, line_no),
    CONSTRAINT shipment_lines_shipment_known
    FOREIGN KEY (organisation, shipment) REFERENCES shipments (organisation, id),
    CONSTRAINT shipment_lines_line_known
    FOREIGN KEY (organisation, order_id, line_no)
    REFERENCES marketplace_lines (organisation, order_id, line_no),
    CONSTRAINT shipment_lines_quantity_positive CHECK (quantity > 0)
);

-- Money that is asked back: `amount` is what its lines come to, `cash_amount` what was refunded.
-- Whether goods go back on the shelf is said by `restock`, or (null) follows from each line.
CREATE TABLE refund_requests (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    invoice uuid NOT NULL,
    seller uuid NOT NULL,
    legacy_id integer NOT NULL DEFAULT nextval('refund_legacy_ids'),
    status text NOT NULL,
    initiated_by text NOT NULL,
    restock boolean,
    amount integer NOT NULL,
    cash_amount integer,
    notes json NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    refunded_at timestamptz,
    CONSTRAINT refund_requests_pk PRIMARY KEY (organisation, id),
    CONSTRAINT refund_requests_invoice_known
    FOREIGN KEY (organisation, invoice) REFERENCES seller_invoices (organisation, id),
    CONSTRAINT refund_requests_legacy_id_unique UNIQUE (organisation, legacy_id),
    CONSTRAINT refund_requests_status_known
    CHECK (status IN ('awaiting', 'returned', 'refunded', 'denied')),
    CONSTRAINT refund_requests_initiator_known
    CHECK (initiated_by IN ('admin', 'seller', 'buyer')),
    CONSTRAINT refund_requests_refunded_is_dated_and_paid CHECK (
        (status = 'refunded') = (refunded_at IS NOT NULL)
        AND (status = 'refunded') = (cash_amount IS NOT NULL)
    ),
    CONSTRAINT refund_requests_amounts_not_negative CHECK (amount >= 0 AND cash_amount >= 0),
    CONSTRAINT refund_requests_refund_what_they_come_to CHECK (cash_amount = amount)
);

CREATE INDEX refund_requests_by_order ON refund_requests (organisation, order_id, id);

CREATE INDEX refund_requests_by_invoice ON refund_requests (organisation, invoice, id);

CREATE INDEX refund_requests_by_seller ON refund_requests (seller, id);

CREATE INDEX refund_requests_numbered_by_seller ON refund_requests (seller, legacy_id);

-- What a refund request is about: units of a line, not `dispatched` where they are cancelled; or,
-- without a line, an amount that `description` explains.
CREATE TABLE refund_request_lines (
    organisation uuid NOT NULL,
    refund_request uuid NOT NULL,
    number integer NOT NULL,
    legacy_id integer NOT NULL DEFAULT nextval('refund_line_legacy_ids'),
    order_id uuid NOT NULL,
    line_no integer,
    quantity numeric(15, 3) NOT NULL,
    dispatched boolean NOT NULL,
    reason text,
    description text,
    amount_per_item integer NOT NULL,
    amount integer NOT NULL,
    CONSTRAINT refund_request_lines_pk PRIMARY KEY (organisation, refund_request, number),
    CONSTRAINT refund_request_lines_request_known
    FOREIGN KEY (organisation, refund_request) REFERENCES refund_requests (organisation, id),
    CONSTRAINT refund_request_lines_line_known
    FOREIGN KEY (organisation, order_id, line_no)
    REFERENCES marketplace_lines (organisation, order_id, line_no),
    CONSTRAINT refund_request_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT refund_request_lines_amount_is_that_of_its_items
    CHECK (amount = amount_per_item * quantity),
    CONSTRAINT refund_request_lines_amount_not_negative
    CHECK (amount >= 0 OR line_no IS NULL),
    CONSTRAINT refund_request_lines_are_of_a_line_or_described
    CHECK ((line_no IS NULL) = (description IS NOT NULL))
);
