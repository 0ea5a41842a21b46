-- name: has_unnumbered_events
-- Whether any event waits for its number.
SELECT
    EXISTS (
        SELECT 1
        FROM outbox AS o
        WHERE o.seq IS NULL
    ) AS found;

-- name: insert_missing_follower
-- Make a follower that has not followed anything yet.
INSERT INTO followers (name, seq)
SELECT
    $1::text,
    0
ON CONFLICT DO NOTHING;

-- name: lock_follower
-- Take a follower's turn: how far it is. Nothing when another process has the turn.
SELECT f.seq
FROM followers AS f
WHERE f.name = $1
FOR NO KEY UPDATE SKIP LOCKED;

-- name: number_events
-- Number the oldest events that have no number, from the one after the last on.
WITH unnumbered AS MATERIALIZED (
    SELECT
        o.organisation,
        o.id,
        o.at
    FROM outbox AS o
    WHERE o.seq IS NULL
    ORDER BY o.at, o.id, o.organisation
    LIMIT $2
),

numbers AS MATERIALIZED (
    SELECT
        u.organisation,
        u.id,
        row_number() OVER (ORDER BY u.at, u.id, u.organisation) AS place
    FROM unnumbered AS u
),

numbered AS (
    UPDATE outbox AS o
    SET seq = $1::bigint + n.place
    FROM numbers AS n
    WHERE o.organisation = n.organisation AND o.id = n.id AND o.seq IS NULL
    RETURNING 1
)

SELECT
    (SELECT count(*) FROM numbers) AS found,
    (SELECT count(*) FROM numbered) AS numbered;

-- name: advance_follower
-- Write how far a follower is; it never goes back.
UPDATE followers AS f
SET seq = $2
WHERE f.name = $1 AND f.seq <= $2
RETURNING 1;

-- name: count_events_ahead
-- How many numbered events a follower has not read.
SELECT
    coalesce((SELECT s.seq FROM followers AS s WHERE s.name = $2), 0)
    - coalesce((SELECT f.seq FROM followers AS f WHERE f.name = $1), 0) AS ahead;

-- name: read_events
-- The numbered events after one, by their numbers.
SELECT
    o.seq,
    o.organisation,
    o.id,
    o.at,
    o.event,
    o.subject,
    o.variants
FROM outbox AS o
WHERE o.seq > $1
ORDER BY o.seq
LIMIT $2;
