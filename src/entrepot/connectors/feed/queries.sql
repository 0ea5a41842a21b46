-- name: touch_numbers
-- Note the numbers that the events between two may have changed: of the variants they name (or of
-- the product, or at the location, that they are about), of what is matched with those, and of all
-- that was ever matched in a partnership they are about. What the feed itself tells ($3) changes
-- none.
WITH events AS MATERIALIZED (
    SELECT
        o.organisation,
        o.at,
        o.variants,
        o.event LIKE ANY ('{partnerships.%,stock.allocat%}'::text[]) AS by_agreement,
        CASE
            WHEN o.subject ~ '^(var|prd|loc|pts)_[0-9a-f]{32}$' THEN left(o.subject, 4)
        END AS kind,
        CASE
            WHEN o.subject ~ '^(var|prd|loc|pts)_[0-9a-f]{32}$' THEN substr(o.subject, 5)::uuid
        END AS subject
    FROM outbox AS o
    WHERE o.seq > $1 AND o.seq <= $2 AND o.event <> $3
),

named AS (
    SELECT
        unnest(e.variants) AS variant,
        e.at,
        e.by_agreement
    FROM events AS e
    UNION ALL
    SELECT
        e.subject AS variant,
        e.at,
        e.by_agreement
    FROM events AS e
    WHERE e.kind = 'var_'
    UNION ALL
    SELECT
        v.id AS variant,
        e.at,
        e.by_agreement
    FROM events AS e
    INNER JOIN variants AS v ON e.organisation = v.organisation AND e.subject = v.product
    WHERE e.kind = 'prd_'
    UNION ALL
    SELECT
        p.variant,
        e.at,
        e.by_agreement
    FROM events AS e
    INNER JOIN positions AS p ON e.organisation = p.owner AND e.subject = p.location
    WHERE e.kind = 'loc_'
),

own AS MATERIALIZED (
    SELECT
        v.organisation,
        v.id AS variant,
        min(n.at) AS at,
        bool_or(n.by_agreement) AS by_agreement
    FROM named AS n
    INNER JOIN variants AS v ON n.variant = v.id
    GROUP BY v.organisation, v.id
),

reached AS (
    SELECT
        o.organisation AS retailer,
        o.variant,
        o.at,
        o.by_agreement
    FROM own AS o
    UNION ALL
    SELECT
        m.retailer,
        m.variant,
        o.at,
        o.by_agreement
    FROM own AS o
    INNER JOIN product_matches AS m
        ON o.organisation = m.wholesaler AND o.variant = m.wholesaler_variant
    WHERE m.ended_at IS NULL
    UNION ALL
    SELECT
        m.retailer,
        m.variant,
        e.at,
        e.by_agreement
    FROM events AS e
    INNER JOIN product_matches AS m ON e.subject = m.partnership
    WHERE e.kind = 'pts_'
)

INSERT INTO feed_touched (retailer, variant, touched_at, by_agreement)
SELECT
    r.retailer,
    r.variant,
    min(r.at) AS touched_at,
    bool_or(r.by_agreement) AS by_agreement
FROM reached AS r
GROUP BY r.retailer, r.variant
ON CONFLICT (retailer, variant) DO UPDATE
SET by_agreement = excluded.by_agreement
WHERE excluded.by_agreement AND NOT feed_touched.by_agreement;

-- name: has_touched
-- Whether any number is to be looked at.
SELECT
    EXISTS (
        SELECT 1
        FROM feed_touched AS t
    ) AS found;

-- name: take_touched
-- Take the numbers that have waited longest to be looked at.
DELETE FROM feed_touched AS t
USING (
    SELECT
        o.retailer,
        o.variant
    FROM feed_touched AS o
    ORDER BY o.touched_at, o.retailer, o.variant
    LIMIT $1
) AS w
WHERE t.retailer = w.retailer AND t.variant = w.variant
RETURNING t.retailer, t.variant, t.by_agreement;

