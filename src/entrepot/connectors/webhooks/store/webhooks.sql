-- name: count_webhooks
-- How many webhooks an organisation has, of one kind or of all.
SELECT count(*) AS webhooks
FROM webhooks AS w
WHERE w.organisation = $1 AND w.state <> 'deleted' AND ($2::text IS NULL OR w.kind = $2);

-- name: insert_webhook
-- Make a webhook.
INSERT INTO webhooks (organisation, id, url, description, events, secret, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: insert_graphql_webhook
-- Make a webhook of the GraphQL door.
INSERT INTO webhooks
(
    organisation, id, url, description, events, secret, created_at, state, disabled_reason, kind,
    legacy_id, told_of, event_name, seller, query, scopes, header_names, headers, retries_max,
    at_once_max, allow_skip
)
VALUES (
    $1, $2, $3, '', '{}', $4, $5, $6, $7, 'graphql',
    nextval('webhook_legacy_ids'), $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
);

-- name: lock_webhook
-- Lock a webhook that is not deleted and read it. As strong as a lock can be: whoever makes new
-- deliveries for it waits, so that nobody else writes any of its deliveries meanwhile.
SELECT
    w.id,
    w.url,
    w.description,
    w.events,
    w.secret,
    w.previous_secret,
    w.previous_until,
    w.state,
    w.disabled_reason,
    w.created_at,
    w.last_success_at,
    w.last_failure_at,
    w.consecutive_failures,
    w.failing_since,
    w.warned_at,
    w.parked_told_at,
    w.slow_until,
    NULL::timestamptz AS next_try_at,
    w.kind,
    w.legacy_id,
    w.told_of,
    w.event_name,
    w.seller,
    w.query,
    w.scopes,
    w.header_names,
    w.headers,
    w.retries_max,
    w.at_once_max,
    w.allow_skip
FROM webhooks AS w
WHERE w.organisation = $1 AND w.id = $2 AND w.state <> 'deleted'
FOR UPDATE;

-- name: update_webhook
-- Write a webhook that is locked.
UPDATE webhooks AS w
SET
    url = $3,
    description = $4,
    events = $5,
    secret = $6,
    previous_secret = $7,
    previous_until = $8,
    state = $9,
    disabled_reason = $10,
    last_success_at = $11,
    last_failure_at = $12,
    consecutive_failures = $13,
    failing_since = $14,
    warned_at = $15,
    parked_told_at = $16,
    slow_until = $17,
    told_of = $18,
    event_name = $19,
    seller = $20,
    query = $21,
    scopes = $22,
    header_names = $23,
    headers = $24,
    retries_max = $25,
    at_once_max = $26,
    allow_skip = $27
WHERE w.organisation = $1 AND w.id = $2
RETURNING 1;

-- name: find_next_try
-- When the next delivery of a webhook is due.
SELECT min(d.next_try_at) AS next_try_at
FROM webhook_deliveries AS d
WHERE d.organisation = $1 AND d.webhook = $2 AND d.state = 'waiting';

-- name: list_webhooks
-- An organisation's webhooks, oldest first, from one to another but for the one read last, of one
-- kind or of all; with when each has something due.
SELECT
    w.id,
    w.url,
    w.description,
    w.events,
    w.secret,
    w.previous_secret,
    w.previous_until,
    w.state,
    w.disabled_reason,
    w.created_at,
    w.last_success_at,
    w.last_failure_at,
    w.consecutive_failures,
    w.failing_since,
    w.warned_at,
    w.parked_told_at,
    w.slow_until,
    (
        SELECT min(d.next_try_at)
        FROM webhook_deliveries AS d
        WHERE d.organisation = w.organisation AND d.webhook = w.id AND d.state = 'waiting'
    ) AS next_try_at,
    w.kind,
    w.legacy_id,
    w.told_of,
    w.event_name,
    w.seller,
    w.query,
    w.scopes,
    w.header_names,
    w.headers,
    w.retries_max,
    w.at_once_max,
    w.allow_skip
FROM webhooks AS w
WHERE
    w.organisation = $1 AND w.id >= $2 AND w.id <= $3 AND w.id IS DISTINCT FROM $4
    AND w.state <> 'deleted'
    AND ($6::text IS NULL OR w.kind = $6)
ORDER BY w.id
LIMIT $5;

-- name: find_asking
-- Which of some organisations have an enabled webhook that asks for an event. What they can promise
-- is also asked for by who is told of their variants, where partners have a part in it.
SELECT w.organisation
FROM webhooks AS w
WHERE
    w.organisation = any($1::uuid[])
    AND w.state = 'enabled'
    AND EXISTS (
        SELECT 1
        FROM unnest(w.events) AS f (filter)
        WHERE
            f.filter IN ('*', $2::text)
            OR (right(f.filter, 2) = '.*' AND starts_with($2::text, left(f.filter, -1)))
    )
UNION
SELECT s.id AS organisation
FROM unnest($1::uuid[]) AS s (id)
WHERE
    $2::text = 'stock.availability_changed'
    AND EXISTS (
        SELECT 1
        FROM product_matches AS m
        WHERE m.retailer = s.id
    )
    AND EXISTS (
        SELECT 1
        FROM webhooks AS g
        WHERE
            g.kind = 'graphql' AND g.state = 'enabled' AND g.told_of = 'VARIANT'
            AND (
                g.organisation = s.id
                OR EXISTS (
                    SELECT 1
                    FROM trading_rights AS r
                    WHERE
                        r.seller = s.id AND r.buyer = g.organisation
                        AND r.kind = 'marketplace' AND r.state = 'active'
                )
            )
    );
