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

CREATE UNIQUE INDEX suppliers_of_partnership ON suppliers (organisation, partnership)
WHERE partnership IS NOT NULL;

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

CREATE INDEX product_matches_of_partnership ON product_matches (partnership, variant, id);

-- Whom a change of a wholesaler's stock concerns, or did.
CREATE INDEX product_matches_of_wholesaler
ON product_matches (wholesaler, wholesaler_variant, retailer, id);

-- Either side names a match by its id alone.
CREATE INDEX product_matches_by_id ON product_matches (id);

-- Which of a retailer's variants a supplier knows by a code.
CREATE INDEX variants_by_supplier_sku ON variants (organisation, supplier_sku)
WHERE supplier_sku IS NOT NULL;

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

-- The one rule of what a retailer pays for a unit of the wholesaler's now, ex VAT: the fixed price
-- that holds, else the percentage of the wholesale price, to four places (a half goes to the even
-- one); NULL where there is neither. Joined by (wholesaler, partnership, variant) it is looked up.
CREATE VIEW agreed_prices AS
SELECT
    p.wholesaler,
    p.id AS partnership,
    v.id AS variant,
    coalesce(f.unit_price, s.unit_price) AS unit_price,
    v.vat_rate,
    f.unit_price AS fixed_price,
    f.valid_from AS fixed_from
FROM partnerships AS p
INNER JOIN variants AS v ON p.wholesaler = v.organisation
LEFT JOIN LATERAL (
    SELECT
        x.unit_price,
        x.valid_from
    FROM fixed_prices AS x
    WHERE
        x.wholesaler = p.wholesaler AND x.partnership = p.id AND x.variant = v.id
        AND x.valid_from <= statement_timestamp()
    ORDER BY x.valid_from DESC
    LIMIT 1
) AS f ON true
CROSS JOIN LATERAL (SELECT v.wholesale_price * p.price_percentage * 0.01 AS exact) AS e
CROSS JOIN LATERAL (SELECT trunc(e.exact, 4) AS shortened) AS t
CROSS JOIN LATERAL (
    SELECT
        t.shortened + CASE
            WHEN e.exact - t.shortened > 0.00005 THEN 0.0001
            WHEN e.exact - t.shortened = 0.00005 THEN mod(t.shortened * 10000, 2) * 0.0001
            ELSE 0.0000
        END AS unit_price
) AS s;

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
    w.unlimited,
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

-- Every product match as its two sides know it. `reason` says why it does not count: NULL exactly
-- for the active ones.
CREATE VIEW known_matches AS
SELECT
    m.retailer,
    m.id,
    m.wholesaler,
    m.partnership,
    m.variant,
    r.sku,
    r.name,
    r.gtin,
    r.unit,
    m.wholesaler_variant,
    w.sku AS wholesaler_sku,
    w.name AS wholesaler_name,
    w.gtin AS wholesaler_gtin,
    w.unit AS wholesaler_unit,
    m.factor,
    m.rank,
    m.buffer,
    m.cap,
    p.buffer AS partnership_buffer,
    p.cap AS partnership_cap,
    m.matched_by,
    m.created_at,
    m.ended_at,
    CASE
        WHEN m.ended_at IS NOT NULL THEN m.end_reason
        WHEN r.state <> 'active' OR r.withdrawals <> m.withdrawals THEN 'variant_deactivated'
        WHEN w.state <> 'active' OR w.withdrawals <> m.wholesaler_withdrawals
            THEN 'wholesaler_variant_deactivated'
        WHEN p.state <> 'active' THEN 'partnership_' || p.state
    END AS reason
FROM product_matches AS m
INNER JOIN partnerships AS p ON m.wholesaler = p.wholesaler AND m.partnership = p.id
INNER JOIN variants AS r ON m.retailer = r.organisation AND m.variant = r.id
INNER JOIN variants AS w ON m.wholesaler = w.organisation AND m.wholesaler_variant = w.id;

