-- deploy: before
-- Transfers: ownership passes from a wholesaler to a retailer, and back by a reversal. Their rows in
-- the ledger are found by the versions they made.

ALTER TABLE ledger DROP CONSTRAINT ledger_kind_known;

ALTER TABLE ledger ADD CONSTRAINT ledger_kind_known CHECK (
    kind IN (
        'receive', 'adjust', 'count', 'hold', 'release', 'expire', 'ship', 'return',
        'allocate', 'deallocate', 'transfer_out', 'transfer_in', 'reversal_out', 'reversal_in'
    )
);

-- Nothing made allocations before.
ALTER TABLE allocations
ADD COLUMN partnership uuid NOT NULL,
ADD COLUMN note text NOT NULL DEFAULT '',
ADD COLUMN match_failure text,
ADD COLUMN closed_at timestamptz,
ADD COLUMN close_reason text,
ADD CONSTRAINT allocations_quantity_not_negative CHECK (quantity >= 0),
ADD CONSTRAINT allocations_close_once CHECK (
    (state = 'closed') = (closed_at IS NOT NULL)
    AND (state = 'closed') = (close_reason IS NOT NULL)
),
ADD CONSTRAINT allocations_close_reason_known CHECK (
    close_reason IN ('closed', 'expired', 'partnership_ended', 'variant_deactivated')
);

CREATE INDEX allocations_of_partnership ON allocations (owner, partnership, id);

CREATE INDEX allocations_of_retailer ON allocations (retailer, id);

-- Those past their validity that nobody has closed yet.
CREATE INDEX allocations_expiring ON allocations (valid_until)
WHERE state = 'open' AND valid_until IS NOT NULL;

-- `quantity` is in the retailer's units; the legs are in the wholesaler's.
CREATE TABLE transfers (
    wholesaler uuid NOT NULL,
    id uuid NOT NULL,
    partnership uuid NOT NULL,
    retailer uuid NOT NULL,
    week date NOT NULL,
    at timestamptz NOT NULL,
    organisation uuid NOT NULL,
    order_id uuid NOT NULL,
    line_no integer NOT NULL,
    match uuid NOT NULL,
    wholesaler_variant uuid NOT NULL,
    variant uuid NOT NULL,
    location uuid NOT NULL,
    version bigint NOT NULL,
    quantity numeric(15, 3) NOT NULL,
    factor integer NOT NULL,
    unit_price numeric(15, 4),
    vat_rate numeric(5, 2),
    reverses uuid,
    act uuid NOT NULL,
    CONSTRAINT transfers_pk PRIMARY KEY (wholesaler, id),
    CONSTRAINT transfers_quantity_positive CHECK (quantity > 0),
    CONSTRAINT transfers_factor_positive CHECK (factor >= 1),
    CONSTRAINT transfers_week_begins_on_monday CHECK (extract(ISODOW FROM week) = 1)
);

CREATE INDEX transfers_of_week ON transfers (wholesaler, partnership, week);

CREATE INDEX transfers_of_order ON transfers (organisation, order_id);

-- Where at the wholesaler a transfer's units were taken from: an allocation, or what was free.
CREATE TABLE transfer_legs (
    wholesaler uuid NOT NULL,
    transfer uuid NOT NULL,
    leg_no integer NOT NULL,
    location uuid NOT NULL,
    allocation uuid,
    quantity numeric(15, 3) NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT transfer_legs_pk PRIMARY KEY (wholesaler, transfer, leg_no),
    CONSTRAINT transfer_legs_quantity_positive CHECK (quantity > 0)
);

REVOKE UPDATE, DELETE, TRUNCATE ON transfers FROM CURRENT_USER;

REVOKE UPDATE, DELETE, TRUNCATE ON transfer_legs FROM CURRENT_USER;

-- The one rule of what a position's figures are now: as they were written last, less the holds and
-- allocations past their time that nobody has ended yet. The figures of an unlimited position count
-- no holds and no allocations, so neither do they count what is past.
CREATE VIEW current_positions AS
SELECT
    p.owner,
    p.variant,
    p.location,
    p.on_hand,
    p.held - h.expired AS held,
    p.allocated - a.expired AS allocated,
    greatest(p.on_hand - p.held + h.expired - p.allocated + a.expired, 0) AS available,
    p.version,
    p.unlimited
FROM positions AS p
CROSS JOIN LATERAL (
    SELECT least(coalesce(sum(g.quantity), 0), p.held) AS expired
    FROM holds AS g
    WHERE
        g.owner = p.owner AND g.variant = p.variant AND g.location = p.location
        AND g.state = 'live' AND g.expires_at <= statement_timestamp()
) AS h
CROSS JOIN LATERAL (
    SELECT least(coalesce(sum(o.remaining), 0), p.allocated) AS expired
    FROM allocations AS o
    WHERE
        o.owner = p.owner AND o.variant = p.variant AND o.location = p.location
        AND o.state = 'open' AND o.valid_until <= statement_timestamp()
) AS a;

-- What each active match opens to the retailer now: the pool in the wholesaler's units, what is
-- offered of it in the retailer's; NULL means unlimited. What is unlimited needs no position, only a
-- place that it could ship from. That no more is offered than is on hand and not held needs no
-- minimum here: on hand covers what is held and allocated.
CREATE VIEW partner_offers AS
SELECT
    m.retailer,
    m.variant,
    m.id AS match,
    m.wholesaler,
    m.wholesaler_variant,
    m.partnership,
    m.factor,
    m.rank,
    m.created_at,
    m.buffer,
    m.cap,
    m.sharing_policy,
    m.step,
    s.allocated AS allocation_left,
    CASE WHEN s.unlimited AND m.sharing_policy = 'all_stock' THEN NULL ELSE s.pool END AS pool,
    CASE
        WHEN s.unlimited AND m.sharing_policy = 'all_stock'
            THEN floor(m.cap / m.step) * m.step
        ELSE
            floor(
                least(m.cap, greatest(s.pool - m.buffer, 0) / m.factor) / m.step
            ) * m.step
    END AS offered
FROM active_matches AS m
CROSS JOIN LATERAL (
    SELECT
        m.unlimited AND EXISTS (
            SELECT 1
            FROM locations AS d
            WHERE d.organisation = m.wholesaler AND d.ships_orders
        ) AS unlimited,
        coalesce(sum(a.own), 0) AS allocated,
        coalesce(
            sum(
                CASE
                    WHEN m.sharing_policy = 'allocated_only' OR p.unlimited THEN a.own
                    ELSE p.available + a.own
                END
            ), 0
        ) AS pool
    FROM current_positions AS p
    INNER JOIN locations AS l
        ON p.owner = l.organisation AND p.location = l.id AND l.ships_orders
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(o.remaining), 0) AS own
        FROM allocations AS o
        WHERE
            o.owner = p.owner AND o.variant = p.variant AND o.location = p.location
            AND o.state = 'open' AND o.partnership = m.partnership
            AND (o.valid_until IS NULL OR o.valid_until > statement_timestamp())
    ) AS a
    WHERE p.owner = m.wholesaler AND p.variant = m.wholesaler_variant
) AS s;
