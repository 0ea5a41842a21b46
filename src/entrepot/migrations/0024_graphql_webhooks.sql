-- deploy: before
-- Webhooks of the GraphQL door: told of objects, each with what the receiver's own query says of it.

-- The numbers by which marketplaces' programs know webhooks.
CREATE SEQUENCE webhook_legacy_ids AS integer START WITH 1 MINVALUE 1;

-- What only these have: which objects they are told of (`told_of`) and which events (NULL: all), the
-- query and the scopes it is run with, headers of the receiver's own (sealed, for they may hold a
-- secret), how often and how many at once, and whether what would say the same again is skipped.
ALTER TABLE webhooks
ADD COLUMN kind text NOT NULL DEFAULT 'standard',
ADD COLUMN legacy_id integer,
ADD COLUMN told_of text,
ADD COLUMN event_name text,
ADD COLUMN seller uuid,
ADD COLUMN query text,
ADD COLUMN scopes text [],
ADD COLUMN header_names text [],
ADD COLUMN headers bytea,
ADD COLUMN retries_max smallint,
ADD COLUMN at_once_max smallint,
ADD COLUMN allow_skip boolean;

ALTER TABLE webhooks ADD CONSTRAINT webhooks_kind_known CHECK (kind IN ('standard', 'graphql'));

ALTER TABLE webhooks ADD CONSTRAINT webhooks_graphql_whole CHECK (
    (kind = 'graphql') = (
        num_nulls(
            legacy_id, told_of, query, scopes, header_names, headers, retries_max, at_once_max,
            allow_skip
        ) = 0
    )
);

ALTER TABLE webhooks ADD CONSTRAINT webhooks_told_of_known CHECK (
    told_of IN ('ADVERT', 'INVOICE', 'REFUND_REQUEST', 'SELLER', 'SHIPMENT', 'VARIANT')
);

ALTER TABLE webhooks ADD CONSTRAINT webhooks_event_name_known
CHECK (event_name IN ('create', 'update', 'destroy'));

ALTER TABLE webhooks ADD CONSTRAINT webhooks_tries_within
CHECK (retries_max BETWEEN 0 AND 50 AND at_once_max BETWEEN 1 AND 200);

ALTER TABLE webhooks DROP CONSTRAINT webhooks_disabled_reason_known;

ALTER TABLE webhooks ADD CONSTRAINT webhooks_disabled_reason_known
CHECK (disabled_reason IN ('owner', 'gone', 'failing', 'refused'));

CREATE UNIQUE INDEX webhooks_by_legacy_id ON webhooks (organisation, legacy_id)
WHERE legacy_id IS NOT NULL;

CREATE INDEX webhooks_of_graphql ON webhooks (organisation, told_of)
WHERE kind = 'graphql' AND state = 'enabled';

-- How many of its webhooks' events an organisation has been told of: the next one's number. Each
-- has its own, for a number counted for all would tell everybody how much happens here.
CREATE TABLE webhook_numbers (
    organisation uuid NOT NULL,
    told bigint NOT NULL,
    CONSTRAINT webhook_numbers_pk PRIMARY KEY (organisation),
    CONSTRAINT webhook_numbers_organisation_known
    FOREIGN KEY (organisation) REFERENCES organisations (id)
);

-- Of an event of these webhooks `act` is made from the act and the object, for one act can be told
-- of many objects; `subject` names the object as its node id does; `content_hash` is of what was
-- delivered.
ALTER TABLE webhook_deliveries
ADD COLUMN number bigint,
ADD COLUMN content_hash bytea;

ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_state_known;

ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_state_known
CHECK (state IN ('waiting', 'delivered', 'replaced', 'skipped', 'parked'));

CREATE UNIQUE INDEX webhook_deliveries_by_number ON webhook_deliveries (organisation, number)
WHERE number IS NOT NULL;

CREATE INDEX webhook_deliveries_of_webhook_by_number
ON webhook_deliveries (organisation, webhook, number) WHERE number IS NOT NULL;

CREATE INDEX webhook_deliveries_told_of_subject
ON webhook_deliveries (organisation, webhook, subject, seq) WHERE content_hash IS NOT NULL;
