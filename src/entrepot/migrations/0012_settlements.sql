-- deploy: before
-- Settlements: what passed between two partners in one week, closed. Each side has its own face of
-- one document, with the same lines: the wholesaler's settlement order, the retailer's inbound.

-- A line's transfers are read page by page, however many the week has.
DROP INDEX transfers_of_week;

CREATE INDEX transfers_of_week
ON transfers (wholesaler, partnership, week, wholesaler_variant, id);

CREATE TABLE settlements (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    face text NOT NULL,
    partnership uuid NOT NULL,
    partner uuid NOT NULL,
    week date NOT NULL,
    currency text NOT NULL,
    minor_digits smallint NOT NULL,
    time_zone text NOT NULL,
    closed_at timestamptz NOT NULL,
    lines integer NOT NULL,
    unpriced_lines integer NOT NULL,
    state text NOT NULL DEFAULT 'closed',
    answered_at timestamptz,
    dispute_reason text,
    CONSTRAINT settlements_pk PRIMARY KEY (organisation, id),
    CONSTRAINT settlements_one_a_week UNIQUE (organisation, partnership, week),
    CONSTRAINT settlements_face_known CHECK (face IN ('order', 'inbound')),
    CONSTRAINT settlements_week_begins_on_monday CHECK (extract(ISODOW FROM week) = 1),
    CONSTRAINT settlements_lines_counted
    CHECK (lines > 0 AND unpriced_lines BETWEEN 0 AND lines),
    CONSTRAINT settlements_state_known CHECK (state IN ('closed', 'acknowledged', 'disputed')),
    CONSTRAINT settlements_answered CHECK ((state = 'closed') = (answered_at IS NULL)),
    CONSTRAINT settlements_disputed_for_a_reason
    CHECK ((state = 'disputed') = (dispute_reason IS NOT NULL))
);

CREATE INDEX settlements_by_week ON settlements (organisation, week, id);

-- Quantities are in the retailer's units, the price is of one of the wholesaler's, as transfers have
-- them; codes and name are those of the side whose face it is, as they were when the week closed.
CREATE TABLE settlement_lines (
    organisation uuid NOT NULL,
    settlement uuid NOT NULL,
    line_no integer NOT NULL,
    wholesaler_variant uuid NOT NULL,
    variant uuid NOT NULL,
    factor integer NOT NULL,
    sku text NOT NULL,
    name text NOT NULL,
    partner_sku text,
    unit_price numeric(15, 4),
    vat_rate numeric(5, 2),
    transferred numeric(15, 3) NOT NULL,
    reversed numeric(15, 3) NOT NULL,
    transfers bigint NOT NULL,
    CONSTRAINT settlement_lines_pk PRIMARY KEY (organisation, settlement, line_no),
    CONSTRAINT settlement_lines_not_negative CHECK (transferred >= 0 AND reversed >= 0)
);

-- What the priced lines of one VAT rate come to, ex VAT and the VAT on it, in minor units; NULL where
-- no rate is known, or where it is more than can be written.
CREATE TABLE settlement_totals (
    organisation uuid NOT NULL,
    settlement uuid NOT NULL,
    total_no integer NOT NULL,
    vat_rate numeric(5, 2),
    net_minor bigint,
    vat_minor bigint,
    CONSTRAINT settlement_totals_pk PRIMARY KEY (organisation, settlement, total_no)
);

REVOKE UPDATE, DELETE, TRUNCATE ON settlement_lines FROM CURRENT_USER;

REVOKE UPDATE, DELETE, TRUNCATE ON settlement_totals FROM CURRENT_USER;

-- What moved in each week: one line a product pair and price.
CREATE VIEW moved_lines AS
SELECT
    t.wholesaler,
    t.partnership,
    t.week,
    t.wholesaler_variant,
    t.variant,
    t.factor,
    t.unit_price,
    t.vat_rate,
    coalesce(sum(t.quantity) FILTER (WHERE t.reverses IS NULL), 0) AS transferred,
    coalesce(sum(t.quantity) FILTER (WHERE t.reverses IS NOT NULL), 0) AS reversed,
    count(*) AS transfers
FROM transfers AS t
GROUP BY
    t.wholesaler,
    t.partnership,
    t.week,
    t.wholesaler_variant,
    t.variant,
    t.factor,
    t.unit_price,
    t.vat_rate;
