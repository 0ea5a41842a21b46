-- name: lock_orders
-- Lock existing orders that are acted on or considered, in key order.
SELECT
    o.organisation,
    o.id
FROM orders AS o
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
    ON o.organisation = w.organisation AND o.id = w.id
ORDER BY o.organisation, o.id
FOR NO KEY UPDATE OF o;

-- name: read_line_variants
-- The variants of locked orders' lines and of their holds, whose positions must be locked too.
-- Ended holds are read as well: asking for live ones would tempt the planner to walk all of an
-- owner's live holds.
SELECT DISTINCT
    l.owner,
    l.variant
FROM order_lines AS l
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
    ON l.organisation = w.organisation AND l.order_id = w.id
UNION
SELECT
    h.owner,
    h.variant
FROM unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
INNER JOIN order_lines AS l ON w.organisation = l.organisation AND w.id = l.order_id
INNER JOIN holds AS h ON l.owner = h.owner AND l.order_id = h.order_id;

-- name: read_facts
-- Everything a placing needs to know, read after the locks: one row kind a branch (column `what`).
SELECT
    1 AS what,
    0::bigint AS i,
    NULL::uuid AS id,
    NULL::numeric AS n1,
    NULL::numeric AS n2,
    NULL::numeric AS n3,
    NULL::numeric AS n4,
    NULL::text AS t1,
    NULL::text AS t2,
    false AS b1,
    false AS b2,
    statement_timestamp() AS at
UNION ALL
SELECT
    2,
    w.i,
    NULL,
    v.order_quantity_min,
    v.order_quantity_multiple,
    v.retail_price,
    v.wholesale_price,
    v.sku,
    v.unit,
    v.state = 'active' AND v.is_orderable,
    v.whole_units,
    NULL
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w (owner, variant, i)
INNER JOIN variants AS v ON w.owner = v.organisation AND w.variant = v.id
WHERE v.state <> 'deleted'
UNION ALL
SELECT
    3,
    w.i,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    false, false, NULL
FROM
    unnest($3::uuid[], $4::uuid[], $5::text[]) WITH ORDINALITY AS w (seller, buyer, kind, i)
INNER JOIN trading_rights AS r
    ON w.seller = r.seller AND w.buyer = r.buyer AND w.kind = r.kind AND r.state = 'active'
UNION ALL
SELECT
    4,
    w.i,
    l.id,
    l.rank,
    NULL, NULL, NULL, NULL, NULL,
    l.ships_orders,
    false, NULL
FROM unnest($6::uuid[]) WITH ORDINALITY AS w (owner, i)
INNER JOIN locations AS l ON w.owner = l.organisation
UNION ALL
SELECT
    5,
    w.i,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    false, false, NULL
FROM unnest($7::uuid[]) WITH ORDINALITY AS w (id, i)
INNER JOIN tokens AS t ON w.id = t.id
WHERE t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > statement_timestamp())
UNION ALL
SELECT
    5,
    w.i,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    false, false, NULL
FROM unnest($7::uuid[]) WITH ORDINALITY AS w (id, i)
INNER JOIN log_in_sessions AS s ON w.id = s.id
WHERE s.revoked_at IS NULL AND s.expires_at > statement_timestamp()
UNION ALL
SELECT
    6,
    w.i,
    o.id,
    NULL, NULL, NULL, NULL, NULL, NULL,
    false, false, NULL
FROM unnest($8::uuid[], $9::text[]) WITH ORDINALITY AS w (organisation, reference, i)
INNER JOIN orders AS o ON w.organisation = o.organisation AND w.reference = o.reference
UNION ALL
SELECT
    7,
    w.i,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.waiting_holds_own_stock,
    EXISTS (
        SELECT 1
        FROM product_matches AS m
        WHERE m.retailer = g.id AND m.ended_at IS NULL
    ),
    NULL
