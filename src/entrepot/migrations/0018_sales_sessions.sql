-- deploy: before
-- Sales sessions: a trader sells producers' goods over days. Each customer's basket is an order that
-- holds its lines; when the session closes they become one session order a producer.

-- A session as the batch sees it: shared by who places in it, locked by who closes it.
-- A remote trader's session is known by its times alone; its orders end at `hold_until`.
CREATE TABLE selling_windows (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    state text NOT NULL DEFAULT 'open',
    is_remote boolean NOT NULL,
    opens_at timestamptz,
    closes_at timestamptz,
    hold_until timestamptz,
    closed_at timestamptz,
    completed_at timestamptz,
    CONSTRAINT selling_windows_pk PRIMARY KEY (organisation, id),
    CONSTRAINT selling_windows_organisation_known
    FOREIGN KEY (organisation) REFERENCES organisations (id),
    CONSTRAINT selling_windows_state_known CHECK (state IN ('open', 'closing', 'complete')),
    CONSTRAINT selling_windows_open_before_they_close CHECK (opens_at < closes_at),
    CONSTRAINT selling_windows_have_their_times CHECK (
        CASE
            WHEN is_remote THEN hold_until IS NOT NULL AND state = 'open'
            ELSE hold_until IS NULL AND opens_at IS NOT NULL AND closes_at IS NOT NULL
        END
    ),
    CONSTRAINT selling_windows_say_when_closed CHECK (
        (state = 'open') = (closed_at IS NULL)
        AND (state = 'complete') = (completed_at IS NOT NULL)
    )
);

-- A remote trader's session is the one with these times, however often it is named. One without an
-- end is over when its hold is; the next one is another.
CREATE UNIQUE INDEX selling_windows_remote_once
ON selling_windows (organisation, opens_at, closes_at, hold_until) NULLS NOT DISTINCT
WHERE is_remote;

-- What the job that closes sessions looks for, and what goes on now.
CREATE INDEX selling_windows_to_close ON selling_windows (state, closes_at)
WHERE state <> 'complete' AND NOT is_remote;

CREATE INDEX selling_windows_going_on ON selling_windows (organisation, id)
WHERE state <> 'complete' AND NOT is_remote;

-- What a calendar shows: sessions by their end.
CREATE INDEX selling_windows_by_end ON selling_windows (organisation, closes_at)
WHERE NOT is_remote;

-- What is sold in a session: at most how much of it, what a customer pays and what the producer gets,
-- and how much its live customer orders hold.
CREATE TABLE window_products (
    organisation uuid NOT NULL,
    selling_window uuid NOT NULL,
    variant uuid NOT NULL,
    owner uuid NOT NULL,
    quantity_max numeric(15, 3),
    unit_price numeric(15, 4),
    purchase_price numeric(15, 4),
    held numeric(15, 3) NOT NULL DEFAULT 0,
    CONSTRAINT window_products_pk PRIMARY KEY (organisation, selling_window, variant),
    CONSTRAINT window_products_window_known
    FOREIGN KEY (organisation, selling_window) REFERENCES selling_windows (organisation, id),
    CONSTRAINT window_products_limit_positive CHECK (quantity_max > 0),
    CONSTRAINT window_products_prices_not_negative
    CHECK (unit_price >= 0 AND purchase_price >= 0),
    CONSTRAINT window_products_held_not_negative CHECK (held >= 0)
) WITH (fillfactor = 70);

-- What the sessions of all traders hold of a producer's goods.
CREATE INDEX window_products_by_owner ON window_products (owner, variant) WHERE held > 0;

-- An order in a session has its window; the session order itself also names its producer.
ALTER TABLE orders
ADD COLUMN selling_window uuid,
ADD COLUMN producer uuid,
ADD CONSTRAINT orders_windows_are_of_sessions
CHECK (selling_window IS NULL OR kind = 'session'),
ADD CONSTRAINT orders_producers_are_of_windows
CHECK (producer IS NULL OR selling_window IS NOT NULL);

CREATE INDEX orders_by_window ON orders (organisation, selling_window, id)
WHERE selling_window IS NOT NULL;

-- One order a trader, session and producer, however often its platform posts it.
CREATE UNIQUE INDEX orders_one_a_session
ON orders (organisation, selling_window, producer)
WHERE producer IS NOT NULL AND status <> 'cancelled';

CREATE INDEX orders_by_producer ON orders (producer, id) WHERE producer IS NOT NULL;

-- What session orders hold of a producer's goods while they are not complete.
CREATE INDEX orders_held_by_producer ON orders (producer, id)
WHERE producer IS NOT NULL AND status = 'held';

-- `gathered`: units that the session order carries now. `case_units`: the line was ordered by the
-- case, of so many units.
ALTER TABLE order_lines
ADD COLUMN gathered numeric(15, 3) NOT NULL DEFAULT 0,
ADD COLUMN case_units numeric(15, 3),
ADD CONSTRAINT order_lines_gathered_not_negative CHECK (gathered >= 0),
ADD CONSTRAINT order_lines_case_units_positive CHECK (case_units > 0),
DROP CONSTRAINT order_lines_parts_within,
ADD CONSTRAINT order_lines_parts_within
CHECK (held + shipped + cancelled + short + gathered <= quantity);

CREATE TABLE sales_sessions (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    reference text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT sales_sessions_pk PRIMARY KEY (organisation, id),
    CONSTRAINT sales_sessions_reference_unique UNIQUE (organisation, reference),
    CONSTRAINT sales_sessions_window_known
    FOREIGN KEY (organisation, id) REFERENCES selling_windows (organisation, id)
);

-- A trader's own sessions, with their times and how many products they sell.
CREATE VIEW shown_sessions AS
SELECT
    w.organisation,
    w.id,
    s.name,
    s.reference,
    w.state,
    w.opens_at,
    w.closes_at,
    w.closed_at,
    w.completed_at,
    s.created_at,
    (
        SELECT count(*)
        FROM window_products AS p
        WHERE p.organisation = w.organisation AND p.selling_window = w.id
    ) AS product_count
FROM selling_windows AS w
INNER JOIN sales_sessions AS s ON w.organisation = s.organisation AND w.id = s.id
WHERE NOT w.is_remote;

-- What sessions of all traders hold of a producer's variants now: their customers' orders, and session
-- orders that are not complete.
CREATE VIEW session_demand AS
SELECT
    p.owner,
    p.variant,
    p.organisation AS trader,
    p.selling_window AS session,
    p.held - coalesce((
        SELECT sum(h.quantity)
        FROM holds AS h
        INNER JOIN orders AS o ON h.organisation = o.organisation AND h.order_id = o.id
        WHERE
            h.owner = p.owner AND h.variant = p.variant AND h.state = 'live'
            AND h.expires_at <= statement_timestamp()
            AND o.organisation = p.organisation AND o.selling_window = p.selling_window
            AND o.producer IS NULL
    ), 0) AS quantity
FROM window_products AS p
WHERE p.held > 0
UNION ALL
SELECT
    o.producer AS owner,
    l.variant,
    o.organisation AS trader,
    o.selling_window AS session,
    l.held AS quantity
FROM orders AS o
INNER JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
WHERE
    o.producer IS NOT NULL AND o.status = 'held' AND l.held > 0
    AND (o.hold_until IS NULL OR o.hold_until > statement_timestamp());
