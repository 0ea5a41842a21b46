-- name: read_condition
-- What the server says of itself: its release, its clock, its connections, its settings.
SELECT
    current_setting('server_version') AS version,
    current_setting('server_version_num')::integer AS version_number,
    clock_timestamp() AS at,
    current_setting('max_connections')::integer AS connections_max,
    (SELECT sum(d.numbackends)::integer FROM pg_stat_database AS d) AS connections_used,
    (
        SELECT d.numbackends
        FROM pg_stat_database AS d
        WHERE d.datname = current_database()
    ) AS connections_here,
    current_setting('fsync') AS fsync,
    current_setting('full_page_writes') AS full_page_writes,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('autovacuum') AS autovacuum,
    (
        SELECT age(d.datfrozenxid)
        FROM pg_database AS d
        WHERE d.datname = current_database()
    ) AS oldest_transaction_age;

-- name: read_local_time
-- The time in a zone; an error where the server does not know the zone.
SELECT clock_timestamp() AT TIME ZONE $1::text AS local_time;

-- name: read_dead_rows
-- The tables with more dead rows than vacuuming should leave behind, those with the most first.
SELECT
    t.relname::text AS name,
    t.n_dead_tup AS dead,
    t.n_live_tup AS live,
    greatest(t.last_vacuum, t.last_autovacuum) AS vacuumed_at
FROM pg_stat_user_tables AS t
WHERE t.n_dead_tup > 100000 AND t.n_dead_tup > t.n_live_tup
ORDER BY t.n_dead_tup DESC
LIMIT 5;

-- name: read_ground_lag
-- How many events wait for their number and for how many seconds the oldest has; how old the
-- oldest key is.
SELECT
    o.unnumbered,
    o.oldest_event_seconds,
    (
        SELECT extract(EPOCH FROM clock_timestamp() - min(k.claimed_at))::integer
        FROM idempotency_keys AS k
    ) AS oldest_key_seconds
FROM (
    SELECT
        count(*) AS unnumbered,
        coalesce(
            extract(EPOCH FROM clock_timestamp() - min(e.at))::integer, 0
        ) AS oldest_event_seconds
    FROM outbox AS e
    WHERE e.seq IS NULL
) AS o;