-- name: publish_numbers
-- Compute what each of these retailers can promise of a variant now, and write what has changed
-- under its next version and place. Says of each where it was published (NULL: it was not), and
-- whether orders that wait may be served by what partners offer now. What orders refuse to sell
-- is 0.
WITH facts AS MATERIALIZED (
    SELECT
        t.retailer,
        t.variant,
        v.sku,
        t.by_agreement,
        CASE
            WHEN v.state <> 'active' OR NOT v.is_orderable THEN 0
            WHEN v.unlimited OR p.unlimited THEN NULL
            ELSE least(s.available + p.offered, 999999999999.999)
        END AS available_to_promise,
        CASE
            WHEN v.state <> 'active' OR NOT v.is_orderable THEN 0
            WHEN p.unlimited THEN NULL
            ELSE least(p.offered, 999999999999.999)
        END AS offered
    FROM unnest($2::uuid[], $3::uuid[], $4::boolean[]) AS t (retailer, variant, by_agreement)
    INNER JOIN variants AS v ON t.retailer = v.organisation AND t.variant = v.id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(q.available), 0) AS available
        FROM current_positions AS q
        INNER JOIN locations AS l
            ON q.owner = l.organisation AND q.location = l.id AND l.ships_orders
        WHERE q.owner = t.retailer AND q.variant = t.variant
    ) AS s
    CROSS JOIN LATERAL (
        SELECT
            coalesce(bool_or(o.offered IS NULL), false) AS unlimited,
            coalesce(sum(o.offered), 0) AS offered
        FROM partner_offers AS o
        WHERE o.retailer = t.retailer AND o.variant = t.variant
    ) AS p
),

numbers AS MATERIALIZED (
    SELECT
        f.retailer,
        f.variant,
        f.sku,
        f.available_to_promise,
        f.offered,
        b.version,
        b.place,
        b.published_at,
        b.version IS NULL
        OR f.available_to_promise IS DISTINCT FROM b.available_to_promise AS is_changed,
        f.offered IS DISTINCT FROM b.offered AS is_offered_anew,
        coalesce(f.offered, 'infinity') > CASE
            WHEN b.version IS NULL OR f.by_agreement THEN 0
            ELSE coalesce(b.offered, 'infinity')
        END AS opens
    FROM facts AS f
    LEFT JOIN feed_numbers AS b ON f.retailer = b.retailer AND f.variant = b.variant
),

placed AS MATERIALIZED (
    SELECT
        n.retailer,
        n.variant,
        coalesce(n.version, 0) + 1 AS version,
        (
            SELECT coalesce(max(h.place), 0)
            FROM feed_numbers AS h
            WHERE h.retailer = n.retailer
        ) + row_number() OVER (PARTITION BY n.retailer ORDER BY n.variant) AS place
    FROM numbers AS n
    WHERE n.is_changed
),

written AS (
    INSERT INTO feed_numbers (
        retailer, variant, available_to_promise, offered, version, place, published_at
    )
    SELECT
        n.retailer,
        n.variant,
        n.available_to_promise,
        n.offered,
        coalesce(p.version, n.version) AS version,
        coalesce(p.place, n.place) AS place,
        CASE WHEN n.is_changed THEN $1::timestamptz ELSE n.published_at END AS published_at
    FROM numbers AS n
    LEFT JOIN placed AS p ON n.retailer = p.retailer AND n.variant = p.variant
    WHERE n.is_changed OR n.is_offered_anew
    ON CONFLICT (retailer, variant) DO UPDATE
    SET
        available_to_promise = excluded.available_to_promise,
        offered = excluded.offered,
        version = excluded.version,
        place = excluded.place,
        published_at = excluded.published_at
    RETURNING 1
)

SELECT
    n.retailer,
    n.variant,
    n.sku,
    n.available_to_promise,
    p.place,
    p.version,
    n.opens AND EXISTS (
        SELECT 1
        FROM waiting_lines AS w
        WHERE w.owner = n.retailer AND w.variant = n.variant
    ) AS may_serve_waiting,
    n.is_changed OR n.is_offered_anew AS is_to_write,
    (SELECT count(*) FROM written) AS written
FROM numbers AS n
LEFT JOIN placed AS p ON n.retailer = p.retailer AND n.variant = p.variant;

-- name: read_feed
-- What was published to a retailer after a place, in the order it was published.
SELECT
    f.place,
    f.variant,
    v.sku,
    f.available_to_promise,
    f.version,
    f.published_at
FROM feed_numbers AS f
INNER JOIN variants AS v ON f.retailer = v.organisation AND f.variant = v.id
WHERE f.retailer = $1 AND f.place > $2
ORDER BY f.place
LIMIT $3;

-- name: read_last_place
-- The place of what was published last to a retailer; 0 before anything was.
SELECT coalesce(max(f.place), 0) AS place
FROM feed_numbers AS f
WHERE f.retailer = $1;

-- name: read_feed_lag
-- How many numbers wait to be looked at, and for how many seconds the oldest has.
SELECT
    count(*) AS touched,
    coalesce(
        extract(EPOCH FROM statement_timestamp() - min(t.touched_at))::integer, 0
    ) AS oldest_seconds
FROM feed_touched AS t;