FROM unnest($10::uuid[]) WITH ORDINALITY AS w (id, i)
INNER JOIN organisations AS g ON w.id = g.id
UNION ALL
SELECT
    8,
    w.i,
    k.act,
    NULL, NULL, NULL, NULL,
    a.answer::text,
    NULL,
    k.body_hash = w.body_hash,
    false, NULL
FROM
    unnest($11::uuid[], $12::text[], $13::bytea[])
    WITH ORDINALITY AS w (organisation, key, body_hash, i)
INNER JOIN idempotency_keys AS k ON w.organisation = k.organisation AND w.key = k.key
LEFT JOIN audit AS a ON k.organisation = a.organisation AND k.act = a.id
UNION ALL
SELECT
    9,
    w.i,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    false, false, NULL
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w (owner, variant, i)
WHERE EXISTS (
    SELECT 1
    FROM holds AS h
    WHERE
        h.owner = w.owner AND h.variant = w.variant
        AND h.state = 'live' AND h.expires_at <= statement_timestamp()
);

-- name: read_orders
-- Locked orders as they stand.
SELECT
    o.organisation,
    o.id,
    o.reference,
    o.kind,
    o.status,
    o.fulfilment_status,
    o.payment_status,
    o.policy,
    o.priority,
    o.queue_place,
    o.placed_at,
    o.hold_until,
    o.next_hold_no,
    o.follows,
    o.selling_window,
    o.producer,
    CASE
        WHEN o.kind = 'marketplace'
            THEN EXISTS (
                SELECT 1
                FROM marketplace_orders AS m
                WHERE m.organisation = o.organisation AND m.order_id = o.id
            )
        ELSE false
    END AS is_invoiced
FROM orders AS o
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
    ON o.organisation = w.organisation AND o.id = w.id;

-- name: read_lines
-- The lines of locked orders, in their order.
SELECT
    l.organisation,
    l.order_id,
    l.line_no,
    l.owner,
    l.variant,
    l.quantity,
    l.held,
    l.shipped,
    l.returned,
    l.cancelled,
    l.short,
    l.unit_price,
    l.gathered,
    l.case_units
FROM order_lines AS l
INNER JOIN
    unnest($1::uuid[], $2::uuid[]) AS w (organisation, id)
    ON l.organisation = w.organisation AND l.order_id = w.id
ORDER BY l.organisation, l.order_id, l.line_no;

-- name: place_orders
-- Insert new orders and their lines; lines name their order by number.
WITH placed AS (
    INSERT INTO orders (
        organisation, id, reference, kind, status, fulfilment_status, payment_status, policy,
        priority, queue_place, placed_at, hold_until, next_hold_no, follows, selling_window,
        producer
    )
    SELECT
        w.organisation,
        w.id,
        w.reference,
        w.kind,
        w.status,
        w.fulfilment_status,
        w.payment_status,
        w.policy,
        w.priority,
        w.queue_place,
        w.placed_at,
        w.hold_until,
        w.next_hold_no,
        w.follows,
        w.selling_window,
        w.producer
    FROM
        unnest(
            $1::uuid[], $2::uuid[], $3::text[], $4::text::text[], $5::text::text[],
            $6::text::text[], $7::text::text[], $8::text::text[], $9::text::smallint[],
            $10::text::text[], $11::text::timestamptz[], $12::text::timestamptz[],
            $13::text::integer[], $14::text::uuid[], $15::text::uuid[], $16::text::uuid[]
        )
        AS w (
            organisation, id, reference, kind, status,
            fulfilment_status, payment_status, policy, priority,
            queue_place, placed_at, hold_until, next_hold_no, follows, selling_window, producer
        )
    RETURNING 1
),

