-- name: insert_notices
-- Write notices: what a person of an organisation should act on.
INSERT INTO notices (organisation, id, at, kind, subject, facts)
SELECT
    w.organisation,
    w.id,
    $1::timestamptz,
    w.kind,
    w.subject,
    w.facts
FROM
    unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::json[])
    AS w (organisation, id, kind, subject, facts);

-- name: list_notices
-- An organisation's notices, newest first, from before one on.
SELECT
    n.id,
    n.at,
    n.kind,
    n.subject,
    n.facts,
    n.done_at
FROM notices AS n
WHERE n.organisation = $1 AND n.id < $2
ORDER BY n.id DESC
LIMIT $3;
