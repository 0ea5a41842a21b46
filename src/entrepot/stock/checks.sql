-- name: positions_cover_promises
-- A tracked position has at least what it promised, and nothing is below zero.
-- do: Run `entrepot doctor --repair`; what is left then must be counted, and orders cut short.
SELECT
    p.owner::text || '/' || p.variant::text || '/' || p.location::text AS subject,
    json_build_object(
        'on_hand', p.on_hand::text, 'held', p.held::text, 'allocated', p.allocated::text
    ) AS facts
FROM positions AS p
WHERE
    NOT p.unlimited
    AND (p.on_hand < p.held + p.allocated OR p.held < 0 OR p.allocated < 0)
LIMIT $1;

-- name: held_is_sum_of_live_holds
-- What a tracked position says is held is the sum of its live holds.
-- do: Run `entrepot doctor --repair`; where the ledger and the holds differ themselves, restore
-- what is missing from a backup.
SELECT
    coalesce(p.owner, h.owner)::text || '/' || coalesce(p.variant, h.variant)::text
    || '/' || coalesce(p.location, h.location)::text AS subject,
    json_build_object('held', p.held::text, 'live_holds', h.quantity::text) AS facts
FROM positions AS p
FULL JOIN (
    SELECT
        g.owner,
        g.variant,
        g.location,
        sum(g.quantity) AS quantity
    FROM holds AS g
    WHERE g.state = 'live'
    GROUP BY g.owner, g.variant, g.location
) AS h ON p.owner = h.owner AND p.variant = h.variant AND p.location = h.location
WHERE
    p.owner IS NULL
    OR (NOT p.unlimited AND p.held <> coalesce(h.quantity, 0))
LIMIT $1;

-- name: allocated_is_what_is_left
-- What a tracked position says is allocated is what is left of its open allocations.
-- do: Run `entrepot doctor --repair`; where the ledger and the allocations differ themselves,
-- restore what is missing from a backup.
SELECT
    coalesce(p.owner, a.owner)::text || '/' || coalesce(p.variant, a.variant)::text
    || '/' || coalesce(p.location, a.location)::text AS subject,
    json_build_object('allocated', p.allocated::text, 'left', a.remaining::text) AS facts
FROM positions AS p
FULL JOIN (
    SELECT
        g.owner,
        g.variant,
        g.location,
        sum(g.remaining) AS remaining
    FROM allocations AS g
    WHERE g.state = 'open'
    GROUP BY g.owner, g.variant, g.location
) AS a ON p.owner = a.owner AND p.variant = a.variant AND p.location = a.location
WHERE
    p.owner IS NULL
    OR (NOT p.unlimited AND p.allocated <> coalesce(a.remaining, 0))
LIMIT $1;

-- name: figures_are_sum_of_ledger
-- The figures of a tracked position are the sums of all its ledger changes.
-- do: Run `entrepot doctor --repair`; it rebuilds the figures where the ledger is whole. Where
-- orders were placed upon wrong figures, count the goods and correct the figures by hand.
SELECT
    p.owner::text || '/' || p.variant::text || '/' || p.location::text AS subject,
    json_build_object(
        'on_hand', p.on_hand::text,
        'on_hand_changes', coalesce(l.on_hand, 0)::text,
        'held', p.held::text,
        'held_changes', coalesce(l.held, 0)::text,
        'allocated', p.allocated::text,
        'allocated_changes', coalesce(l.allocated, 0)::text
    ) AS facts
FROM positions AS p
LEFT JOIN (
    SELECT
        g.owner,
        g.variant,
        g.location,
        sum(g.on_hand_change) AS on_hand,
        sum(g.held_change) AS held,
        sum(g.allocated_change) AS allocated
    FROM ledger AS g
    GROUP BY g.owner, g.variant, g.location
) AS l ON p.owner = l.owner AND p.variant = l.variant AND p.location = l.location
WHERE
    NOT p.unlimited
    AND (
        p.on_hand <> coalesce(l.on_hand, 0)
        OR p.held <> coalesce(l.held, 0)
        OR p.allocated <> coalesce(l.allocated, 0)
    )
LIMIT $1;

-- name: versions_have_no_gap
-- Ledger versions run from 1 to the position's version without a gap, and no row lacks a position.
-- do: Run `entrepot doctor --repair` for positions that are behind their ledger or gone; restore
-- ledger rows that are missing from a backup.
SELECT
    coalesce(p.owner, l.owner)::text || '/' || coalesce(p.variant, l.variant)::text
    || '/' || coalesce(p.location, l.location)::text AS subject,
    json_build_object(
        'version', p.version, 'rows', l.entries, 'first', l.first, 'last', l.last
    ) AS facts
