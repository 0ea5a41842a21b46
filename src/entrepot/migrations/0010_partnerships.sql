-- deploy: before
-- Partnerships: who shares stock with whom, on what terms, which goods are the same, at what price.

CREATE TABLE partnerships (
    wholesaler uuid NOT NULL,
    id uuid NOT NULL,
    retailer uuid NOT NULL,
    state text NOT NULL DEFAULT 'active',
    paused_by_wholesaler boolean NOT NULL DEFAULT false,
    paused_by_retailer boolean NOT NULL DEFAULT false,
    sharing_policy text NOT NULL,
    buffer numeric(15, 3) NOT NULL DEFAULT 0,
    cap numeric(15, 3),
    on_cancel_open_week text NOT NULL DEFAULT 'reverse',
    on_cancel_later text NOT NULL DEFAULT 'keep',
    price_percentage numeric(7, 4) NOT NULL DEFAULT 100,
    currency text NOT NULL,
    time_zone text NOT NULL,
    terms text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    closed_through date NOT NULL,
    written_through date NOT NULL,
    next_close_at timestamptz NOT NULL,
    CONSTRAINT partnerships_pk PRIMARY KEY (wholesaler, id),
    CONSTRAINT partnerships_wholesaler_known
    FOREIGN KEY (wholesaler) REFERENCES organisations (id),
    CONSTRAINT partnerships_not_with_oneself CHECK (wholesaler <> retailer),
    CONSTRAINT partnerships_state_known CHECK (state IN ('active', 'paused', 'ending', 'ended')),
    CONSTRAINT partnerships_paused_by_somebody CHECK (
        state IN ('ending', 'ended')
        OR (state = 'paused') = (paused_by_wholesaler OR paused_by_retailer)
    ),
    CONSTRAINT partnerships_end_once CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CONSTRAINT partnerships_sharing_policy_known
    CHECK (sharing_policy IN ('all_stock', 'allocated_only')),
    CONSTRAINT partnerships_buffer_not_negative CHECK (buffer >= 0),
    CONSTRAINT partnerships_cap_not_negative CHECK (cap >= 0),
    CONSTRAINT partnerships_on_cancel_known CHECK (
        on_cancel_open_week IN ('reverse', 'keep') AND on_cancel_later IN ('reverse', 'keep')
    ),
    CONSTRAINT partnerships_price_percentage_within CHECK (price_percentage BETWEEN 0 AND 999),
    CONSTRAINT partnerships_weeks_begin_on_monday CHECK (
        extract(ISODOW FROM closed_through) = 1 AND extract(ISODOW FROM written_through) = 1
    ),
    CONSTRAINT partnerships_written_after_closing CHECK (written_through <= closed_through)
);

-- Two organisations have one partnership in each direction at a time.
CREATE UNIQUE INDEX partnerships_one_a_pair ON partnerships (wholesaler, retailer)
WHERE state <> 'ended';

CREATE INDEX partnerships_of_retailer ON partnerships (retailer, id);

-- The job that closes weeks finds its work here, and what was closed and not yet written.
CREATE INDEX partnerships_to_close ON partnerships (next_close_at) WHERE state <> 'ended';

CREATE INDEX partnerships_to_write ON partnerships (closed_through)
WHERE written_through < closed_through;

CREATE TABLE partnership_invitations (
    wholesaler uuid NOT NULL,
    id uuid NOT NULL,
    key_hash bytea NOT NULL,
    note text NOT NULL DEFAULT '',
    sharing_policy text NOT NULL,
    buffer numeric(15, 3) NOT NULL DEFAULT 0,
    cap numeric(15, 3),
    on_cancel_open_week text NOT NULL DEFAULT 'reverse',
    on_cancel_later text NOT NULL DEFAULT 'keep',
    price_percentage numeric(7, 4) NOT NULL DEFAULT 100,
    time_zone text NOT NULL,
    terms text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz,
    partnership uuid,
    CONSTRAINT partnership_invitations_pk PRIMARY KEY (wholesaler, id),
    CONSTRAINT partnership_invitations_wholesaler_known
    FOREIGN KEY (wholesaler) REFERENCES organisations (id),
    CONSTRAINT partnership_invitations_sharing_policy_known
    CHECK (sharing_policy IN ('all_stock', 'allocated_only')),
    CONSTRAINT partnership_invitations_end_once
    CHECK (accepted_at IS NULL OR revoked_at IS NULL),
    CONSTRAINT partnership_invitations_accepted_make_one
    CHECK ((accepted_at IS NULL) = (partnership IS NULL))
);

