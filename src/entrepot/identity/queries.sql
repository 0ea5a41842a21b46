-- name: insert_organisation
-- Make an organisation, unless the slug is taken.
INSERT INTO organisations (
    id, slug, name, time_zone, country, currency, wholesale_countries, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (slug) DO NOTHING
RETURNING id;

-- name: list_organisations
-- Organisations by slug, from after the one given on.
SELECT
    o.id,
    o.slug,
    o.name,
    o.time_zone,
    o.country,
    o.currency,
    o.created_at
FROM organisations AS o
WHERE o.slug > $1
ORDER BY o.slug
LIMIT $2;

-- name: find_organisations
-- The organisations with these slugs.
SELECT
    o.id,
    o.slug,
    o.name,
    o.time_zone,
    o.country,
    o.currency,
    o.created_at
FROM organisations AS o
WHERE o.slug = ANY($1::text[])
ORDER BY o.slug;

-- name: find_organisation_by_id
-- One organisation by its id.
SELECT
    o.id,
    o.slug,
    o.name,
    o.time_zone,
    o.country,
    o.currency,
    o.created_at
FROM organisations AS o
WHERE o.id = $1;

-- name: insert_token
-- Keep a token just issued, or bound to a subject of an issuer unless another live one is.
INSERT INTO tokens (
    id, hash, organisation, name, scopes, shown, created_at, expires_at, issuer, subject
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (issuer, subject) WHERE issuer IS NOT NULL AND revoked_at IS NULL DO NOTHING
RETURNING id;

-- name: lock_token
-- Lock one token of an organisation, to revoke it.
SELECT
    t.id,
    t.name,
    t.scopes,
    t.shown,
    t.created_at,
    t.expires_at,
    t.revoked_at
FROM tokens AS t
WHERE t.organisation = $1 AND t.id = $2
FOR NO KEY UPDATE OF t;

-- name: revoke_token
-- Revoke one token of an organisation from now on.
UPDATE tokens AS t
SET revoked_at = $3
WHERE t.organisation = $1 AND t.id = $2 AND t.revoked_at IS NULL
RETURNING t.id;

-- name: list_tokens
-- An organisation's tokens, oldest first, from after the one given on.
SELECT
    t.id,
    t.name,
    t.scopes,
    t.shown,
    t.created_at,
    t.expires_at,
    t.revoked_at
FROM tokens AS t
WHERE t.organisation = $1 AND t.id > $2
ORDER BY t.id
LIMIT $3;

-- name: find_token
-- The live token with this hash: whose it is and what it may do.
SELECT
    t.id,
    t.organisation,
    t.scopes
FROM tokens AS t
WHERE
    t.hash = $1
    AND t.revoked_at IS NULL
    AND (t.expires_at IS NULL OR t.expires_at > statement_timestamp());

-- name: token_holds
-- Whether an organisation has a token with this hash that is neither revoked nor expired.
SELECT
    EXISTS (
        SELECT 1
        FROM tokens AS t
        WHERE
            t.organisation = $1 AND t.hash = $2
            AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp())
    ) AS holds;

-- name: insert_person
-- Make a person, unless the e-mail address is taken.
INSERT INTO people (
    id, email, email_lowered, name, language, time_zone, password_hash, password_set_at, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (email_lowered) DO NOTHING
RETURNING id;

-- name: find_person_by_email
-- The person with this e-mail address, in lower case.
SELECT
    p.id,
    p.email,
    p.name,
    p.language,
    p.time_zone,
    p.password_hash,
    p.password_set_at,
    p.created_at
FROM people AS p
WHERE p.email_lowered = $1;

-- name: find_person
-- One person by id.
SELECT
    p.id,
    p.email,
    p.name,
    p.language,
    p.time_zone,
    p.password_hash,
    p.password_set_at,
    p.created_at
FROM people AS p
WHERE p.id = $1;

-- name: lock_person
-- Lock one person, whose password is about to be relied on or changed.
SELECT
    p.id,
    p.email,
    p.name,
    p.language,
    p.time_zone,
    p.password_hash,
    p.password_set_at,
    p.created_at
FROM people AS p
WHERE p.id = $1
FOR NO KEY UPDATE OF p;

-- name: set_password
-- Keep the hash of a person's password, and since when it holds.
UPDATE people AS p
SET password_hash = $2, password_set_at = $3
WHERE p.id = $1
RETURNING p.id;

-- name: set_preferences
-- Keep the language that a person reads, and the time zone in which they are told of times.
UPDATE people AS p
SET language = $2, time_zone = $3
WHERE p.id = $1
RETURNING p.id;

-- name: list_places
-- The organisations that a person belongs to, by slug.
SELECT
    o.id,
    o.slug,
    m.role
FROM memberships AS m
INNER JOIN organisations AS o ON m.organisation = o.id
WHERE m.person = $1 AND m.ended_at IS NULL
ORDER BY o.slug;

-- name: share_membership
-- Keep a person's role in an organisation from changing until the end of the transaction.
SELECT m.role
FROM memberships AS m
WHERE m.organisation = $1 AND m.person = $2 AND m.ended_at IS NULL
FOR SHARE OF m;

-- name: lock_memberships
-- Lock an organisation's memberships, ended ones too, so that its last owner stays one.
SELECT
    m.person,
    m.role,
    m.created_at,
    m.ended_at
FROM memberships AS m
WHERE m.organisation = $1
ORDER BY m.person
FOR NO KEY UPDATE OF m;

-- name: start_membership
-- Let a person belong to an organisation, for the first time or again; not if they do already.
INSERT INTO memberships AS m (organisation, person, role, created_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (organisation, person) DO UPDATE
SET role = excluded.role, created_at = excluded.created_at, ended_at = NULL
WHERE m.ended_at IS NOT NULL
RETURNING m.person;

-- name: change_membership
-- Change a locked membership: its role, and whether it has ended.
UPDATE memberships AS m
SET role = $3, ended_at = $4
WHERE m.organisation = $1 AND m.person = $2
RETURNING m.person;

-- name: is_colleague
-- Whether somebody with this e-mail address, in lower case, belongs to an organisation.
SELECT
    EXISTS (
        SELECT 1
        FROM memberships AS m
        INNER JOIN people AS p ON m.person = p.id
        WHERE m.organisation = $1 AND p.email_lowered = $2 AND m.ended_at IS NULL
    ) AS is_colleague;

-- name: insert_invitation
-- Invite somebody, by the hash of the key that they will enter.
INSERT INTO colleague_invitations (
    organisation, id, key_hash, email, role, invited_by, created_at, expires_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: replace_invitations
-- Revoke the open invitations of an e-mail address, in lower case, before there is a new one.
UPDATE colleague_invitations AS i
SET revoked_at = $3
WHERE
    i.organisation = $1 AND lower(i.email) = $2
    AND i.accepted_at IS NULL AND i.revoked_at IS NULL;

-- name: find_invitation
-- The invitation with this key.
SELECT
    i.organisation,
    i.id,
    i.email,
    i.role,
    i.created_at,
    i.expires_at,
    i.accepted_at,
    i.revoked_at
FROM colleague_invitations AS i
WHERE i.key_hash = $1;

-- name: lock_invitation
-- Lock one invitation of an organisation, to accept or revoke it.
SELECT
    i.organisation,
    i.id,
    i.email,
    i.role,
    i.created_at,
    i.expires_at,
    i.accepted_at,
    i.revoked_at
FROM colleague_invitations AS i
WHERE i.organisation = $1 AND i.id = $2
FOR NO KEY UPDATE OF i;

-- name: end_invitation
-- End a locked invitation: accepted, or revoked.
UPDATE colleague_invitations AS i
SET accepted_at = $3, revoked_at = $4
WHERE
    i.organisation = $1 AND i.id = $2
    AND i.accepted_at IS NULL AND i.revoked_at IS NULL
RETURNING i.id;

-- name: insert_session
-- Keep the hash of a log-in session just opened.
INSERT INTO log_in_sessions (
    id, hash, organisation, person, created_at, seen_at, expires_at, address, program
)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8);

-- name: find_session
-- The live log-in session with this hash, and what its person is in the organisation now.
SELECT
    s.id,
    s.organisation,
    s.person,
    m.role,
    s.seen_at,
    statement_timestamp() AS now
FROM log_in_sessions AS s
INNER JOIN memberships AS m ON s.organisation = m.organisation AND s.person = m.person
WHERE
    s.hash = $1
    AND s.revoked_at IS NULL
    AND s.expires_at > statement_timestamp()
    AND s.seen_at > statement_timestamp() - $2::interval
    AND m.ended_at IS NULL;

-- name: touch_session
-- Write down that a session was used.
UPDATE log_in_sessions AS s
SET seen_at = $2
WHERE s.id = $1 AND s.seen_at < $2;

-- name: lock_session
-- Lock one log-in session, to revoke it.
SELECT
    s.id,
    s.organisation,
    s.person,
    s.created_at,
    s.expires_at,
    s.revoked_at
FROM log_in_sessions AS s
WHERE s.id = $1
FOR NO KEY UPDATE OF s;

-- name: revoke_session
-- Revoke a locked log-in session from now on.
UPDATE log_in_sessions AS s
SET revoked_at = $2
WHERE s.id = $1 AND s.revoked_at IS NULL
RETURNING s.id;

-- name: revoke_sessions
-- Revoke a person's sessions: in one organisation or (NULL) in all, but for one that may stay.
UPDATE log_in_sessions AS s
SET revoked_at = $4
WHERE
    s.person = $1
    AND ($2::uuid IS NULL OR s.organisation = $2)
    AND ($3::uuid IS NULL OR s.id <> $3)
    AND s.revoked_at IS NULL;

-- name: insert_reset
-- Keep the hash of a key by which a person may choose a new password.
INSERT INTO password_resets (id, key_hash, person, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5);

-- name: revoke_resets
-- Revoke the open keys of a person.
UPDATE password_resets AS r
SET revoked_at = $2
WHERE r.person = $1 AND r.used_at IS NULL AND r.revoked_at IS NULL;

-- name: find_reset
-- The password reset with this key.
SELECT
    r.id,
    r.person,
    r.expires_at,
    r.used_at,
    r.revoked_at
FROM password_resets AS r
WHERE r.key_hash = $1;

-- name: lock_reset
-- Lock one password reset, to use it.
SELECT
    r.id,
    r.person,
    r.expires_at,
    r.used_at,
    r.revoked_at
FROM password_resets AS r
WHERE r.id = $1
FOR NO KEY UPDATE OF r;

-- name: use_reset
-- Use a locked password reset.
UPDATE password_resets AS r
SET used_at = $2
WHERE r.id = $1 AND r.used_at IS NULL
RETURNING r.id;

-- name: lock_tries
-- The tries with an e-mail address, by its hash; the row is made or locked for the transaction.
INSERT INTO log_in_tries AS t (email_hash, tried_at, last_at)
VALUES ($1, '{}', $2)
ON CONFLICT (email_hash) DO UPDATE
SET last_at = excluded.last_at
RETURNING t.tried_at;

-- name: set_tries
-- Keep which tries with an e-mail address count.
UPDATE log_in_tries AS t
SET tried_at = $2
WHERE t.email_hash = $1;

-- name: purge_tries
-- Forget some addresses that have not been tried since a time.
DELETE FROM log_in_tries AS t
WHERE
    t.last_at < $1
    AND t.email_hash IN (
        SELECT o.email_hash
        FROM log_in_tries AS o
        WHERE o.last_at < $1
        ORDER BY o.last_at
        LIMIT 10
    );

-- name: find_bound_token
-- The live token of a subject of an issuer: whose it is and what it may do.
SELECT
    t.id,
    t.organisation,
    t.scopes
FROM tokens AS t
WHERE t.issuer = $1 AND t.subject = $2 AND t.revoked_at IS NULL;
