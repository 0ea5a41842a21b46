-- name: memberships_are_of_people
-- Who works in an organisation is a person, and the organisation is one.
-- do: Restore the person or the organisation from a backup.
SELECT
    m.organisation::text || '/' || m.person::text AS subject,
    json_build_object('role', m.role, 'person', p.name, 'organisation', o.slug) AS facts
FROM memberships AS m
LEFT JOIN people AS p ON m.person = p.id
LEFT JOIN organisations AS o ON m.organisation = o.id
WHERE p.id IS NULL OR o.id IS NULL
LIMIT $1;

-- name: live_sessions_are_of_colleagues
-- A log-in session that has not ended is of somebody who works in its organisation.
-- do: End the session with `entrepot person revoke-session`; it opens nothing meanwhile.
SELECT
    s.id::text AS subject,
    json_build_object('person', s.person::text, 'ended_at', m.ended_at::text) AS facts
FROM log_in_sessions AS s
LEFT JOIN memberships AS m ON s.organisation = m.organisation AND s.person = m.person
WHERE
    s.revoked_at IS NULL AND s.expires_at > statement_timestamp()
    AND (m.person IS NULL OR m.ended_at IS NOT NULL)
LIMIT $1;
