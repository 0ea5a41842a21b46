-- name: read_wholesaler
-- What an organisation that invites is called, and where its weeks begin and what it is paid in.
SELECT
    o.slug,
    o.name,
    o.currency,
    o.time_zone
FROM organisations AS o
WHERE o.id = $1;

-- name: insert_invitation
-- Keep an invitation, by the hash of its invite key.
INSERT INTO partnership_invitations (
    wholesaler, id, key_hash, note, sharing_policy, buffer, cap, on_cancel_open_week,
    on_cancel_later, price_percentage, time_zone, terms, created_at, expires_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: find_invitation
-- The invitation with an invite key, or one of a wholesaler's.
SELECT
    i.wholesaler,
    i.id,
    i.note,
    i.sharing_policy,
    i.buffer,
    i.cap,
    i.on_cancel_open_week,
    i.on_cancel_later,
    i.price_percentage,
    i.time_zone,
    i.terms,
    i.created_at,
    i.expires_at,
    i.accepted_at,
    i.revoked_at,
    i.partnership,
    w.slug AS wholesaler_slug,
    w.name AS wholesaler_name,
    w.currency AS wholesaler_currency
FROM partnership_invitations AS i
INNER JOIN organisations AS w ON i.wholesaler = w.id
WHERE i.key_hash = $1 OR (i.wholesaler = $2 AND i.id = $3);

-- name: lock_invitation
-- Lock one invitation of a wholesaler, to end it.
SELECT i.id
FROM partnership_invitations AS i
WHERE i.wholesaler = $1 AND i.id = $2
FOR NO KEY UPDATE OF i;

-- name: list_invitations
-- A wholesaler's invitations, newest first, from before one on.
SELECT
    i.wholesaler,
    i.id,
    i.note,
    i.sharing_policy,
    i.buffer,
    i.cap,
    i.on_cancel_open_week,
    i.on_cancel_later,
    i.price_percentage,
    i.time_zone,
    i.terms,
    i.created_at,
    i.expires_at,
    i.accepted_at,
    i.revoked_at,
    i.partnership,
    w.slug AS wholesaler_slug,
    w.name AS wholesaler_name,
    w.currency AS wholesaler_currency
FROM partnership_invitations AS i
INNER JOIN organisations AS w ON i.wholesaler = w.id
WHERE i.wholesaler = $1 AND i.id < $2
ORDER BY i.id DESC
LIMIT $3;

-- name: end_invitation
-- Write how a locked, open invitation ended.
UPDATE partnership_invitations AS i
SET
    accepted_at = $3,
    revoked_at = $4,
    partnership = $5
WHERE i.wholesaler = $1 AND i.id = $2
RETURNING i.id;

-- name: lock_tries
-- The wrong invite keys of an organisation; the row is made or locked for the transaction.
INSERT INTO invite_key_tries AS t (organisation, tried_at)
VALUES ($1, '{}')
ON CONFLICT (organisation) DO UPDATE
SET organisation = excluded.organisation
RETURNING t.tried_at;

-- name: set_tries
-- Keep which tries of an organisation count.
UPDATE invite_key_tries AS t
SET tried_at = $2
WHERE t.organisation = $1;

-- name: forgive_try
-- Count a try of an organisation no longer: its invite key was good.
UPDATE invite_key_tries AS t
SET tried_at = array_remove(t.tried_at, $2)
WHERE t.organisation = $1;
