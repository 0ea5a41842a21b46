-- An order of two lines on the one product, as statements in one transaction.
-- What needs no lock goes first, so that the one position is locked as late as can be.
\set buyer random(0, 49)
\set qa random(1, 5)
\set qb random(1, 5)
\set n random(1, 999999999999999)
BEGIN;

INSERT INTO idempotency_keys (organisation, key, body_hash, act, claimed_at)
VALUES (
    ('0198f0aa-0002-7000-8000-' || lpad(to_hex(:buyer::bigint), 12, '0'))::uuid,
    'order:' || 'PO-' || lpad(:n::bigint::text, 15, '0'),
    '\x986b9df91fe59a0f6618ebc847dd7f24b8aa0813d367364224b7228ab374af4d',
    uuidv7(),
    clock_timestamp()
)
RETURNING act \gset

INSERT INTO orders (
    organisation, id, reference, kind, status, fulfilment_status, payment_status, policy,
    priority, queue_place, placed_at, hold_until, next_hold_no, follows
)
SELECT
    ('0198f0aa-0002-7000-8000-' || lpad(to_hex(:buyer::bigint), 12, '0'))::uuid,
    k.id,
    'PO-' || lpad(:n::bigint::text, 15, '0'),
    'marketplace', 'complete', 'unfulfilled', 'paid', 'refuse_short', 0,
    '19901795288453708772' || encode(uuid_send(k.id), 'hex'),
    clock_timestamp(),
    NULL, 3, NULL
FROM (SELECT uuidv7() AS id OFFSET 0) AS k
RETURNING id, organisation AS org, encode(uuid_send(id), 'hex') AS hex \gset

INSERT INTO order_lines (
    organisation, order_id, line_no, owner, variant, quantity, held, cancelled, unit_price
)
VALUES (
    :org::uuid, :id::uuid, 1,
    '0198f0aa-0001-7000-8000-000000000009'::uuid,
    '0198f0aa-0005-7000-8000-0000000001f3'::uuid,
    :qa::numeric, :qa::numeric, 0, 12.5
),
(
    :org::uuid, :id::uuid, 2,
    '0198f0aa-0001-7000-8000-000000000009'::uuid,
    '0198f0aa-0005-7000-8000-0000000001f3'::uuid,
    :qb::numeric, :qb::numeric, 0, 12.5
);

INSERT INTO outbox (organisation, id, at, event, subject, variants)
VALUES (
    :org::uuid, :act::uuid, clock_timestamp(), 'orders.placed', 'ord_' || :hex::text,
    ARRAY['0198f0aa-0005-7000-8000-0000000001f3'::uuid]
);

UPDATE positions
SET held = held + :qa::numeric + :qb::numeric, version = version + 2
WHERE
    owner = '0198f0aa-0001-7000-8000-000000000009'::uuid
    AND variant = '0198f0aa-0005-7000-8000-0000000001f3'::uuid
    AND location = '0198f0aa-0003-7000-8000-000000000009'::uuid
    AND on_hand - held - allocated >= :qa::numeric + :qb::numeric
RETURNING owner, variant, location, on_hand, held - :qb::numeric AS held_first, held, allocated,
    version - 1 AS first, version \gset

INSERT INTO holds (
    owner, order_id, hold_no, organisation, line_no, variant, location, quantity,
    expires_at, opened_version
)
VALUES
(
    :owner::uuid, :id::uuid, 1, :org::uuid, 1, :variant::uuid, :location::uuid,
    :qa::numeric, NULL, :first::bigint
),
(
    :owner::uuid, :id::uuid, 2, :org::uuid, 2, :variant::uuid, :location::uuid,
    :qb::numeric, NULL, :version::bigint
);

INSERT INTO ledger (
    owner, variant, location, version, at, kind,
    on_hand_change, held_change, allocated_change, on_hand, held, allocated,
    order_id, hold_no, act
)
VALUES
(
    :owner::uuid, :variant::uuid, :location::uuid, :first::bigint, clock_timestamp(),
    'hold', 0, :qa::numeric, 0, :on_hand::numeric, :held_first::numeric, :allocated::numeric,
    :id::uuid, 1, :act::uuid
),
(
    :owner::uuid, :variant::uuid, :location::uuid, :version::bigint, clock_timestamp(),
    'hold', 0, :qb::numeric, 0, :on_hand::numeric, :held::numeric, :allocated::numeric,
    :id::uuid, 2, :act::uuid
);

INSERT INTO audit (organisation, id, at, token, act, subject, answer, request)
VALUES (
    :org::uuid,
    :act::uuid,
    clock_timestamp(),
    ('0198f0aa-0006-7000-8000-' || lpad(to_hex(:buyer::bigint), 12, '0'))::uuid,
    'orders.placed',
    'ord_' || :hex::text,
    format(
        '{"id":"ord_%s","reference":"PO-%s","kind":"marketplace","status":"complete",'
        '"fulfilment_status":"unfulfilled","payment_status":"paid","policy":"refuse_short",'
        '"placed_at":"%s","lines":[{"line":1,"variant":"var_%s","quantity":"%s","held":"%s",'
        '"unit_price":"12.5"},{"line":2,"variant":"var_%s","quantity":"%s","held":"%s",'
        '"unit_price":"12.5"}],"holds":[{"line":1,"location":"loc_%s","quantity":"%s",'
        '"version":%s},{"line":2,"location":"loc_%s","quantity":"%s","version":%s}]}',
        :hex::text, lpad(:n::bigint::text, 15, '0'), '2026-11-21T19:14:13.708772Z',
        encode(uuid_send(:variant::uuid), 'hex'), :qa::text, :qa::text,
        encode(uuid_send(:variant::uuid), 'hex'), :qb::text, :qb::text,
        encode(uuid_send(:location::uuid), 'hex'), :qa::text, :first::text,
        encode(uuid_send(:location::uuid), 'hex'), :qb::text, :version::text
    )::json,
    NULL
);

COMMIT;
