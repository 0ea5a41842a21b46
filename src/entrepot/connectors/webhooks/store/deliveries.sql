-- name: list_deliveries
-- A webhook's deliveries, of one state or of all, the newest first, from before one on.
SELECT
    d.act,
    d.seq,
    d.event,
    d.subject,
    d.state,
    d.created_at,
    d.next_try_at,
    d.tries,
    d.step,
    d.begun_at,
    d.crashes,
    d.last_status,
    d.last_error,
    d.ended_at,
    d.number,
    d.content_hash
FROM webhook_deliveries AS d
WHERE
    d.organisation = $1 AND d.webhook = $2
    AND (d.seq, d.act) < ($3, $4)
    AND ($5::text IS NULL OR d.state = $5)
ORDER BY d.seq DESC, d.act DESC
LIMIT $6;

-- name: list_attempts
-- A webhook's tries, the newest first, from before one on.
SELECT
    a.act,
    a.number,
    a.at,
    a.milliseconds,
    a.status,
    a.error
FROM webhook_attempts AS a
WHERE a.organisation = $1 AND a.webhook = $2 AND (a.at, a.act, a.number) < ($3, $4, $5)
ORDER BY a.at DESC, a.act DESC, a.number DESC
LIMIT $6;

-- name: insert_deliveries
-- Make the deliveries of numbered events to the webhooks that were there and ask for them. A ping
-- goes to the webhook that it is about; nothing else that webhooks do is told by them.
INSERT INTO webhook_deliveries
(organisation, webhook, act, seq, event, subject, created_at, next_try_at)
SELECT
    w.organisation,
    w.id,
    o.id,
    o.seq,
    o.event,
    o.subject,
    $3::timestamptz,
    $3::timestamptz
FROM outbox AS o
INNER JOIN webhooks AS w ON o.organisation = w.organisation
WHERE
    o.seq BETWEEN $1 AND $2
    AND w.state = 'enabled'
    AND w.created_at <= o.at
    AND CASE
        WHEN o.event = 'webhooks.pinged' THEN o.subject = 'whk_' || replace(w.id::text, '-', '')
        WHEN starts_with(o.event, 'webhooks.') OR starts_with(o.event, 'request.') THEN FALSE
        ELSE EXISTS (
            SELECT 1
            FROM unnest(w.events) AS f (filter)
            WHERE
                f.filter IN ('*', o.event)
                OR (right(f.filter, 2) = '.*' AND starts_with(o.event, left(f.filter, -1)))
        )
    END
ON CONFLICT DO NOTHING
RETURNING 1;

-- name: replace_older
-- Of numbers that are told anew among numbered events, give up what is waiting to tell them before.
UPDATE webhook_deliveries AS d
SET state = 'replaced', ended_at = $4
FROM (
    SELECT
        n.organisation,
        n.webhook,
        n.event,
        n.subject,
        max(n.seq) AS seq
    FROM outbox AS o
    INNER JOIN webhooks AS h ON o.organisation = h.organisation
    INNER JOIN webhook_deliveries AS n
        ON h.organisation = n.organisation AND h.id = n.webhook AND o.id = n.act
    WHERE o.seq BETWEEN $1 AND $2 AND o.event = any($3::text[]) AND n.state = 'waiting'
    GROUP BY n.organisation, n.webhook, n.event, n.subject
) AS w
WHERE
    d.organisation = w.organisation AND d.webhook = w.webhook
    AND d.event = w.event AND d.subject = w.subject
    AND d.state = 'waiting' AND d.begun_at IS NULL AND d.seq < w.seq
RETURNING 1;

-- name: replace_failed
-- Of numbers whose telling failed, give up those that are told anew already.
UPDATE webhook_deliveries AS d
SET state = 'replaced', ended_at = $5
WHERE
    d.organisation = $1 AND d.webhook = $2 AND d.act = any($3::uuid[])
    AND d.event = any($4::text[]) AND d.state = 'waiting'
    AND EXISTS (
        SELECT 1
        FROM webhook_deliveries AS n
        WHERE
            n.organisation = d.organisation AND n.webhook = d.webhook
            AND n.event = d.event AND n.subject = d.subject AND n.seq > d.seq
            AND n.state IN ('waiting', 'delivered')
    )
RETURNING 1;

-- name: find_due_webhooks
-- The webhooks to which something is due that nobody is sending, after one, in their order.
SELECT
    w.organisation,
    w.id
FROM webhooks AS w
WHERE
    w.state = 'enabled'
    AND (w.organisation, w.id) > ($3, $4)
    AND (w.slow_until IS NULL OR w.slow_until <= $1)
    AND EXISTS (
        SELECT 1
        FROM webhook_deliveries AS d
        WHERE
            d.organisation = w.organisation AND d.webhook = w.id AND d.state = 'waiting'
            AND d.next_try_at <= $1 AND (d.begun_at IS NULL OR d.begun_at <= $2)
    )
ORDER BY w.organisation, w.id
LIMIT $5;

