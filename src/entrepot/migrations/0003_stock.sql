-- deploy: before
-- The stock ledger. Positions are caches of their ledger rows; rows are added, never edited.
-- No foreign keys between these tables: one statement writes them together with asserted row
-- counts, and `entrepot doctor` checks what a foreign key would (docs/decisions/0002).

CREATE TABLE positions (
    owner uuid NOT NULL,
    variant uuid NOT NULL,
    location uuid NOT NULL,
    on_hand numeric(15, 3) NOT NULL DEFAULT 0,
    held numeric(15, 3) NOT NULL DEFAULT 0,
    allocated numeric(15, 3) NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    unlimited boolean NOT NULL DEFAULT false,
    recheck_after text COLLATE "C",
    CONSTRAINT positions_pk PRIMARY KEY (owner, variant, location),
    CONSTRAINT positions_held_not_negative CHECK (held >= 0),
    CONSTRAINT positions_allocated_not_negative CHECK (allocated >= 0),
    CONSTRAINT positions_cover_promises CHECK (unlimited OR on_hand >= held + allocated)
) WITH (fillfactor = 70);

-- The job that continues rechecks finds its work here.
CREATE INDEX positions_to_recheck ON positions (owner, variant, location)
WHERE recheck_after IS NOT NULL;

CREATE TABLE ledger (
    owner uuid NOT NULL,
    variant uuid NOT NULL,
    location uuid NOT NULL,
    version bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    on_hand_change numeric(15, 3) NOT NULL,
    held_change numeric(15, 3) NOT NULL,
    allocated_change numeric(15, 3) NOT NULL,
    on_hand numeric(15, 3) NOT NULL,
    held numeric(15, 3) NOT NULL,
    allocated numeric(15, 3) NOT NULL,
    order_id uuid,
    hold_no integer,
    act uuid NOT NULL,
    CONSTRAINT ledger_pk PRIMARY KEY (owner, variant, location, version),
    CONSTRAINT ledger_kind_known CHECK (
        kind IN ('receive', 'adjust', 'count', 'hold', 'release', 'expire', 'ship', 'return')
    )
);

CREATE TABLE holds (
    owner uuid NOT NULL,
    order_id uuid NOT NULL,
    hold_no integer NOT NULL,
    organisation uuid NOT NULL,
    line_no integer NOT NULL,
    variant uuid NOT NULL,
    location uuid NOT NULL,
    quantity numeric(15, 3) NOT NULL,
    expires_at timestamptz,
    opened_version bigint NOT NULL,
    state text NOT NULL DEFAULT 'live',
    ended_quantity numeric(15, 3),
    ended_version bigint,
    CONSTRAINT holds_pk PRIMARY KEY (owner, order_id, hold_no),
    CONSTRAINT holds_quantity_positive CHECK (quantity > 0),
    CONSTRAINT holds_state_known CHECK (state IN ('live', 'converted', 'released', 'expired')),
    CONSTRAINT holds_end_once CHECK (
        (state = 'live') = (ended_version IS NULL)
        AND (state = 'live') = (ended_quantity IS NULL)
        AND ended_quantity <= quantity
    )
);

-- Live holds by position, page by page.
CREATE INDEX holds_live_by_position ON holds (owner, variant, location, order_id, hold_no)
WHERE state = 'live';

-- The first entry of a variant says whether any of its holds has passed its limit.
CREATE INDEX holds_expiring ON holds (owner, variant, expires_at)
WHERE state = 'live' AND expires_at IS NOT NULL;

-- Units a wholesaler keeps for one retailer before any order exists.
CREATE TABLE allocations (
    owner uuid NOT NULL,
    id uuid NOT NULL,
    retailer uuid NOT NULL,
    variant uuid NOT NULL,
    location uuid NOT NULL,
    quantity numeric(15, 3) NOT NULL,
    remaining numeric(15, 3) NOT NULL,
    valid_until timestamptz,
    state text NOT NULL DEFAULT 'open',
    made_at timestamptz NOT NULL,
    CONSTRAINT allocations_pk PRIMARY KEY (owner, id),
    CONSTRAINT allocations_state_known CHECK (state IN ('open', 'closed')),
    CONSTRAINT allocations_remaining_within CHECK (remaining BETWEEN 0 AND quantity)
);

CREATE INDEX allocations_open ON allocations (owner, variant, location) WHERE state = 'open';