lined AS (
    INSERT INTO order_lines (
        organisation, order_id, line_no, owner, variant, quantity, held, cancelled, unit_price,
        case_units
    )
    SELECT
        ($1::uuid[])[w.number],
        ($2::uuid[])[w.number],
        w.line_no,
        w.owner,
        w.variant,
        w.quantity,
        w.held,
        w.cancelled,
        w.unit_price,
        w.case_units
    FROM
        unnest(
            $17::text::integer[], $18::text::integer[], $19::uuid[], $20::uuid[],
            $21::text::numeric[], $22::text::numeric[], $23::text::numeric[],
            $24::text::numeric[], $25::text::numeric[]
        )
        AS w (number, line_no, owner, variant, quantity, held, cancelled, unit_price, case_units)
    RETURNING 1
)

SELECT
    (SELECT count(*) FROM placed) AS placed,
    (SELECT count(*) FROM lined) AS lined;

-- name: change_orders
-- Write existing orders and their lines as they are now; lines that are gone are deleted.
WITH w AS MATERIALIZED (
    SELECT *
    FROM
        unnest(
            $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::smallint[],
            $7::text[], $8::timestamptz[], $9::timestamptz[], $10::integer[]
        )
        AS t (
            organisation, id, status, fulfilment_status, payment_status, priority,
            queue_place, placed_at, hold_until, next_hold_no
        )
),

lines AS MATERIALIZED (
    SELECT *
    FROM
        unnest(
            $11::uuid[], $12::uuid[], $13::integer[], $14::uuid[], $15::uuid[], $16::numeric[],
            $17::numeric[], $18::numeric[], $19::numeric[], $20::numeric[], $21::numeric[],
            $22::numeric[], $23::numeric[], $24::numeric[]
        )
        AS t (
            organisation, order_id, line_no, owner, variant, quantity,
            held, shipped, returned, cancelled, short, unit_price, gathered, case_units
        )
),

changed AS (
    UPDATE orders AS o
    SET
        status = w.status,
        fulfilment_status = w.fulfilment_status,
        payment_status = w.payment_status,
        priority = w.priority,
        queue_place = w.queue_place,
        placed_at = w.placed_at,
        hold_until = w.hold_until,
        next_hold_no = w.next_hold_no
    FROM w
    WHERE o.organisation = w.organisation AND o.id = w.id
    RETURNING 1
),

lined AS (
    INSERT INTO order_lines (
        organisation, order_id, line_no, owner, variant, quantity,
        held, shipped, returned, cancelled, short, unit_price, gathered, case_units
    )
    SELECT
        n.organisation,
        n.order_id,
        n.line_no,
        n.owner,
        n.variant,
        n.quantity,
        n.held,
        n.shipped,
        n.returned,
        n.cancelled,
        n.short,
        n.unit_price,
        n.gathered,
        n.case_units
    FROM lines AS n
    ON CONFLICT (organisation, order_id, line_no) DO UPDATE
        SET
            owner = excluded.owner,
            variant = excluded.variant,
            quantity = excluded.quantity,
            held = excluded.held,
            shipped = excluded.shipped,
            returned = excluded.returned,
            cancelled = excluded.cancelled,
            short = excluded.short,
            unit_price = excluded.unit_price,
            gathered = excluded.gathered,
            case_units = excluded.case_units
    RETURNING 1
),

gone AS (
    DELETE FROM order_lines AS l
    USING w
    WHERE
        l.organisation = w.organisation AND l.order_id = w.id
        AND (l.organisation, l.order_id, l.line_no) NOT IN (
            SELECT
                n.organisation,
                n.order_id,
                n.line_no
            FROM lines AS n
        )
    RETURNING 1
)

SELECT
    (SELECT count(*) FROM changed) AS changed,
    (SELECT count(*) FROM lined) AS lined;

-- name: read_variant_owners
-- Whose variants these are; answered from a cache after the first time, as owners never change.
SELECT
    v.id,
    v.organisation
FROM variants AS v
WHERE v.id = ANY($1::uuid[]);

-- name: read_expired_orders
-- Orders whose limit has passed and whose cancellation has not been written.
SELECT
    o.organisation,
    o.id
FROM orders AS o
WHERE o.hold_until <= $1::timestamptz AND o.status IN ('held', 'waiting')
ORDER BY o.hold_until
LIMIT $2;
