-- deploy: before
-- The sheet that a person is importing by the pages: kept while they look at it, the last one only.
-- `plan` is how it is to be read, `report` what became of it when it was tried or imported.

CREATE TABLE kept_sheets (
    organisation uuid NOT NULL,
    person uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    content bytea NOT NULL,
    plan json NOT NULL,
    report json,
    kept_at timestamptz NOT NULL,
    CONSTRAINT kept_sheets_pk PRIMARY KEY (organisation, person),
    CONSTRAINT kept_sheets_organisation_known
    FOREIGN KEY (organisation) REFERENCES organisations (id),
    CONSTRAINT kept_sheets_kind_known CHECK (kind IN ('products', 'suppliers', 'stock'))
);

-- Those that nobody looks at any more are forgotten, the oldest first.
CREATE INDEX kept_sheets_by_age ON kept_sheets (kept_at);