-- name: find_due
-- What is due to a webhook and begun by nobody alive, the first due first. What is told of the
-- same subject is not sent beside it.
SELECT
    d.act,
    d.seq,
    d.event,
    d.subject,
    d.state,
    d.created_at,
    d.next_try_at,
    d.tries,
    d.step,
    d.begun_at,
    d.crashes,
    d.last_status,
    d.last_error,
    d.ended_at,
    d.number,
    d.content_hash
FROM webhook_deliveries AS d
WHERE
    d.organisation = $1 AND d.webhook = $2 AND d.state = 'waiting'
    AND d.next_try_at <= $3 AND (d.begun_at IS NULL OR d.begun_at <= $4)
    AND NOT EXISTS (
        SELECT 1
        FROM webhook_deliveries AS f
        WHERE
            f.organisation = d.organisation AND f.webhook = d.webhook
            AND f.subject = d.subject AND f.state = 'waiting' AND f.begun_at > $4
    )
ORDER BY d.next_try_at, d.seq
LIMIT $5;

-- name: find_told
-- What acts say: their names, their times and what their callers were answered.
SELECT
    a.id,
    a.act,
    a.at,
    a.answer
FROM audit AS a
WHERE a.organisation = $1 AND a.id = any($2::uuid[]);

-- name: update_deliveries
-- Write deliveries of a webhook that is locked.
UPDATE webhook_deliveries AS d
SET
    state = w.state,
    next_try_at = w.next_try_at,
    tries = w.tries,
    step = w.step,
    begun_at = w.begun_at,
    crashes = w.crashes,
    last_status = w.last_status,
    last_error = w.last_error,
    ended_at = w.ended_at,
    content_hash = w.content_hash
FROM
    unnest(
        $3::uuid[], $4::text[], $5::timestamptz[], $6::integer[], $7::smallint[],
        $8::timestamptz[], $9::smallint[], $10::smallint[], $11::text[], $12::timestamptz[],
        $13::bytea[]
    ) AS w (
        act, state, next_try_at, tries, step, begun_at, crashes, last_status, last_error, ended_at,
        content_hash
    )
WHERE d.organisation = $1 AND d.webhook = $2 AND d.act = w.act
RETURNING 1;

-- name: insert_attempts
-- Remember tries.
INSERT INTO webhook_attempts
(organisation, webhook, act, number, at, milliseconds, status, error)
SELECT
    $1::uuid,
    $2::uuid,
    w.act,
    w.number,
    w.at,
    w.milliseconds,
    w.status,
    w.error
FROM
    unnest(
        $3::uuid[], $4::integer[], $5::timestamptz[], $6::integer[], $7::smallint[], $8::text[]
    ) AS w (act, number, at, milliseconds, status, error);

-- name: lock_delivery
-- Lock a delivery of a webhook that is locked, and read it.
SELECT
    d.act,
    d.seq,
    d.event,
    d.subject,
    d.state,
    d.created_at,
    d.next_try_at,
    d.tries,
    d.step,
    d.begun_at,
    d.crashes,
    d.last_status,
    d.last_error,
    d.ended_at,
    d.number,
    d.content_hash
FROM webhook_deliveries AS d
WHERE d.organisation = $1 AND d.webhook = $2 AND d.act = $3
FOR NO KEY UPDATE;

-- name: find_old_deliveries
-- The oldest deliveries that ended before a moment.
SELECT
    d.organisation,
    d.webhook,
    d.act
FROM webhook_deliveries AS d
WHERE d.ended_at < $1
ORDER BY d.ended_at
LIMIT $2;

-- name: purge_attempts
-- Forget the tries of deliveries.
DELETE FROM webhook_attempts AS a
USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS w (organisation, webhook, act)
WHERE a.organisation = w.organisation AND a.webhook = w.webhook AND a.act = w.act
RETURNING 1;

-- name: purge_deliveries
-- Forget deliveries whose tries are forgotten, but for those that are to be sent again.
DELETE FROM webhook_deliveries AS d
USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS w (organisation, webhook, act)
WHERE
    d.organisation = w.organisation AND d.webhook = w.webhook AND d.act = w.act
    AND d.ended_at < $4
RETURNING 1;

-- name: find_still_begun
-- Which deliveries are still those that were begun at a time, and not taken by another since.
SELECT d.act
FROM webhook_deliveries AS d
WHERE
    d.organisation = $1 AND d.webhook = $2 AND d.act = any($3::uuid[])
    AND d.state = 'waiting' AND d.begun_at = $4;

-- name: end_deliveries_of_deleted
-- Put aside what waits for webhooks that were deleted.
UPDATE webhook_deliveries AS d
SET state = 'parked', begun_at = NULL, ended_at = $1
FROM (
    SELECT
        l.organisation,
        l.webhook,
        l.act
    FROM webhooks AS w
    INNER JOIN webhook_deliveries AS l ON w.organisation = l.organisation AND w.id = l.webhook
    WHERE w.state = 'deleted' AND l.state = 'waiting'
    LIMIT $2
) AS o
WHERE d.organisation = o.organisation AND d.webhook = o.webhook AND d.act = o.act
RETURNING 1;