FROM positions AS p
FULL JOIN (
    SELECT
        g.owner,
        g.variant,
        g.location,
        count(*) AS entries,
        min(g.version) AS first,
        max(g.version) AS last
    FROM ledger AS g
    GROUP BY g.owner, g.variant, g.location
) AS l ON p.owner = l.owner AND p.variant = l.variant AND p.location = l.location
WHERE
    p.owner IS NULL
    OR (p.version, p.version) IS DISTINCT FROM (coalesce(l.entries, 0), coalesce(l.last, 0))
    OR l.first <> 1
LIMIT $1;

-- name: ledger_rows_add_up
-- Each ledger row's running figures are those of the row before plus its own changes.
-- do: Ledger rows are never edited: somebody did. Restore them from a backup, and stop selling
-- there until then.
SELECT
    r.owner::text || '/' || r.variant::text || '/' || r.location::text AS subject,
    json_build_object(
        'version', r.version,
        'kind', r.kind,
        'on_hand', r.on_hand::text,
        'held', r.held::text,
        'allocated', r.allocated::text
    ) AS facts
FROM (
    SELECT
        g.owner,
        g.variant,
        g.location,
        g.version,
        g.kind,
        g.on_hand,
        g.held,
        g.allocated,
        lag(g.on_hand, 1, 0::numeric) OVER w + g.on_hand_change AS on_hand_due,
        lag(g.held, 1, 0::numeric) OVER w + g.held_change AS held_due,
        lag(g.allocated, 1, 0::numeric) OVER w + g.allocated_change AS allocated_due
    FROM ledger AS g
    WINDOW w AS (PARTITION BY g.owner, g.variant, g.location ORDER BY g.version)
) AS r
INNER JOIN positions AS p
    ON r.owner = p.owner AND r.variant = p.variant AND r.location = p.location
WHERE
    NOT p.unlimited
    AND (r.on_hand, r.held, r.allocated) <> (r.on_hand_due, r.held_due, r.allocated_due)
LIMIT $1;

-- name: figures_are_those_of_last_row
-- A tracked position's figures are the running figures of its last ledger row.
-- do: Run `entrepot doctor --repair`; it rebuilds the figures where the ledger is whole. Where
-- orders were placed upon wrong figures, count the goods and correct the figures by hand.
SELECT
    p.owner::text || '/' || p.variant::text || '/' || p.location::text AS subject,
    json_build_object(
        'version', p.version,
        'on_hand', p.on_hand::text,
        'held', p.held::text,
        'row_on_hand', l.on_hand::text,
        'row_held', l.held::text
    ) AS facts
FROM positions AS p
LEFT JOIN ledger AS l
    ON
        p.owner = l.owner AND p.variant = l.variant AND p.location = l.location
        AND p.version = l.version
WHERE
    NOT p.unlimited
    AND (p.on_hand, p.held, p.allocated)
    <> (coalesce(l.on_hand, 0), coalesce(l.held, 0), coalesce(l.allocated, 0))
LIMIT $1;

-- name: holds_open_in_ledger
-- Every hold was opened by a ledger row: one of its own, or the one that ended part of another hold
-- of its order and left it the rest.
-- do: Restore the holds or ledger rows that are missing from a backup; stop selling there until
-- then.
SELECT
    h.owner::text || '/' || h.order_id::text || '/' || h.hold_no::text AS subject,
    json_build_object(
        'quantity', h.quantity::text, 'opened_version', h.opened_version, 'row_kind', l.kind
    ) AS facts
FROM holds AS h
LEFT JOIN ledger AS l
    ON
        h.owner = l.owner AND h.variant = l.variant AND h.location = l.location
        AND h.opened_version = l.version AND h.order_id = l.order_id
LEFT JOIN holds AS b
    ON
        l.owner = b.owner AND l.order_id = b.order_id AND l.hold_no = b.hold_no
        AND l.version = b.ended_version
WHERE
    NOT coalesce(
        CASE l.kind
            WHEN 'hold' THEN l.hold_no = h.hold_no AND l.held_change = h.quantity
            ELSE
                b.hold_no <> h.hold_no AND b.line_no = h.line_no
                AND b.organisation = h.organisation
                AND b.quantity - b.ended_quantity = h.quantity
        END,
        false
    )
LIMIT $1;

-- name: holds_end_in_ledger
-- Every hold that ended has the ledger row that says so, with the same quantity.
-- do: Restore the holds or ledger rows that are missing from a backup; stop selling there until
-- then.
SELECT
    h.owner::text || '/' || h.order_id::text || '/' || h.hold_no::text AS subject,
    json_build_object(
        'state', h.state,
        'ended_quantity', h.ended_quantity::text,
        'ended_version', h.ended_version,
        'row_kind', l.kind,
        'row_held_change', l.held_change::text
    ) AS facts
