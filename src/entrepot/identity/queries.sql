-- name: insert_organisation
-- Make an organisation, unless the slug is taken.
INSERT INTO organisations (id, slug, name, time_zone, country, currency, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
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
-- Keep the hash of a token just issued.
INSERT INTO tokens (id, hash, organisation, name, scopes, shown, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

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
