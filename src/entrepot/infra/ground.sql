-- name: claim_keys
-- Claim idempotency keys in key order; a twin in flight elsewhere is waited for.
INSERT INTO idempotency_keys (organisation, key, body_hash, act, claimed_at)
SELECT
    w.organisation,
    w.key,
    w.body_hash,
    w.act,
    clock_timestamp()
FROM
    unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[])
    AS w (organisation, key, body_hash, act)
ORDER BY w.organisation, w.key
ON CONFLICT DO NOTHING
RETURNING act;

-- name: find_stored
-- What a claimed key stands for: the hash of its content and the answer it was given.
SELECT
    k.body_hash,
    a.answer
FROM idempotency_keys AS k
LEFT JOIN audit AS a ON k.organisation = a.organisation AND k.act = a.id
WHERE k.organisation = $1 AND k.key = $2;

-- name: find_claimed
-- Which of these keys of an organisation are claimed.
SELECT k.key
FROM idempotency_keys AS k
WHERE k.organisation = $1 AND k.key = ANY($2::text[]);

-- name: write_ground
-- Write the audit and outbox rows of what happened, and give back the keys of what was refused.
WITH acts AS MATERIALIZED (
    SELECT *
    FROM
        unnest(
            $2::uuid[], $3::uuid[], $4::uuid[], $5::text::text[], $6::text::text[],
            $7::json[], $8::text[], $11::text[]
        )
        AS w (organisation, id, token, act, subject, answer, request, variants)
),

audited AS (
    INSERT INTO audit (organisation, id, at, token, act, subject, answer, request)
    SELECT
        a.organisation,
        a.id,
        $1::timestamptz,
        a.token,
        a.act,
        a.subject,
        a.answer,
        a.request
    FROM acts AS a
    RETURNING 1
),

told AS (
    INSERT INTO outbox (organisation, id, at, event, subject, variants)
    SELECT
        a.organisation,
        a.id,
        $1::timestamptz,
        a.act,
        a.subject,
        a.variants::uuid[]
    FROM acts AS a
    RETURNING 1
),

freed AS (
    DELETE FROM idempotency_keys AS k
    USING unnest($9::uuid[], $10::text[]) AS w (organisation, key)
    WHERE k.organisation = w.organisation AND k.key = w.key
    RETURNING 1
)

SELECT
    (SELECT count(*) FROM audited) AS audited,
    (SELECT count(*) FROM told) AS told,
    (SELECT count(*) FROM freed) AS freed;

-- name: read_clock
-- The database's time, for a transaction that needs no other fact.
SELECT clock_timestamp() AS at;

-- name: purge_keys
-- Forget the oldest keys among those claimed before a moment; the acts behind them stay audited.
DELETE FROM idempotency_keys AS k
USING (
    SELECT
        o.organisation,
        o.key
    FROM idempotency_keys AS o
    WHERE o.claimed_at < $1
    ORDER BY o.claimed_at
    LIMIT $2
) AS w
WHERE k.organisation = w.organisation AND k.key = w.key AND k.claimed_at < $1
RETURNING 1;