-- An invitation is found by its invite key alone; the key is too random to be made twice.
CREATE INDEX partnership_invitations_by_key ON partnership_invitations (key_hash);

-- Wrong invite keys by who entered them: at most the last moments of each.
CREATE TABLE invite_key_tries (
    organisation uuid NOT NULL,
    tried_at timestamptz [] NOT NULL,
    CONSTRAINT invite_key_tries_pk PRIMARY KEY (organisation)
);

-- A retailer's record of whom it buys from may point at a partnership.
ALTER TABLE suppliers ADD COLUMN partnership uuid;

-- How often a variant ceased to be active: a product match made before does not come back with it.
ALTER TABLE variants ADD COLUMN withdrawals integer NOT NULL DEFAULT 0;

CREATE TABLE product_matches (
    retailer uuid NOT NULL,
    id uuid NOT NULL,
    variant uuid NOT NULL,
    wholesaler uuid NOT NULL,
    partnership uuid NOT NULL,
    wholesaler_variant uuid NOT NULL,
    factor integer NOT NULL DEFAULT 1,
    rank smallint NOT NULL DEFAULT 0,
    buffer numeric(15, 3),
    cap numeric(15, 3),
    matched_by text NOT NULL,
    withdrawals integer NOT NULL,
    wholesaler_withdrawals integer NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text,
    CONSTRAINT product_matches_pk PRIMARY KEY (retailer, id),
    CONSTRAINT product_matches_variant_known
    FOREIGN KEY (retailer, variant) REFERENCES variants (organisation, id),
    CONSTRAINT product_matches_factor_positive CHECK (factor >= 1),
    CONSTRAINT product_matches_buffer_not_negative CHECK (buffer >= 0),
    CONSTRAINT product_matches_cap_not_negative CHECK (cap >= 0),
    CONSTRAINT product_matches_matched_by_known
    CHECK (matched_by IN ('gtin', 'hand', 'allocation')),
    CONSTRAINT product_matches_end_with_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

-- A variant is matched once in each partnership at a time.
CREATE UNIQUE INDEX product_matches_one_a_partnership
ON product_matches (retailer, variant, partnership)
WHERE ended_at IS NULL;

CREATE INDEX product_matches_of_partnership ON product_matches (partnership, variant);

-- Whom a change of a wholesaler's stock concerns.
CREATE INDEX product_matches_of_wholesaler
ON product_matches (wholesaler, wholesaler_variant, retailer)
WHERE ended_at IS NULL;

-- A partnership's fixed prices, ex VAT, a unit of the wholesaler's; each holds from its day on.
CREATE TABLE fixed_prices (
    wholesaler uuid NOT NULL,
    partnership uuid NOT NULL,
    variant uuid NOT NULL,
    valid_from timestamptz NOT NULL,
    unit_price numeric(15, 4),
    CONSTRAINT fixed_prices_pk PRIMARY KEY (wholesaler, partnership, variant, valid_from),
    CONSTRAINT fixed_prices_partnership_known
    FOREIGN KEY (wholesaler, partnership) REFERENCES partnerships (wholesaler, id),
    CONSTRAINT fixed_prices_not_negative CHECK (unit_price >= 0)
);

-- The one rule of when a match counts: it has not ended, its partnership is active, both variants
-- are, and neither ceased to be so since it was made. `step` is the smallest part of the retailer's
-- unit that a transfer may have.
CREATE VIEW active_matches AS
SELECT
    m.retailer,
    m.variant,
    m.id,
    m.wholesaler,
    m.wholesaler_variant,
    m.partnership,
    m.factor,
    m.rank,
    m.created_at,
    coalesce(m.buffer, p.buffer) AS buffer,
    coalesce(m.cap, p.cap) AS cap,
    p.sharing_policy,
    CASE
        WHEN r.whole_units OR w.whole_units OR m.factor > 1 THEN 1.000
        ELSE 0.001
    END AS step
FROM product_matches AS m
INNER JOIN partnerships AS p ON m.wholesaler = p.wholesaler AND m.partnership = p.id
INNER JOIN variants AS r ON m.retailer = r.organisation AND m.variant = r.id
INNER JOIN variants AS w ON m.wholesaler = w.organisation AND m.wholesaler_variant = w.id
WHERE
    m.ended_at IS NULL
    AND p.state = 'active'
    AND r.state = 'active' AND r.withdrawals = m.withdrawals
    AND w.state = 'active' AND w.withdrawals = m.wholesaler_withdrawals;