FROM holds AS h
LEFT JOIN ledger AS l
    ON
        h.owner = l.owner AND h.variant = l.variant AND h.location = l.location
        AND h.ended_version = l.version
WHERE
    h.state <> 'live'
    AND (
        l.order_id,
        l.hold_no,
        l.kind,
        l.held_change,
        l.on_hand_change
    ) IS DISTINCT FROM (
        h.order_id,
        h.hold_no,
        CASE h.state
            WHEN 'converted' THEN 'ship'
            WHEN 'released' THEN 'release'
            ELSE 'expire'
        END,
        -h.ended_quantity,
        CASE h.state WHEN 'converted' THEN -h.ended_quantity ELSE 0 END
    )
LIMIT $1;

-- name: rests_live_on
-- What a hold that ended in part did not end lives on in a successor, opened by the same row.
-- do: Restore the holds that are missing from a backup; until then these orders ship too little.
SELECT
    h.owner::text || '/' || h.order_id::text || '/' || h.hold_no::text AS subject,
    json_build_object(
        'quantity', h.quantity::text, 'ended_quantity', h.ended_quantity::text
    ) AS facts
FROM holds AS h
WHERE
    h.ended_quantity < h.quantity
    AND NOT EXISTS (
        SELECT 1
        FROM holds AS s
        WHERE
            s.owner = h.owner AND s.order_id = h.order_id AND s.hold_no > h.hold_no
            AND s.variant = h.variant AND s.location = h.location
            AND s.opened_version = h.ended_version
    )
LIMIT $1;

-- name: ledger_rows_have_their_hold
-- A ledger row about a hold names one that it opened or ended; so no hold ends twice.
-- do: Restore the holds that are missing from a backup; until then these orders cannot ship.
SELECT
    l.owner::text || '/' || l.variant::text || '/' || l.location::text AS subject,
    json_build_object(
        'version', l.version, 'kind', l.kind, 'order', l.order_id, 'hold_no', l.hold_no
    ) AS facts
FROM ledger AS l
WHERE
    (l.held_change <> 0 OR l.kind IN ('hold', 'release', 'expire', 'ship'))
    AND NOT EXISTS (
        SELECT 1
        FROM holds AS h
        WHERE
            h.owner = l.owner AND h.order_id = l.order_id AND h.hold_no = l.hold_no
            AND h.variant = l.variant AND h.location = l.location
            AND l.version = CASE l.kind
                WHEN 'hold' THEN h.opened_version
                ELSE h.ended_version
            END
    )
LIMIT $1;

-- name: positions_are_of_their_variants
-- A position is of a variant and at a location of its owner, and is tracked if the variant is.
-- do: Somebody edited the catalogue by hand; restore the variant or the location from a backup.
SELECT
    p.owner::text || '/' || p.variant::text || '/' || p.location::text AS subject,
    json_build_object(
        'unlimited', p.unlimited, 'variant_unlimited', v.unlimited, 'location', l.code
    ) AS facts
FROM positions AS p
LEFT JOIN variants AS v ON p.owner = v.organisation AND p.variant = v.id
LEFT JOIN locations AS l ON p.owner = l.organisation AND p.location = l.id
WHERE v.id IS NULL OR l.id IS NULL OR v.unlimited <> p.unlimited
LIMIT $1;

-- name: transfers_are_in_the_ledger
-- Every transfer, reversal and leg has the ledger row that it names, and every such row is of one.
-- do: Restore the rows that are missing from a backup; until then settlements of that week are not
-- to be trusted.
SELECT
    coalesce(m.owner, l.owner)::text || '/' || coalesce(m.variant, l.variant)::text
    || '/' || coalesce(m.location, l.location)::text AS subject,
    json_build_object(
        'transfer', m.transfer,
        'version', coalesce(m.version, l.version),
        'kind', m.kind,
        'ledger_kind', l.kind,
        'quantity', m.on_hand_change::text,
        'ledger_quantity', l.on_hand_change::text
    ) AS facts
