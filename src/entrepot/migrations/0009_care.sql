-- deploy: before
-- What house-keeping goes by: idempotency keys by age, so that old ones are found without a search.

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (claimed_at);