-- The one rule of matching: what it makes of each active variant of a retailer in a partnership,
-- now. A GTIN is one trade item's, so the two variants that have it are `matchable`; a match that
-- was, and equal codes, only suggest. `match` is the one that has not ended, if any; `candidate` the
-- wholesaler's variant that it is about.
CREATE VIEW matching_outcomes AS
SELECT
    p.wholesaler,
    p.id AS partnership,
    p.retailer,
    r.id AS variant,
    r.sku,
    r.name,
    r.gtin,
    r.unit,
    r.withdrawals,
    m.id AS match,
    c.id AS candidate,
    c.sku AS candidate_sku,
    c.name AS candidate_name,
    c.gtin AS candidate_gtin,
    c.unit AS candidate_unit,
    c.withdrawals AS candidate_withdrawals,
    CASE WHEN c.id = m.wholesaler_variant THEN m.factor ELSE 1 END AS factor,
    CASE
        WHEN l.id IS NOT NULL THEN 'already_matched'
        WHEN g.id IS NOT NULL THEN CASE
            WHEN g.state <> 'active' THEN 'inactive'
            WHEN lower(g.unit) <> lower(r.unit) THEN 'unit_mismatch'
            ELSE 'matchable'
        END
        WHEN c.id IS NULL THEN 'none'
        WHEN c.state <> 'active' THEN 'inactive'
        WHEN k.id IS NOT NULL THEN 'suggested'
        WHEN a.id <> b.id THEN 'ambiguous_there'
        WHEN
            EXISTS (
                SELECT 1
                FROM variants AS o
                WHERE
                    o.organisation = r.organisation AND o.id <> r.id AND o.state = 'active'
                    AND o.sku = c.sku
            )
            OR EXISTS (
                SELECT 1
                FROM variants AS o
                INNER JOIN suppliers AS t ON o.organisation = t.organisation AND o.supplier = t.id
                WHERE
                    o.organisation = r.organisation AND o.id <> r.id AND o.state = 'active'
                    AND o.supplier_sku = c.sku AND t.partnership = p.id
            )
            OR EXISTS (
                SELECT 1
                FROM variants AS o
                WHERE
                    o.organisation = r.organisation AND o.id <> r.id AND o.state = 'active'
                    AND lpad(o.gtin, 14, '0') = lpad(c.gtin, 14, '0') AND o.gtin IS NOT NULL
            )
            THEN 'ambiguous_here'
        ELSE 'suggested'
    END AS outcome
FROM partnerships AS p
INNER JOIN variants AS r ON p.retailer = r.organisation AND r.state = 'active'
LEFT JOIN product_matches AS m
    ON
        r.organisation = m.retailer AND r.id = m.variant AND p.id = m.partnership
        AND m.ended_at IS NULL
-- The match's other side, while the match counts.
LEFT JOIN variants AS l
    ON
        m.wholesaler = l.organisation AND m.wholesaler_variant = l.id AND l.state = 'active'
        AND m.wholesaler_withdrawals = l.withdrawals AND m.withdrawals = r.withdrawals
-- The wholesaler's variant of the same GTIN, of which there is one at most.
LEFT JOIN variants AS g
    ON
        p.wholesaler = g.organisation AND lpad(r.gtin, 14, '0') = lpad(g.gtin, 14, '0')
        AND g.gtin IS NOT NULL AND g.state <> 'deleted'
-- The match's other side, where it could be matched again.
LEFT JOIN variants AS k
    ON
        m.wholesaler = k.organisation AND m.wholesaler_variant = k.id AND k.state = 'active'
-- Those of equal sku: by the retailer's own, and by what it says this supplier calls it.
LEFT JOIN variants AS a
    ON p.wholesaler = a.organisation AND r.sku = a.sku AND a.state <> 'deleted'
LEFT JOIN suppliers AS s
    ON r.organisation = s.organisation AND r.supplier = s.id AND p.id = s.partnership
LEFT JOIN variants AS b
    ON
        p.wholesaler = b.organisation AND r.supplier_sku = b.sku AND b.state <> 'deleted'
        AND s.id IS NOT NULL
LEFT JOIN variants AS c
    ON
        p.wholesaler = c.organisation
        AND c.id = coalesce(l.id, g.id, k.id, b.id, a.id, m.wholesaler_variant);
