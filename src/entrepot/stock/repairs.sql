-- name: read_wrong_positions
-- Positions, from after a key on, that are behind their ledger, gone, or whose figures are not what
-- their ledger, holds or allocations add up to. One pass over each table.
SELECT
    coalesce(p.owner, s.owner) AS owner,
    coalesce(p.variant, s.variant) AS variant,
    coalesce(p.location, s.location) AS location
FROM positions AS p
FULL JOIN (
    SELECT
        u.owner,
        u.variant,
        u.location,
        max(u.version) AS version,
        sum(u.on_hand) AS on_hand,
        sum(u.held) AS held,
        sum(u.allocated) AS allocated,
        sum(u.live_holds) AS live_holds,
        sum(u.open_allocations) AS open_allocations
    FROM (
        SELECT
            l.owner,
            l.variant,
            l.location,
            max(l.version) AS version,
            sum(l.on_hand_change) AS on_hand,
            sum(l.held_change) AS held,
            sum(l.allocated_change) AS allocated,
            0 AS live_holds,
            0 AS open_allocations
        FROM ledger AS l
        WHERE (l.owner, l.variant, l.location) > ($1, $2, $3)
        GROUP BY l.owner, l.variant, l.location
        UNION ALL
        SELECT
            h.owner,
            h.variant,
            h.location,
            0,
            0,
            0,
            0,
            h.quantity,
            0
        FROM holds AS h
        WHERE h.state = 'live' AND (h.owner, h.variant, h.location) > ($1, $2, $3)
        UNION ALL
        SELECT
            a.owner,
            a.variant,
            a.location,
            0,
            0,
            0,
            0,
            0,
            a.remaining
        FROM allocations AS a
        WHERE a.state = 'open' AND (a.owner, a.variant, a.location) > ($1, $2, $3)
    ) AS u
    GROUP BY u.owner, u.variant, u.location
) AS s ON p.owner = s.owner AND p.variant = s.variant AND p.location = s.location
WHERE
    (coalesce(p.owner, s.owner), coalesce(p.variant, s.variant), coalesce(p.location, s.location))
    > ($1, $2, $3)
    AND (
        p.owner IS NULL
        OR p.version < s.version
        OR (
            NOT p.unlimited
            AND (p.on_hand, p.held, p.held, p.allocated, p.allocated) <> (
                coalesce(s.on_hand, 0),
                coalesce(s.held, 0),
                coalesce(s.live_holds, 0),
                coalesce(s.allocated, 0),
                coalesce(s.open_allocations, 0)
            )
        )
    )
ORDER BY 1, 2, 3
LIMIT $4;

-- name: read_sources
-- What positions' figures are derived from, by key: ledger, live holds, open allocations. For
-- positions of known variants and locations, whether they are there or gone.
SELECT
    w.i,
    v.unlimited,
    l.entries,
    l.first_version,
    l.last_version,
    l.on_hand,
    l.held,
    l.allocated,
    coalesce(z.on_hand, 0) AS last_on_hand,
    coalesce(z.held, 0) AS last_held,
    coalesce(z.allocated, 0) AS last_allocated,
    h.quantity AS live_holds,
    a.remaining AS open_allocations
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY AS w (owner, variant, location, i)
INNER JOIN variants AS v ON w.owner = v.organisation AND w.variant = v.id
INNER JOIN locations AS c ON w.owner = c.organisation AND w.location = c.id
CROSS JOIN LATERAL (
    SELECT
        count(*) AS entries,
        coalesce(min(g.version), 0) AS first_version,
        coalesce(max(g.version), 0) AS last_version,
        coalesce(sum(g.on_hand_change), 0) AS on_hand,
        coalesce(sum(g.held_change), 0) AS held,
        coalesce(sum(g.allocated_change), 0) AS allocated
    FROM ledger AS g
    WHERE g.owner = w.owner AND g.variant = w.variant AND g.location = w.location
) AS l
CROSS JOIN LATERAL (
    SELECT coalesce(sum(g.quantity), 0) AS quantity
    FROM holds AS g
    WHERE
        g.owner = w.owner AND g.variant = w.variant AND g.location = w.location
        AND g.state = 'live'
) AS h
CROSS JOIN LATERAL (
    SELECT coalesce(sum(g.remaining), 0) AS remaining
    FROM allocations AS g
    WHERE
        g.owner = w.owner AND g.variant = w.variant AND g.location = w.location
        AND g.state = 'open'
) AS a
LEFT JOIN ledger AS z
    ON
        w.owner = z.owner AND w.variant = z.variant AND w.location = z.location
        AND l.last_version = z.version;

-- name: write_figures
-- Write rebuilt figures, of positions that are there or gone, and have those who wait looked at.
INSERT INTO positions (
    owner, variant, location, on_hand, held, allocated, version, unlimited, recheck_after
)
SELECT
    w.owner,
    w.variant,
    w.location,
    w.on_hand,
    w.held,
    w.allocated,
    w.version,
    w.unlimited,
    ''
FROM
    unnest(
        $1::uuid[], $2::uuid[], $3::uuid[], $4::numeric[], $5::numeric[], $6::numeric[],
        $7::bigint[], $8::boolean[]
    )
    AS w (owner, variant, location, on_hand, held, allocated, version, unlimited)
ORDER BY w.owner, w.variant, w.location
ON CONFLICT (owner, variant, location) DO UPDATE
    SET
        on_hand = excluded.on_hand,
        held = excluded.held,
        allocated = excluded.allocated,
        version = excluded.version,
        recheck_after = excluded.recheck_after
RETURNING 1;

-- name: read_last_hold_numbers
-- The highest number that (owner, order) pairs gave to a hold, ended ones included.
SELECT
    h.order_id,
    max(h.hold_no) AS hold_no
FROM holds AS h
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (owner, order_id)
    ON h.owner = w.owner AND h.order_id = w.order_id
GROUP BY h.order_id;
