-- name: count_parked_jobs
-- How many jobs failed and were put aside, and how many wait or are being done.
SELECT
    count(*) FILTER (WHERE q.status = 'failed') AS parked,
    count(*) FILTER (WHERE q.status <> 'failed') AS live
FROM pgqueuer AS q;

-- name: purge_queue_log
-- Forget the oldest lines of the queue's log that were written before a moment.
DELETE FROM pgqueuer_log AS l
USING (
    SELECT o.id
    FROM pgqueuer_log AS o
    WHERE o.created < $1
    ORDER BY o.created
    LIMIT $2
) AS w
WHERE l.id = w.id
RETURNING 1;

-- name: purge_parked_jobs
-- Forget the oldest jobs that failed and were put aside before a moment.
DELETE FROM pgqueuer AS q
USING (
    SELECT o.id
    FROM pgqueuer AS o
    WHERE o.status = 'failed' AND o.updated < $1
    ORDER BY o.id
    LIMIT $2
) AS w
WHERE q.id = w.id
RETURNING 1;
