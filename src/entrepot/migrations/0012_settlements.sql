-- deploy: before
-- Settlements: what passed between two partners in one week, closed. Each side has its own face of
-- one document, with the same lines: the wholesaler's settlement order, the retailer's inbound.

CREATE TABLE settlements (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    face text NOT NULL,
    partnership uuid NOT NULL,
    partner uuid NOT NULL,
    week date NOT NULL,
    currency text NOT NULL,
    time_zone text NOT NULL,
    closed_at timestamptz NOT NULL,
    lines integer NOT NULL,
    net_minor bigint NOT NULL,
    is_priced boolean NOT NULL,
    state text NOT NULL DEFAULT 'closed',
    answered_at timestamptz,
    dispute_reason text,
    CONSTRAINT settlements_pk PRIMARY KEY (organisation, id),
    CONSTRAINT settlements_one_a_week UNIQUE (organisation, partnership, face, week),
    CONSTRAINT settlements_face_known CHECK (face IN ('order', 'inbound')),
    CONSTRAINT settlements_state_known CHECK (state IN ('closed', 'acknowledged', 'disputed')),
    CONSTRAINT settlements_answered CHECK ((state = 'closed') = (answered_at IS NULL)),
    CONSTRAINT settlements_disputed_for_a_reason
    CHECK ((state = 'disputed') = (dispute_reason IS NOT NULL))
);

CREATE INDEX settlements_by_week ON settlements (organisation, week, id);

CREATE TABLE settlement_lines (
    organisation uuid NOT NULL,
    settlement uuid NOT NULL,
    line_no integer NOT NULL,
    wholesaler_variant uuid NOT NULL,
    variant uuid NOT NULL,
    factor integer NOT NULL,
    unit_price numeric(15, 4),
    vat_rate numeric(5, 2),
    transferred numeric(15, 3) NOT NULL,
    reversed numeric(15, 3) NOT NULL,
    transfers bigint NOT NULL,
    CONSTRAINT settlement_lines_pk PRIMARY KEY (organisation, settlement, line_no),
    CONSTRAINT settlement_lines_not_negative CHECK (transferred >= 0 AND reversed >= 0)
);
