-- deploy: before
-- Programs may also come with tokens that an identity provider signed. Each e-mail address or client
-- of such a provider is bound to one organisation by a token of ours that has no secret: what it may
-- do, that it was revoked and what it did are then kept as of any other.

ALTER TABLE tokens
ADD COLUMN issuer text COLLATE "C",
ADD COLUMN subject text COLLATE "C",
ADD CONSTRAINT tokens_bound_to_a_subject_of_an_issuer CHECK ((issuer IS NULL) = (subject IS NULL));

-- Who an issuer vouches for is one organisation's, until that token is revoked.
CREATE UNIQUE INDEX tokens_of_issuers ON tokens (issuer, subject)
WHERE issuer IS NOT NULL AND revoked_at IS NULL;