FROM (
    SELECT
        t.retailer AS owner,
        t.variant,
        t.location,
        t.version,
        t.id AS transfer,
        CASE WHEN t.reverses IS NULL THEN 'transfer_in' ELSE 'reversal_out' END AS kind,
        CASE WHEN t.reverses IS NULL THEN t.quantity ELSE -t.quantity END AS on_hand_change,
        0 AS allocated_change,
        t.act
    FROM transfers AS t
    UNION ALL
    SELECT
        g.wholesaler,
        t.wholesaler_variant,
        g.location,
        g.version,
        g.transfer,
        CASE WHEN t.reverses IS NULL THEN 'transfer_out' ELSE 'reversal_in' END,
        CASE WHEN t.reverses IS NULL THEN -g.quantity ELSE g.quantity END,
        CASE
            WHEN g.allocation IS NULL THEN 0
            WHEN t.reverses IS NULL THEN -g.quantity
            ELSE g.quantity
        END,
        t.act
    FROM transfer_legs AS g
    INNER JOIN transfers AS t ON g.wholesaler = t.wholesaler AND g.transfer = t.id
) AS m
FULL JOIN (
    SELECT
        e.owner,
        e.variant,
        e.location,
        e.version,
        e.kind,
        e.on_hand_change,
        e.allocated_change,
        e.act
    FROM ledger AS e
    WHERE e.kind IN ('transfer_out', 'transfer_in', 'reversal_out', 'reversal_in')
) AS l
    ON
        m.owner = l.owner AND m.variant = l.variant AND m.location = l.location
        AND m.version = l.version
WHERE
    (m.kind, m.on_hand_change, m.allocated_change, m.act)
    IS DISTINCT FROM (l.kind, l.on_hand_change, l.allocated_change, l.act)
LIMIT $1;

-- name: transfers_make_and_lose_nothing
-- What leaves the wholesaler by a transfer is what comes to the retailer, by the unit factor.
-- do: Find out who wrote into the tables by hand; restore the legs from a backup.
SELECT
    t.wholesaler::text || '/' || t.id::text AS subject,
    json_build_object(
        'quantity', t.quantity::text,
        'factor', t.factor,
        'legs', coalesce(g.quantity, 0)::text
    ) AS facts
FROM transfers AS t
LEFT JOIN (
    SELECT
        l.wholesaler,
        l.transfer,
        sum(l.quantity) AS quantity
    FROM transfer_legs AS l
    GROUP BY l.wholesaler, l.transfer
) AS g ON t.wholesaler = g.wholesaler AND t.id = g.transfer
WHERE t.quantity * t.factor <> coalesce(g.quantity, 0)
LIMIT $1;

-- name: reversals_undo_what_was_transferred
-- A reversal names a transfer of the same partnership, order and goods, and never undoes more.
-- do: Find out who wrote into the table by hand; the documents of both weeks need a correction.
SELECT
    r.wholesaler::text || '/' || r.reverses::text AS subject,
    json_build_object('transferred', t.quantity::text, 'reversed', r.quantity::text) AS facts
FROM (
    SELECT
        x.wholesaler,
        x.reverses,
        x.partnership,
        x.organisation,
        x.order_id,
        x.match,
        x.unit_price,
        sum(x.quantity) AS quantity
    FROM transfers AS x
    WHERE x.reverses IS NOT NULL
    GROUP BY
        x.wholesaler, x.reverses, x.partnership, x.organisation, x.order_id, x.match, x.unit_price
) AS r
LEFT JOIN transfers AS t
    ON r.wholesaler = t.wholesaler AND r.reverses = t.id AND t.reverses IS NULL
WHERE
    t.id IS NULL
    OR r.quantity > t.quantity
    OR (r.partnership, r.organisation, r.order_id, r.match, r.unit_price)
    IS DISTINCT FROM (t.partnership, t.organisation, t.order_id, t.match, t.unit_price)
LIMIT $1;

-- name: allocations_are_used_by_transfers
-- What was used of an allocation is what transfers took from it and reversals did not restore.
-- do: Restore the transfers or the allocation from a backup; close the allocation meanwhile.
SELECT
    coalesce(a.owner, g.wholesaler)::text || '/'
    || coalesce(a.id, g.allocation)::text AS subject,
    json_build_object(
        'used', (a.quantity - a.remaining)::text,
        'transferred', coalesce(g.quantity, 0)::text
    ) AS facts
FROM allocations AS a
FULL JOIN (
    SELECT
        l.wholesaler,
        l.allocation,
        sum(CASE WHEN t.reverses IS NULL THEN l.quantity ELSE -l.quantity END) AS quantity
    FROM transfer_legs AS l
    INNER JOIN transfers AS t ON l.wholesaler = t.wholesaler AND l.transfer = t.id
    WHERE l.allocation IS NOT NULL
    GROUP BY l.wholesaler, l.allocation
) AS g ON a.owner = g.wholesaler AND a.id = g.allocation
WHERE a.quantity - a.remaining IS DISTINCT FROM coalesce(g.quantity, 0)
LIMIT $1;
