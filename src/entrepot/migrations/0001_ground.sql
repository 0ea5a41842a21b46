-- deploy: before
-- The ground: who is here, what they did, and what is said to the outside.

CREATE TABLE organisations (
    id uuid NOT NULL,
    slug text COLLATE "C" NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL DEFAULT 'Europe/Amsterdam',
    country text NOT NULL DEFAULT 'NL',
    currency text NOT NULL DEFAULT 'EUR',
    waiting_holds_own_stock boolean NOT NULL DEFAULT true,
    is_operator boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    CONSTRAINT organisations_pk PRIMARY KEY (id),
    CONSTRAINT organisations_slug_unique UNIQUE (slug),
    CONSTRAINT organisations_slug_form CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')
);

CREATE TABLE tokens (
    id uuid NOT NULL,
    hash bytea NOT NULL,
    organisation uuid NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    shown text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT tokens_pk PRIMARY KEY (id),
    CONSTRAINT tokens_hash_unique UNIQUE (hash),
    CONSTRAINT tokens_organisation_known FOREIGN KEY (organisation) REFERENCES organisations (id)
);

CREATE INDEX tokens_by_organisation ON tokens (organisation, id);

CREATE TABLE idempotency_keys (
    organisation uuid NOT NULL,
    key text COLLATE "C" NOT NULL,
    body_hash bytea NOT NULL,
    act uuid NOT NULL,
    claimed_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pk PRIMARY KEY (organisation, key)
);

CREATE TABLE audit (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    token uuid,
    act text NOT NULL,
    subject text NOT NULL,
    answer json NOT NULL,
    request text,
    CONSTRAINT audit_pk PRIMARY KEY (organisation, id)
);

-- What happened, for followers outside; the facts of an event are its audit row's answer.
CREATE TABLE outbox (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    event text NOT NULL,
    subject text NOT NULL,
    seq bigint,
    CONSTRAINT outbox_pk PRIMARY KEY (organisation, id)
);

CREATE INDEX outbox_unstamped ON outbox (organisation, id) WHERE seq IS NULL;

CREATE TABLE notices (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    facts json NOT NULL,
    done_at timestamptz,
    CONSTRAINT notices_pk PRIMARY KEY (organisation, id)
);
