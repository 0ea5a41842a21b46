-- A hundred orders of two lines in one transaction: the least that PostgreSQL asks for these rows
-- when nothing comes from outside. Lines are drawn by a hash, alike in both statements.
\set seed random(1, 1000000000)
\set n random(1, 9999999999999)
BEGIN;

SELECT count(*)
FROM (
    SELECT 1
    FROM positions AS p
    INNER JOIN (
        SELECT DISTINCT abs(hashint8(:seed::bigint + i)::bigint) % 1000 AS v
        FROM generate_series(1, 200) AS i
    ) AS w
        ON
            p.owner = ('0198f0aa-0001-7000-8000-' || lpad(to_hex(w.v / 50), 12, '0'))::uuid
            AND p.variant = ('0198f0aa-0005-7000-8000-' || lpad(to_hex(w.v), 12, '0'))::uuid
            AND p.location = ('0198f0aa-0003-7000-8000-' || lpad(to_hex(w.v / 50), 12, '0'))::uuid
    ORDER BY p.owner, p.variant, p.location
    FOR NO KEY UPDATE OF p
) AS locked;

WITH k AS MATERIALIZED (
    SELECT
        i,
        uuidv7() AS id,
        uuidv7() AS act,
        ('0198f0aa-0002-7000-8000-' || lpad(to_hex(i % 50), 12, '0'))::uuid AS buyer,
        ('0198f0aa-0006-7000-8000-' || lpad(to_hex(i % 50), 12, '0'))::uuid AS token,
        'PO-' || lpad((:n::bigint * 100 + i)::text, 15, '0') AS reference,
        clock_timestamp() AS at
    FROM generate_series(1, 100) AS i
),

wanted AS MATERIALIZED (
    SELECT
        (i + 1) / 2 AS i,
        2 - i % 2 AS line_no,
        (i % 5 + 1)::numeric(15, 3) AS quantity,
        abs(hashint8(:seed::bigint + i)::bigint) % 1000 AS v
    FROM generate_series(1, 200) AS i
),

l AS MATERIALIZED (
    SELECT
        w.i,
        w.line_no,
        w.quantity,
        w.v,
        row_number() OVER steps AS step,
        sum(w.quantity) OVER steps AS so_far
    FROM wanted AS w
    WINDOW steps AS (PARTITION BY w.v ORDER BY w.i, w.line_no)
),

moved AS (
    UPDATE positions AS p
    SET held = p.held + d.quantity, version = p.version + d.steps
    FROM (
        SELECT
            v,
            ('0198f0aa-0001-7000-8000-' || lpad(to_hex(v / 50), 12, '0'))::uuid AS owner,
            ('0198f0aa-0005-7000-8000-' || lpad(to_hex(v), 12, '0'))::uuid AS variant,
            ('0198f0aa-0003-7000-8000-' || lpad(to_hex(v / 50), 12, '0'))::uuid AS location,
            sum(quantity) AS quantity,
            count(*) AS steps
        FROM l
        GROUP BY v
    ) AS d
    WHERE
        p.owner = d.owner AND p.variant = d.variant AND p.location = d.location
        AND p.on_hand - p.held - p.allocated >= d.quantity
    RETURNING
        d.v, p.owner, p.variant, p.location, p.on_hand, p.held - d.quantity AS held,
        p.allocated, p.version - d.steps AS version
),

e AS MATERIALIZED (
    SELECT
        k.i, k.buyer, k.id, k.act, k.at, l.line_no, l.quantity, m.owner, m.variant, m.location,
        m.on_hand, m.held + l.so_far AS held, m.allocated, m.version + l.step AS version
    FROM l
    INNER JOIN k ON l.i = k.i
    INNER JOIN moved AS m ON l.v = m.v
),

keyed AS (
    INSERT INTO idempotency_keys (organisation, key, body_hash, act, claimed_at)
    SELECT
        k.buyer,
        'order:' || k.reference,
        '\x986b9df91fe59a0f6618ebc847dd7f24b8aa0813d367364224b7228ab374af4d'::bytea,
        k.act,
        k.at
    FROM k
),

placed AS (
    INSERT INTO orders (
        organisation, id, reference, kind, status, fulfilment_status, payment_status, policy,
        priority, queue_place, placed_at, hold_until, next_hold_no, follows
    )
    SELECT
        k.buyer, k.id, k.reference, 'marketplace', 'complete', 'unfulfilled', 'paid',
        'refuse_short', 0, '19901795288453708772' || encode(uuid_send(k.id), 'hex'), k.at, NULL,
        3, NULL
    FROM k
),

lined AS (
    INSERT INTO order_lines (
        organisation, order_id, line_no, owner, variant, quantity, held, cancelled, unit_price
    )
    SELECT e.buyer, e.id, e.line_no, e.owner, e.variant, e.quantity, e.quantity, 0, 12.5
    FROM e
),

opened AS (
    INSERT INTO holds (
        owner, order_id, hold_no, organisation, line_no, variant, location, quantity,
        expires_at, opened_version
    )
    SELECT
        e.owner, e.id, e.line_no, e.buyer, e.line_no, e.variant, e.location, e.quantity,
        NULL, e.version
    FROM e
),

entered AS (
    INSERT INTO ledger (
        owner, variant, location, version, at, kind,
        on_hand_change, held_change, allocated_change, on_hand, held, allocated,
        order_id, hold_no, act
    )
    SELECT
        e.owner, e.variant, e.location, e.version, e.at, 'hold',
        0, e.quantity, 0, e.on_hand, e.held, e.allocated,
        e.id, e.line_no, e.act
    FROM e
),

told AS (
    INSERT INTO outbox (organisation, id, at, event, subject, variants)
    SELECT
        k.buyer, k.act, k.at, 'orders.placed', 'ord_' || encode(uuid_send(k.id), 'hex'),
        ARRAY[a.variant, b.variant]
    FROM k
    INNER JOIN e AS a ON k.i = a.i AND a.line_no = 1
    INNER JOIN e AS b ON k.i = b.i AND b.line_no = 2
)

INSERT INTO audit (organisation, id, at, token, act, subject, answer, request)
SELECT
    k.buyer, k.act, k.at, k.token, 'orders.placed', 'ord_' || encode(uuid_send(k.id), 'hex'),
    format(
        '{"id":"ord_%s","reference":"%s","kind":"marketplace","status":"complete",'
        '"fulfilment_status":"unfulfilled","payment_status":"paid","policy":"refuse_short",'
        '"placed_at":"%s","lines":[{"line":1,"variant":"var_%s","quantity":"%s","held":"%s",'
        '"unit_price":"12.5"},{"line":2,"variant":"var_%s","quantity":"%s","held":"%s",'
        '"unit_price":"12.5"}],"holds":[{"line":1,"location":"loc_%s","quantity":"%s",'
        '"version":%s},{"line":2,"location":"loc_%s","quantity":"%s","version":%s}]}',
        encode(uuid_send(k.id), 'hex'), k.reference, '2026-11-21T19:14:13.708772Z',
        encode(uuid_send(a.variant), 'hex'), trim_scale(a.quantity), trim_scale(a.quantity),
        encode(uuid_send(b.variant), 'hex'), trim_scale(b.quantity), trim_scale(b.quantity),
        encode(uuid_send(a.location), 'hex'), trim_scale(a.quantity), a.version,
        encode(uuid_send(b.location), 'hex'), trim_scale(b.quantity), b.version
    )::json,
    NULL
FROM k
INNER JOIN e AS a ON k.i = a.i AND a.line_no = 1
INNER JOIN e AS b ON k.i = b.i AND b.line_no = 2;

COMMIT;
