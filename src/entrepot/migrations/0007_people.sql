-- deploy: before
-- People: who they are, where they work together, and how they log in. Of every secret and password
-- only a hash is kept. Audit and ledger are closed to changes, even to the role that owns them.

CREATE TABLE people (
    id uuid NOT NULL,
    email text COLLATE "C" NOT NULL,
    email_lowered text COLLATE "C" NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    time_zone text NOT NULL,
    password_hash text NOT NULL,
    password_set_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT people_pk PRIMARY KEY (id),
    CONSTRAINT people_email_unique UNIQUE (email_lowered),
    CONSTRAINT people_email_lowered CHECK (email_lowered = lower(email)),
    CONSTRAINT people_language_known CHECK (language IN ('nl', 'en'))
);

CREATE TABLE memberships (
    organisation uuid NOT NULL,
    person uuid NOT NULL,
    role text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT memberships_pk PRIMARY KEY (organisation, person),
    CONSTRAINT memberships_role_known CHECK (role IN ('owner', 'manager', 'clerk', 'reader'))
);

CREATE INDEX memberships_of_person ON memberships (person, organisation);

CREATE TABLE colleague_invitations (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    key_hash bytea NOT NULL,
    email text COLLATE "C" NOT NULL,
    role text NOT NULL,
    invited_by uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT colleague_invitations_pk PRIMARY KEY (organisation, id),
    CONSTRAINT colleague_invitations_role_known CHECK (
        role IN ('owner', 'manager', 'clerk', 'reader')
    ),
    CONSTRAINT colleague_invitations_end_once CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);

-- An invitation is found by its key alone; the key is too random to be made twice.
CREATE INDEX colleague_invitations_by_key ON colleague_invitations (key_hash);

-- An earlier invitation of the same address is replaced.
CREATE INDEX colleague_invitations_open ON colleague_invitations (organisation, lower(email))
WHERE accepted_at IS NULL AND revoked_at IS NULL;

CREATE TABLE log_in_sessions (
    id uuid NOT NULL,
    hash bytea NOT NULL,
    organisation uuid NOT NULL,
    person uuid NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    address text,
    program text,
    CONSTRAINT log_in_sessions_pk PRIMARY KEY (id),
    CONSTRAINT log_in_sessions_hash_unique UNIQUE (hash),
    CONSTRAINT log_in_sessions_organisation_known FOREIGN KEY (organisation)
    REFERENCES organisations (id),
    CONSTRAINT log_in_sessions_person_known FOREIGN KEY (person) REFERENCES people (id)
);

CREATE INDEX log_in_sessions_of_person ON log_in_sessions (person, organisation, id);

CREATE TABLE password_resets (
    id uuid NOT NULL,
    key_hash bytea NOT NULL,
    person uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT password_resets_pk PRIMARY KEY (id),
    CONSTRAINT password_resets_key_unique UNIQUE (key_hash),
    CONSTRAINT password_resets_person_known FOREIGN KEY (person) REFERENCES people (id)
);

CREATE INDEX password_resets_open ON password_resets (person)
WHERE used_at IS NULL AND revoked_at IS NULL;

-- Wrong tries by the hash of the e-mail address, whether or not there is such a person: at most the
-- last ten moments of each.
CREATE TABLE log_in_tries (
    email_hash bytea NOT NULL,
    tried_at timestamptz [] NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT log_in_tries_pk PRIMARY KEY (email_hash)
);

CREATE INDEX log_in_tries_by_time ON log_in_tries (last_at);

REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM CURRENT_USER;

REVOKE UPDATE, DELETE, TRUNCATE ON ledger FROM CURRENT_USER;
