-- name: insert_missing_positions
-- Make positions for variants that have none where they are wanted: the location named, or else
-- the owner's first shipping location; only for one's own variants or those a right opens.
INSERT INTO positions (owner, variant, location, unlimited)
SELECT DISTINCT
    v.organisation,
    v.id,
    l.id,
    v.unlimited
FROM
    unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[])
    AS w (owner, variant, location, buyer, any_will_do)
INNER JOIN variants AS v ON w.owner = v.organisation AND w.variant = v.id
INNER JOIN LATERAL (
    SELECT c.id
    FROM locations AS c
    WHERE
        c.organisation = w.owner
        AND (c.id = w.location OR (w.location IS NULL AND c.ships_orders))
    ORDER BY c.rank, c.id
    LIMIT 1
) AS l ON true
WHERE
    (
        w.owner = w.buyer
        OR EXISTS (
            SELECT 1
            FROM trading_rights AS t
            WHERE t.seller = w.owner AND t.buyer = w.buyer AND t.state = 'active'
        )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM positions AS p
        WHERE
            p.owner = v.organisation AND p.variant = v.id
            AND (w.any_will_do OR p.location = l.id)
    )
ORDER BY v.organisation, v.id, l.id
ON CONFLICT DO NOTHING;

-- name: lock_positions
-- Lock every position of the variants named, in key order: the one lock over many owners.
SELECT
    w.i,
    p.location,
    p.on_hand,
    p.held,
    p.allocated,
    p.version,
    p.unlimited,
    p.recheck_after
FROM positions AS p
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w (owner, variant, i)
    ON p.owner = w.owner AND p.variant = w.variant
ORDER BY p.owner, p.variant, p.location
FOR NO KEY UPDATE OF p;

-- name: read_expired_holds
-- The live holds on these variants whose limit has passed.
SELECT
    h.owner,
    h.order_id,
    h.hold_no,
    h.variant,
    h.location,
    h.organisation,
    h.line_no,
    h.quantity,
    h.expires_at
FROM holds AS h
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (owner, variant)
    ON h.owner = w.owner AND h.variant = w.variant
WHERE h.state = 'live' AND h.expires_at <= $3::timestamptz
ORDER BY h.owner, h.order_id, h.hold_no;

-- name: read_order_holds
-- The holds of these orders, live ones and those that were converted, by their owners and orders.
SELECT
    h.owner,
    h.order_id,
    h.hold_no,
    h.variant,
    h.location,
    h.organisation,
    h.line_no,
    h.quantity,
    h.expires_at,
    h.state,
    h.ended_quantity
FROM holds AS h
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (owner, order_id)
    ON h.owner = w.owner AND h.order_id = w.order_id
WHERE h.state IN ('live', 'converted')
ORDER BY h.owner, h.order_id, h.hold_no;

-- name: read_holds_to_give_up
-- The holds a count might take from, youngest first, until they cover what it does not.
SELECT
    t.organisation,
    t.order_id
FROM (
    SELECT
        h.organisation,
        h.order_id,
        h.owner,
        h.quantity,
        w.on_hand,
        sum(h.quantity) OVER (PARTITION BY w.i) AS total,
        p.held + p.allocated AS promised
    FROM
        unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::numeric[])
        WITH ORDINALITY AS w (owner, variant, location, on_hand, i)
    INNER JOIN positions AS p
        ON
            w.owner = p.owner AND w.variant = p.variant
            AND (w.location IS NULL OR w.location = p.location)
    INNER JOIN holds AS h
        ON p.owner = h.owner AND p.variant = h.variant AND p.location = h.location
    WHERE h.state = 'live'
) AS t
WHERE t.promised > t.on_hand
GROUP BY t.organisation, t.order_id;

-- name: write_stock
-- Write a batch's effects on the ledger: figures, rows and new holds. Entries name their position
-- and their terms (order, act, organisation, limit) by number.
WITH entries AS MATERIALIZED (
    SELECT
        ($2::uuid[])[w.position] AS owner,
        ($3::uuid[])[w.position] AS variant,
        ($4::uuid[])[w.position] AS location,
        ($9::uuid[])[w.terms] AS order_id,
        ($10::uuid[])[w.terms] AS act,
        ($11::uuid[])[w.terms] AS organisation,
        ($12::timestamptz[])[w.terms] AS expires_at,
        w.version,
        w.kind,
        w.on_hand_change,
        w.held_change,
        w.allocated_change,
        w.on_hand,
        w.held,
        w.allocated,
        w.hold_no,
        w.line_no
    FROM
        unnest(
            $13::text::integer[], $14::text::integer[], $15::text::bigint[], $16::text::text[],
            $17::text::numeric[], $18::text::numeric[], $19::text::numeric[],
            $20::text::numeric[], $21::text::numeric[], $22::text::numeric[],
            $23::text::integer[], $24::text::integer[]
        )
        AS w (
            position, terms, version, kind,
            on_hand_change, held_change, allocated_change,
            on_hand, held, allocated, hold_no, line_no
        )
),

