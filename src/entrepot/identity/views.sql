-- name: list_colleagues
-- The people of an organisation, from after one on.
SELECT
    p.id,
    p.email,
    p.name,
    m.role,
    m.created_at
FROM memberships AS m
INNER JOIN people AS p ON m.person = p.id
WHERE m.organisation = $1 AND m.ended_at IS NULL AND m.person > $2
ORDER BY m.person
LIMIT $3;

-- name: find_colleague
-- One person of an organisation, by id or by e-mail address in lower case.
SELECT
    p.id,
    p.email,
    p.name,
    m.role,
    m.created_at
FROM people AS p
INNER JOIN memberships AS m ON p.id = m.person
WHERE
    m.organisation = $1 AND m.ended_at IS NULL
    AND (p.id = $2::uuid OR p.email_lowered = $3::text);

-- name: list_invitations
-- An organisation's invitations of colleagues, newest first, from before one on.
SELECT
    i.id,
    i.role,
    i.created_at,
    i.expires_at,
    i.accepted_at,
    i.revoked_at,
    i.email,
    i.invited_by
FROM colleague_invitations AS i
WHERE i.organisation = $1 AND i.id < $2
ORDER BY i.id DESC
LIMIT $3;

-- name: list_sessions
-- A person's live log-in sessions in an organisation, newest first, from before one on.
SELECT
    s.id,
    s.organisation,
    s.person,
    s.created_at,
    s.expires_at,
    s.revoked_at,
    s.seen_at,
    s.address,
    s.program
FROM log_in_sessions AS s
WHERE
    s.organisation = $1 AND s.person = $2 AND s.id < $3
    AND s.revoked_at IS NULL
    AND s.expires_at > statement_timestamp()
    AND s.seen_at > statement_timestamp() - $4::interval
ORDER BY s.id DESC
LIMIT $5;

-- name: show_token
-- One token of an organisation, to show.
SELECT
    t.id,
    t.name,
    t.scopes,
    t.shown,
    t.created_at,
    t.expires_at,
    t.revoked_at
FROM tokens AS t
WHERE t.organisation = $1 AND t.id = $2;

-- name: list_audit
-- What an organisation did, newest first, of so many acts before one: those that match, and always
-- a last row that says how many were looked through and which was the last of them.
WITH seen AS MATERIALIZED (
    SELECT
        a.id,
        a.at,
        a.act,
        a.subject,
        a.token,
        a.request
    FROM audit AS a
    WHERE a.organisation = $1 AND a.id < $2 AND a.id >= $3
    ORDER BY a.id DESC
    LIMIT $4
),

matching AS (
    SELECT
        s.id,
        s.at,
        s.act,
        s.subject,
        s.token,
        t.name AS token_name,
        t.shown AS token_shown,
        p.id AS person,
        p.name AS person_name,
        p.email AS person_email,
        s.request
    FROM seen AS s
    LEFT JOIN tokens AS t ON s.token = t.id AND t.organisation = $1
    LEFT JOIN log_in_sessions AS l ON s.token = l.id
    LEFT JOIN password_resets AS r ON s.token = r.id
    LEFT JOIN people AS p ON coalesce(l.person, r.person) = p.id
    WHERE
        ($5::text IS NULL OR s.act = $5)
        AND ($6::text IS NULL OR s.subject = $6)
        AND ($7::uuid IS NULL OR s.token = $7)
        AND ($8::uuid IS NULL OR p.id = $8)
        AND ($9::timestamptz IS NULL OR s.at >= $9)
        AND ($10::timestamptz IS NULL OR s.at < $10)
    ORDER BY s.id DESC
    LIMIT $11
)

SELECT
    0::bigint AS looked_through,
    m.id,
    m.at,
    m.act,
    m.subject,
    m.token,
    m.token_name,
    m.token_shown,
    m.person,
    m.person_name,
    m.person_email,
    m.request
FROM matching AS m
UNION ALL
SELECT
    (SELECT count(*) FROM seen),
    (
        SELECT s.id
        FROM seen AS s
        ORDER BY s.id
        LIMIT 1
    ),
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
ORDER BY looked_through, id DESC;

-- name: find_acts
-- These acts of an organisation, with what was answered.
SELECT
    0::bigint AS looked_through,
    a.id,
    a.at,
    a.act,
    a.subject,
    a.token,
    t.name AS token_name,
    t.shown AS token_shown,
    p.id AS person,
    p.name AS person_name,
    p.email AS person_email,
    a.request,
    a.answer
FROM audit AS a
LEFT JOIN tokens AS t ON a.token = t.id AND t.organisation = $1
LEFT JOIN log_in_sessions AS l ON a.token = l.id
LEFT JOIN password_resets AS r ON a.token = r.id
LEFT JOIN people AS p ON coalesce(l.person, r.person) = p.id
WHERE a.organisation = $1 AND a.id = ANY($2::uuid[]);
