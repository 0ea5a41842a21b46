-- An order of two lines as one statement: the fastest way to place a single order by hand.
-- The second position is taken only after the first, so locks go in key order.
\set buyer random(0, 49)
\set x random(0, 999)
\set z random(0, 998)
\set y case when :z >= :x then :z + 1 else :z end
\set a least(:x, :y)
\set b greatest(:x, :y)
\set qa random(1, 5)
\set qb random(1, 5)
\set n random(1, 999999999999999)
WITH k AS MATERIALIZED (
    SELECT
        uuidv7() AS id,
        uuidv7() AS act,
        ('0198f0aa-0002-7000-8000-' || lpad(to_hex(:buyer::bigint), 12, '0'))::uuid AS buyer,
        ('0198f0aa-0006-7000-8000-' || lpad(to_hex(:buyer::bigint), 12, '0'))::uuid AS token,
        ('0198f0aa-0001-7000-8000-' || lpad(to_hex(:a::bigint / 50), 12, '0'))::uuid AS owner_a,
        ('0198f0aa-0005-7000-8000-' || lpad(to_hex(:a::bigint), 12, '0'))::uuid AS variant_a,
        ('0198f0aa-0003-7000-8000-' || lpad(to_hex(:a::bigint / 50), 12, '0'))::uuid AS location_a,
        ('0198f0aa-0001-7000-8000-' || lpad(to_hex(:b::bigint / 50), 12, '0'))::uuid AS owner_b,
        ('0198f0aa-0005-7000-8000-' || lpad(to_hex(:b::bigint), 12, '0'))::uuid AS variant_b,
        ('0198f0aa-0003-7000-8000-' || lpad(to_hex(:b::bigint / 50), 12, '0'))::uuid AS location_b,
        :qa::numeric(15, 3) AS qa,
        :qb::numeric(15, 3) AS qb,
        'PO-' || lpad(:n::bigint::text, 15, '0') AS reference,
        clock_timestamp() AS at
),

a AS (
    UPDATE positions AS p
    SET held = p.held + k.qa, version = p.version + 1
    FROM k
    WHERE
        p.owner = k.owner_a AND p.variant = k.variant_a AND p.location = k.location_a
        AND p.on_hand - p.held - p.allocated >= k.qa
    RETURNING p.owner, p.variant, p.location, p.on_hand, p.held, p.allocated, p.version
),

b AS (
    UPDATE positions AS p
    SET held = p.held + k.qb, version = p.version + 1
    FROM k
    WHERE
        (SELECT count(*) FROM a) = 1
        AND p.owner = k.owner_b AND p.variant = k.variant_b AND p.location = k.location_b
        AND p.on_hand - p.held - p.allocated >= k.qb
    RETURNING p.owner, p.variant, p.location, p.on_hand, p.held, p.allocated, p.version
),

l AS MATERIALIZED (
    SELECT 1 AS line_no, k.buyer, k.id, k.act, k.at, k.qa AS quantity, a.*
    FROM k, a
    UNION ALL
    SELECT 2, k.buyer, k.id, k.act, k.at, k.qb, b.*
    FROM k, b
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
    WHERE (SELECT count(*) FROM b) = 1
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
    WHERE (SELECT count(*) FROM b) = 1
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
        ARRAY[k.variant_a, k.variant_b]
    FROM k
    WHERE (SELECT count(*) FROM b) = 1
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
        encode(uuid_send(b.variant), 'hex'), trim_scale(k.qb), trim_scale(k.qb),
        encode(uuid_send(a.location), 'hex'), trim_scale(k.qa), a.version,
        encode(uuid_send(b.location), 'hex'), trim_scale(k.qb), b.version
    )::json,
    NULL
FROM k, a, b;