moved AS (
    UPDATE positions AS p
    SET
        on_hand = w.on_hand,
        held = w.held,
        allocated = w.allocated,
        version = w.version
    FROM
        unnest(
            $2::uuid[], $3::uuid[], $4::uuid[],
            $5::text::numeric[], $6::text::numeric[], $7::text::numeric[],
            $8::text::bigint[], $25::text::bigint[]
        )
        AS w (owner, variant, location, on_hand, held, allocated, version, version_before)
    WHERE
        p.owner = w.owner AND p.variant = w.variant AND p.location = w.location
        AND p.version = w.version_before
    RETURNING 1
),

entered AS (
    INSERT INTO ledger (
        owner, variant, location, version, at, kind,
        on_hand_change, held_change, allocated_change, on_hand, held, allocated,
        order_id, hold_no, act
    )
    SELECT
        e.owner,
        e.variant,
        e.location,
        e.version,
        $1::timestamptz,
        e.kind,
        e.on_hand_change,
        e.held_change,
        e.allocated_change,
        e.on_hand,
        e.held,
        e.allocated,
        e.order_id,
        e.hold_no,
        e.act
    FROM entries AS e
    RETURNING 1
),

opened AS (
    INSERT INTO holds (
        owner, order_id, hold_no, organisation, line_no, variant, location, quantity,
        expires_at, opened_version
    )
    SELECT
        e.owner,
        e.order_id,
        e.hold_no,
        e.organisation,
        e.line_no,
        e.variant,
        e.location,
        e.held_change,
        e.expires_at,
        e.version
    FROM entries AS e
    WHERE e.kind = 'hold'
    RETURNING 1
)

SELECT
    (SELECT count(*) FROM moved) AS moved,
    (SELECT count(*) FROM entered) AS entered,
    (SELECT count(*) FROM opened) AS opened;

-- name: end_holds
-- End holds once, open the successors of those that ended in part, and lift limits. A live hold
-- is one without an ending: asking for its state would tempt the planner to walk all live holds.
WITH ended AS (
    UPDATE holds AS h
    SET
        state = w.state,
        ended_quantity = w.ended_quantity,
        ended_version = w.ended_version
    FROM
        unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::numeric[], $6::bigint[])
        AS w (owner, order_id, hold_no, state, ended_quantity, ended_version)
    WHERE
        h.owner = w.owner AND h.order_id = w.order_id AND h.hold_no = w.hold_no
        AND h.ended_version IS NULL
    RETURNING 1
),

succeeded AS (
    INSERT INTO holds (
        owner, order_id, hold_no, organisation, line_no, variant, location, quantity,
        expires_at, opened_version
    )
    SELECT *
    FROM
        unnest(
            $7::uuid[], $8::uuid[], $9::integer[], $10::uuid[], $11::integer[],
            $12::uuid[], $13::uuid[], $14::numeric[], $15::timestamptz[], $16::bigint[]
        )
    RETURNING 1
),

lifted AS (
    UPDATE holds AS h
    SET expires_at = NULL
    FROM unnest($17::uuid[], $18::uuid[], $19::integer[]) AS w (owner, order_id, hold_no)
    WHERE
        h.owner = w.owner AND h.order_id = w.order_id AND h.hold_no = w.hold_no
        AND h.ended_version IS NULL
    RETURNING 1
)

SELECT
    (SELECT count(*) FROM ended) AS ended,
    (SELECT count(*) FROM succeeded) AS succeeded,
    (SELECT count(*) FROM lifted) AS lifted;

-- name: set_rechecks
-- Say where the next look at those who wait for these positions begins; NULL: nothing to look at.
UPDATE positions AS p
SET recheck_after = w.recheck_after
FROM
    unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
    AS w (owner, variant, location, recheck_after)
WHERE p.owner = w.owner AND p.variant = w.variant AND p.location = w.location;

-- name: list_positions
-- An owner's positions from a key on, up to a variant.
SELECT
    p.variant,
    p.location,
    p.on_hand,
    p.held,
    p.allocated,
    p.version,
    p.unlimited
FROM current_positions AS p
WHERE p.owner = $1 AND (p.variant, p.location) > ($2, $3) AND p.variant <= $4
ORDER BY p.variant, p.location
LIMIT $5;

-- name: list_positions_at_location
-- An owner's positions at one location, from a variant on.
SELECT
    p.variant,
    p.location,
    p.on_hand,
    p.held,
    p.allocated,
    p.version,
    p.unlimited
