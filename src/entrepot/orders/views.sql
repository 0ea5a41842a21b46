-- name: list_orders
-- An organisation's orders, newest first, from before one on.
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
    statement_timestamp() AS now
FROM orders AS o
WHERE o.organisation = $1 AND o.id < $2
ORDER BY o.id DESC
LIMIT $3;

-- name: list_orders_of_status
-- An organisation's orders of a status, newest first; those past their limit count as cancelled.
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
    statement_timestamp() AS now
FROM orders AS o
WHERE
    o.organisation = $1 AND o.status = $2 AND o.id < $3
    AND (
        o.status NOT IN ('held', 'waiting')
        OR o.hold_until IS NULL
        OR o.hold_until > statement_timestamp()
    )
ORDER BY o.id DESC
LIMIT $4;

-- name: list_limited_orders
-- An organisation's orders whose limit has passed, newest first, until a job writes so.
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
    statement_timestamp() AS now
FROM orders AS o
WHERE
    o.organisation = $1 AND o.id < $2
    AND o.hold_until <= statement_timestamp()
    AND o.status IN ('held', 'waiting')
ORDER BY o.id DESC
LIMIT $3;

-- name: find_order
-- One order of an organisation, by its id or by its reference.
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
    statement_timestamp() AS now
FROM orders AS o
WHERE o.organisation = $1 AND (o.id = $2 OR o.reference = $3);

-- name: find_successor
-- The order that carries on what another could not deliver.
SELECT o.id
FROM orders AS o
WHERE o.organisation = $1 AND o.follows = $2;
