-- An order of two lines on the one product, as one statement: one position, raised by two versions.
\set buyer random(0, 49)
\set qa random(1, 5)
\set qb random(1, 5)
\set n random(1, 999999999999999)
WITH k AS MATERIALIZED (
    SELECT
        uuidv7() AS id,
        uuidv7() AS act,
        ('0198f0aa-0002-7000-8000-' || lpad(to_hex(:buyer::bigint), 12, '0'))::uuid AS buyer,
        ('0198f0aa-0006-7000-8000-' || lpad(to_hex(:buyer::bigint), 12, '0'))::uuid AS token,
        '0198f0aa-0001-7000-8000-000000000009'::uuid AS owner,
        '0198f0aa-0005-7000-8000-0000000001f3'::uuid AS variant,
        '0198f0aa-0003-7000-8000-000000000009'::uuid AS location,
        :qa::numeric(15, 3) AS qa,
        :qb::numeric(15, 3) AS qb,
        'PO-' || lpad(:n::bigint::text, 15, '0') AS reference,
        clock_timestamp() AS at
),

a AS (
    UPDATE positions AS p
    SET held = p.held + k.qa + k.qb, version = p.version + 2
    FROM k
    WHERE
        p.owner = k.owner AND p.variant = k.variant AND p.location = k.location
        AND p.on_hand - p.held - p.allocated >= k.qa + k.qb
    RETURNING p.owner, p.variant, p.location, p.on_hand, p.held, p.allocated, p.version
),

l AS MATERIALIZED (
    SELECT
        1 AS line_no, k.buyer, k.id, k.act, k.at, k.qa AS quantity,
        a.owner, a.variant, a.location, a.on_hand, a.held - k.qb AS held, a.allocated,
        a.version - 1 AS version
    FROM k, a
    UNION ALL
    SELECT
        2, k.buyer, k.id, k.act, k.at, k.qb,
        a.owner, a.variant, a.location, a.on_hand, a.held, a.allocated, a.version
    FROM k, a
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
    WHERE (SELECT count(*) FROM a) = 1
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
    WHERE (SELECT count(*) FROM a) = 1
),

lined AS (
    INSERT INTO order_lines (
        organisation, order_id, line_no, owner, variant, quantity, held, cancelled, unit_price
    )
    SELECT l.buyer, l.id, l.line_no, l.owner, l.variant, l.quantity, l.quantity, 0, 12.5
    FROM l
),

opened AS (
    INSERT INTO holds (
        owner, order_id, hold_no, organisation, line_no, variant, location, quantity,
        expires_at, opened_version
    )
    SELECT
        l.owner, l.id, l.line_no, l.buyer, l.line_no, l.variant, l.location, l.quantity,
        NULL, l.version
    FROM l
),

entered AS (
    INSERT INTO ledger (
        owner, variant, location, version, at, kind,
        on_hand_change, held_change, allocated_change, on_hand, held, allocated,
        order_id, hold_no, act
    )
    SELECT
        l.owner, l.variant, l.location, l.version, l.at, 'hold',
        0, l.quantity, 0, l.on_hand, l.held, l.allocated,
        l.id, l.line_no, l.act
    FROM l
),

told AS (
    INSERT INTO outbox (organisation, id, at, event, subject, variants)
    SELECT
        k.buyer, k.act, k.at, 'orders.placed', 'ord_' || encode(uuid_send(k.id), 'hex'),
        ARRAY[k.variant]
    FROM k
    WHERE (SELECT count(*) FROM a) = 1
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
        encode(uuid_send(a.variant), 'hex'), trim_scale(k.qa), trim_scale(k.qa),
        encode(uuid_send(a.variant), 'hex'), trim_scale(k.qb), trim_scale(k.qb),
        encode(uuid_send(a.location), 'hex'), trim_scale(k.qa), a.version - 1,
        encode(uuid_send(a.location), 'hex'), trim_scale(k.qb), a.version
    )::json,
    NULL
FROM k, a;