FROM current_positions AS p
WHERE p.owner = $1 AND p.location = $2 AND p.variant > $3
ORDER BY p.variant
LIMIT $4;

-- name: find_position
-- One position.
SELECT
    p.variant,
    p.location,
    p.on_hand,
    p.held,
    p.allocated,
    p.version,
    p.unlimited
FROM current_positions AS p
WHERE p.owner = $1 AND p.variant = $2 AND p.location = $3;

-- name: find_position_as_of
-- A position as its ledger had it at a moment: versions rise without gaps and with time, so the
-- last one by then is found by halving, in as many steps as the number of versions has digits.
WITH RECURSIVE halving (low, high) AS (
    SELECT
        0::bigint,
        p.version
    FROM positions AS p
    WHERE p.owner = $1 AND p.variant = $2 AND p.location = $3
    UNION ALL
    SELECT
        CASE WHEN l.at <= $4 THEN l.version ELSE s.low END,
        CASE WHEN l.at <= $4 THEN s.high ELSE l.version - 1 END
    FROM halving AS s
    INNER JOIN ledger AS l
        ON
            l.owner = $1 AND l.variant = $2 AND l.location = $3
            AND l.version = (s.low + s.high + 1) / 2
    WHERE s.low < s.high
)

SELECT
    p.variant,
    p.location,
    coalesce(l.on_hand, 0) AS on_hand,
    coalesce(l.held, 0) AS held,
    coalesce(l.allocated, 0) AS allocated,
    s.low AS version,
    p.unlimited
FROM halving AS s
INNER JOIN positions AS p ON p.owner = $1 AND p.variant = $2 AND p.location = $3
LEFT JOIN ledger AS l
    ON l.owner = $1 AND l.variant = $2 AND l.location = $3 AND l.version = s.low
WHERE s.low = s.high;

-- name: list_ledger
-- The ledger rows behind a position's figures, newest first, from before a version on.
SELECT
    l.version,
    l.at,
    l.kind,
    l.on_hand_change,
    l.held_change,
    l.allocated_change,
    l.on_hand,
    l.held,
    l.allocated,
    l.order_id,
    l.hold_no,
    l.act
FROM ledger AS l
WHERE l.owner = $1 AND l.variant = $2 AND l.location = $3 AND l.version < $4
ORDER BY l.version DESC
LIMIT $5;

-- name: list_live_holds
-- The live holds on an owner's stock by position, from a key on, up to a variant.
SELECT
    h.order_id,
    h.hold_no,
    h.organisation,
    h.line_no,
    h.variant,
    h.location,
    h.quantity,
    h.expires_at,
    h.opened_version,
    h.state,
    h.ended_quantity,
    h.ended_version
FROM holds AS h
WHERE
    h.owner = $1
    AND (h.variant, h.location, h.order_id, h.hold_no) > ($2, $3, $4, $5)
    AND h.variant <= $6
    AND h.state = 'live'
    AND (h.expires_at IS NULL OR h.expires_at > statement_timestamp())
ORDER BY h.variant, h.location, h.order_id, h.hold_no
LIMIT $7;

-- name: list_order_holds
-- The holds of one order on an owner's stock, from a number on; those past their limit as expired.
SELECT
    h.order_id,
    h.hold_no,
    h.organisation,
    h.line_no,
    h.variant,
    h.location,
    h.quantity,
    h.expires_at,
    h.opened_version,
    CASE
        WHEN h.state = 'live' AND h.expires_at <= statement_timestamp() THEN 'expired'
        ELSE h.state
    END AS state,
    h.ended_quantity,
    h.ended_version
FROM holds AS h
WHERE
    h.owner = $1 AND h.order_id = $2 AND h.hold_no > $3
    AND ($4::uuid IS NULL OR h.variant = $4)
    AND (
        $5::text IS NULL
        OR CASE
            WHEN h.state = 'live' AND h.expires_at <= statement_timestamp() THEN 'expired'
            ELSE h.state
        END = $5
    )
ORDER BY h.hold_no
LIMIT $6;

-- name: list_held_parts
-- What orders hold now, by (owner, order), with the versions that opened the holds.
SELECT
    h.owner,
    h.order_id,
    h.line_no,
    h.hold_no,
    h.variant,
    h.location,
    h.quantity,
    h.opened_version
FROM unnest($1::uuid[], $2::uuid[]) AS w (owner, order_id)
INNER JOIN holds AS h ON w.owner = h.owner AND w.order_id = h.order_id
WHERE h.state = 'live' AND (h.expires_at IS NULL OR h.expires_at > statement_timestamp())
ORDER BY h.owner, h.order_id, h.hold_no;
