-- deploy: before
-- Orders and what waits. Orders belong to who asked; the stock they hold to who owns it.

CREATE TABLE orders (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    reference text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    fulfilment_status text NOT NULL,
    payment_status text NOT NULL,
    policy text NOT NULL,
    priority smallint NOT NULL,
    queue_place text COLLATE "C" NOT NULL,
    placed_at timestamptz NOT NULL,
    hold_until timestamptz,
    next_hold_no integer NOT NULL,
    follows uuid,
    CONSTRAINT orders_pk PRIMARY KEY (organisation, id),
    CONSTRAINT orders_reference_unique UNIQUE (organisation, reference),
    CONSTRAINT orders_kind_known CHECK (kind IN ('own', 'session', 'marketplace')),
    CONSTRAINT orders_status_known
    CHECK (status IN ('draft', 'waiting', 'held', 'complete', 'cancelled')),
    CONSTRAINT orders_fulfilment_status_known CHECK (
        fulfilment_status IN ('held', 'unfulfilled', 'partly_fulfilled', 'fulfilled', 'cancelled')
    ),
    CONSTRAINT orders_payment_status_known
    CHECK (payment_status IN ('unpaid', 'paid', 'refunded', 'cancelled')),
    CONSTRAINT orders_policy_known
    CHECK (
        policy IN ('refuse_short', 'line_by_line', 'ship_complete', 'allow_split', 'no_backorder')
    ),
    CONSTRAINT orders_only_own_wait CHECK (status <> 'waiting' OR kind = 'own'),
    CONSTRAINT orders_complete_has_no_limit CHECK (status <> 'complete' OR hold_until IS NULL)
);

CREATE INDEX orders_by_status ON orders (organisation, status, id);

CREATE INDEX orders_limited ON orders (hold_until)
WHERE hold_until IS NOT NULL AND status IN ('held', 'waiting');

CREATE TABLE order_lines (
    organisation uuid NOT NULL,
    order_id uuid NOT NULL,
    line_no integer NOT NULL,
    owner uuid NOT NULL,
    variant uuid NOT NULL,
    quantity numeric(15, 3) NOT NULL,
    held numeric(15, 3) NOT NULL,
    shipped numeric(15, 3) NOT NULL DEFAULT 0,
    returned numeric(15, 3) NOT NULL DEFAULT 0,
    cancelled numeric(15, 3) NOT NULL DEFAULT 0,
    short numeric(15, 3) NOT NULL DEFAULT 0,
    unit_price numeric(15, 4),
    CONSTRAINT order_lines_pk PRIMARY KEY (organisation, order_id, line_no),
    CONSTRAINT order_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT order_lines_parts_not_negative CHECK (
        held >= 0 AND shipped >= 0 AND cancelled >= 0 AND short >= 0
        AND returned BETWEEN 0 AND shipped
    ),
    CONSTRAINT order_lines_parts_within CHECK (held + shipped + cancelled + short <= quantity)
);

-- Who waits for a variant, in the order they are served (`place` sorts as text).
CREATE TABLE waiting_lines (
    owner uuid NOT NULL,
    variant uuid NOT NULL,
    place text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    organisation uuid NOT NULL,
    order_id uuid NOT NULL,
    missing numeric(15, 3) NOT NULL,
    CONSTRAINT waiting_lines_pk PRIMARY KEY (owner, variant, place, line_no),
    CONSTRAINT waiting_lines_missing_positive CHECK (missing > 0)
);

CREATE INDEX waiting_lines_by_order ON waiting_lines (organisation, order_id);
