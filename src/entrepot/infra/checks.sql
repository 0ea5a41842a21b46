-- name: keys_stand_for_acts
-- Every idempotency key stands for an act that happened; what was refused left no key behind.
-- do: Restore the audit's rows from a backup; until then what was sent with these keys must not be
-- sent again.
SELECT
    k.organisation::text || '/' || k.key AS subject,
    json_build_object('act', k.act) AS facts
FROM idempotency_keys AS k
WHERE
    NOT EXISTS (
        SELECT 1
        FROM audit AS a
        WHERE a.organisation = k.organisation AND a.id = k.act
    )
LIMIT $1;

-- name: acts_have_one_key
-- No act stands behind two keys.
-- do: Find out who wrote into the table by hand; delete the key that no request came with.
SELECT
    k.organisation::text || '/' || k.act::text AS subject,
    json_build_object('keys', count(*)) AS facts
FROM idempotency_keys AS k
GROUP BY k.organisation, k.act
HAVING count(*) > 1
LIMIT $1;

-- name: acts_are_told
-- Every act has its row in the outbox and every row its act, with the same time, name and subject.
-- do: Restore the rows that are missing from a backup; followers may lack what happened since.
SELECT
    coalesce(a.organisation, o.organisation)::text || '/' || coalesce(a.id, o.id)::text AS subject,
    json_build_object('act', a.act, 'event', o.event) AS facts
FROM audit AS a
FULL JOIN outbox AS o ON a.organisation = o.organisation AND a.id = o.id
WHERE (a.at, a.act, a.subject) IS DISTINCT FROM (o.at, o.event, o.subject)
LIMIT $1;

-- name: events_are_numbered_once
-- The numbers of events rise by one from 1 to as far as the sequencer has counted, without a gap
-- and none twice, and no follower is further than that.
-- do: Stop every worker. Find out who wrote into the table by hand, and restore the numbers from a
-- backup; what followers have told others meanwhile may lack events.
SELECT
    'number ' || n.seq::text AS subject,
    json_build_object('event', n.event, 'before', n.before) AS facts
FROM (
    SELECT
        o.seq,
        o.event,
        lag(o.seq, 1, 0::bigint) OVER (ORDER BY o.seq) AS before
    FROM outbox AS o
    WHERE o.seq IS NOT NULL
) AS n
WHERE n.seq <> n.before + 1
UNION ALL
SELECT
    'follower ' || coalesce(f.name, 'sequencer') AS subject,
    json_build_object('read', f.seq, 'numbered', h.seq) AS facts
FROM (
    SELECT coalesce(max(o.seq), 0) AS seq
    FROM outbox AS o
) AS h
LEFT JOIN followers AS f ON f.name = 'sequencer' OR f.seq > h.seq
WHERE
    coalesce(f.seq, 0) > h.seq
    OR (coalesce(f.name, 'sequencer') = 'sequencer' AND coalesce(f.seq, 0) <> h.seq)
LIMIT $1;
