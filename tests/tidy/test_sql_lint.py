"""The project's SQL keeps the lint, and the lint finds each offence planted here."""

from pathlib import Path

import pytest

from tests.tidy.house import ROOT, plant, report
from tests.tidy.sql_lint import lint

MIGRATION = "src/entrepot/migrations/0001_ground.sql"
QUERIES = "src/entrepot/orders/queries.sql"

GROUND = """-- deploy: before
-- What the planted statements stand on.

CREATE TABLE organisations (
    id uuid CONSTRAINT organisations_pk PRIMARY KEY,
    slug text CONSTRAINT organisations_slug_unique UNIQUE
);
CREATE TABLE positions (
    owner uuid NOT NULL,
    variant uuid NOT NULL,
    on_hand numeric(15, 3) NOT NULL,
    CONSTRAINT positions_pk PRIMARY KEY (owner, variant),
    CONSTRAINT positions_owner_known FOREIGN KEY (owner) REFERENCES organisations (id)
);
CREATE TABLE trading_rights (
    seller uuid,
    buyer uuid,
    CONSTRAINT trading_rights_pk PRIMARY KEY (seller, buyer)
);
CREATE UNIQUE INDEX positions_once ON positions (owner, variant) WHERE on_hand > 0;
"""


def lines_of(root: Path) -> list[str]:
    return [finding.says for finding in lint(root)]


def migrated(root: Path, more: str) -> list[str]:
    plant(root, {MIGRATION: GROUND + more})
    return lines_of(root)


def queried(root: Path, sql: str, *, name: str = "find_it", area: str = "orders") -> list[str]:
    query = f"-- name: {name}\n-- Finds it.\n{sql};\n"
    plant(root, {MIGRATION: GROUND, f"src/entrepot/{area}/queries.sql": query})
    return [says.removeprefix(f"{name}: ") for says in lines_of(root) if "WIDE_LOCKS" not in says]


def test_the_project_keeps_the_lint() -> None:
    assert not (found := lint(ROOT)), report(found)


def test_the_planted_ground_is_clean(tmp_path: Path) -> None:
    assert migrated(tmp_path, "") == []


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (
            "id uuid, CONSTRAINT t_pk PRIMARY KEY (id)",
            "t: no owner's column, and no directory table",
        ),
        ("owner uuid", "t: no primary key"),
        (
            "owner uuid, id uuid CONSTRAINT t_pk PRIMARY KEY",
            "t: primary key t_pk does not begin with owner",
        ),
        (
            "organisation uuid, id uuid, CONSTRAINT t_pk PRIMARY KEY (id, organisation)",
            "t: primary key t_pk does not begin with organisation",
        ),
        (
            (
                "owner uuid, id uuid, CONSTRAINT t_pk PRIMARY KEY (owner, id), "
                "CONSTRAINT t_once UNIQUE (id)"
            ),
            "t: unique constraint t_once does not begin with owner",
        ),
        (
            (
                "owner uuid, id uuid, CONSTRAINT t_pk PRIMARY KEY (owner), "
                "CONSTRAINT t_fk FOREIGN KEY (id) REFERENCES organisations (id)"
            ),
            "t: foreign key t_fk does not begin with owner",
        ),
        (
            (
                "owner uuid, v uuid, CONSTRAINT t_pk PRIMARY KEY (owner), "
                "CONSTRAINT t_fk FOREIGN KEY (owner, v) REFERENCES positions (variant, owner)"
            ),
            "t: foreign key t_fk does not point at owner first",
        ),
        (
            (
                "owner uuid, CONSTRAINT t_pk PRIMARY KEY (owner), "
                "CONSTRAINT t_fk FOREIGN KEY (owner) REFERENCES nowhere (id)"
            ),
            "t: foreign key t_fk refers to the unknown nowhere",
        ),
        ("owner uuid, PRIMARY KEY (owner)", "t: a primary key (owner) has no name"),
        (
            "owner uuid CONSTRAINT t_pk PRIMARY KEY, n integer CHECK (n > 0)",
            "t: a check (n) has no name",
        ),
        (
            "owner uuid CONSTRAINT t_pk PRIMARY KEY, n integer, UNIQUE (owner, n)",
            "t: a unique constraint (owner, n) has no name",
        ),
        (
            "owner uuid CONSTRAINT t_pk PRIMARY KEY REFERENCES organisations (id)",
            "t: a foreign key (owner) has no name",
        ),
    ],
)
def test_a_table_that_is_not_led_by_its_owner_is_found(
    tmp_path: Path, table: str, says: str
) -> None:
    assert migrated(tmp_path, f"CREATE TABLE t ({table});") == [says]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "CREATE UNIQUE INDEX p ON positions (variant, owner);",
            "positions: unique index p does not begin with owner",
        ),
        (
            "CREATE UNIQUE INDEX p ON positions (lower(owner::text));",
            "positions: unique index p does not begin with owner",
        ),
        (
            "CREATE UNIQUE INDEX p ON trading_rights (buyer);",
            "trading_rights: unique index p does not begin with seller",
        ),
        ("CREATE INDEX ON positions (variant);", "an index on positions has no name"),
        ("CREATE INDEX p ON nowhere (variant);", "p: no table nowhere is made here"),
        (
            "ALTER TABLE positions ADD CONSTRAINT p UNIQUE (variant);",
            "positions: unique constraint p does not begin with owner",
        ),
        (
            "ALTER TABLE positions ADD COLUMN n integer CHECK (n > 0);",
            "positions: a check (n) has no name",
        ),
        (
            (
                "ALTER TABLE organisations ADD COLUMN variant uuid CONSTRAINT o_fk "
                "REFERENCES positions (owner);"
            ),
            "organisations: foreign key o_fk leads from a directory into business",
        ),
    ],
)
def test_indexes_and_later_changes_are_held_to_the_same(
    tmp_path: Path, sql: str, says: str
) -> None:
    assert migrated(tmp_path, sql) == [says]


def test_a_directory_table_may_have_keys_of_its_own(tmp_path: Path) -> None:
    sql = (
        "CREATE TABLE tokens (id uuid CONSTRAINT tokens_pk PRIMARY KEY, hash bytea, "
        "organisation uuid, CONSTRAINT tokens_hash_unique UNIQUE (hash));"
    )
    assert migrated(tmp_path, sql) == []


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("n real", "type float4: not exact; use numeric(15,3) or numeric(15,4)"),
        ("n double precision", "type float8: not exact; use numeric(15,3) or numeric(15,4)"),
        (
            "n money",
            "type money: depends on the server's locale; use integer minor units with a currency",
        ),
        ("n bigserial", "type bigserial: ids are made by the application"),
        ("n timestamp", "type timestamp: says no zone; use timestamptz"),
        ("n numeric", "positions.n: must be numeric(15,3)"),
        ("n numeric(15, 2)", "positions.n: must be numeric(15,3)"),
        ("quantity_sent numeric(15, 4)", "positions.quantity_sent: must be numeric(15,3)"),
        ("quantity integer", "positions.quantity: a quantity is numeric(15,3)"),
        ("held bigint", "positions.held: a quantity is numeric(15,3)"),
        ("unit_price numeric(15, 3)", "positions.unit_price: must be numeric(15,4)"),
        ("vat_rate numeric(15, 3)", "positions.vat_rate: must be numeric(5,2)"),
    ],
)
def test_a_wrong_type_is_found(tmp_path: Path, column: str, says: str) -> None:
    assert migrated(tmp_path, f"ALTER TABLE positions ADD COLUMN {column};") == [says]


@pytest.mark.parametrize(
    "column",
    [
        "quantity numeric(15, 3)",
        "unit_price numeric(15, 4)",
        "vat_rate numeric(5, 2)",
        "at timestamptz",
        "price_minor bigint",
        "version bigint",
    ],
)
def test_a_right_type_passes(tmp_path: Path, column: str) -> None:
    assert migrated(tmp_path, f"ALTER TABLE positions ADD COLUMN {column};") == []


LOCKS_WIDELY = "locks positions of more than one owner; compare its owner with a parameter"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT on_hand FROM positions WHERE owner = ANY ($1) FOR UPDATE",
        "SELECT on_hand FROM positions WHERE variant = $1 FOR SHARE",
        "SELECT on_hand FROM positions WHERE owner = $1 OR variant = $2 FOR UPDATE",
        (
            "SELECT p.on_hand FROM positions p JOIN unnest($1::uuid[]) w (o) ON w.o = p.owner "
            "ORDER BY p.owner FOR NO KEY UPDATE OF p"
        ),
        (
            "SELECT p.on_hand FROM positions p, trading_rights owner WHERE owner.seller = $1 "
            "FOR KEY SHARE OF p"
        ),
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM positions FOR UPDATE)",
        "WITH a AS (SELECT variant FROM positions FOR UPDATE SKIP LOCKED) SELECT variant FROM a",
        (
            "SELECT p.on_hand FROM positions p LEFT JOIN trading_rights t ON p.owner = $1 "
            "FOR UPDATE OF p"
        ),
    ],
)
def test_a_lock_over_several_owners_is_found(tmp_path: Path, sql: str) -> None:
    assert LOCKS_WIDELY in queried(tmp_path, sql)


@pytest.mark.parametrize(
    "sql",
    [
        (
            "SELECT p.on_hand FROM positions p JOIN trading_rights t ON t.seller = p.owner "
            "WHERE p.owner = $1 FOR UPDATE OF p"
        ),
        (
            "SELECT on_hand, (SELECT t.buyer FROM trading_rights t WHERE t.seller = $1 LIMIT 1) "
            "FROM positions WHERE owner = $1 FOR UPDATE"
        ),
        (
            "WITH p AS (SELECT owner FROM positions WHERE owner = $1 FOR UPDATE) "
            "SELECT t.buyer FROM trading_rights t JOIN p ON p.owner = t.seller"
        ),
    ],
)
def test_a_fact_looked_up_while_locking_is_found(tmp_path: Path, sql: str) -> None:
    says = "reads trading_rights while it locks; read it in a later statement"
    assert queried(tmp_path, sql) == [says]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT on_hand FROM positions WHERE owner = $1 AND variant = ANY ($2) FOR UPDATE",
        "SELECT on_hand FROM positions WHERE $1::uuid = owner FOR UPDATE",
        (
            "SELECT p.on_hand FROM positions p JOIN unnest($2::uuid[]) w (v) ON w.v = p.variant "
            "AND p.owner = $1 FOR UPDATE OF p"
        ),
        (
            "WITH p AS (SELECT owner, variant FROM positions WHERE owner = $1 FOR UPDATE) "
            "UPDATE positions q SET on_hand = 0 FROM p WHERE q.owner = p.owner"
        ),
        "SELECT id FROM organisations WHERE id = $1 FOR UPDATE",
        "SELECT on_hand FROM positions",
    ],
)
def test_a_lock_of_one_owner_passes(tmp_path: Path, sql: str) -> None:
    assert queried(tmp_path, sql) == []


def test_several_rows_of_a_directory_are_not_locked(tmp_path: Path) -> None:
    says = "locks organisations of more than one owner; compare its owner with a parameter"
    assert queried(tmp_path, "SELECT id FROM organisations FOR UPDATE") == [says]


def test_a_listed_statement_may_lock_widely_in_its_own_area_only(tmp_path: Path) -> None:
    sql = "SELECT on_hand FROM positions ORDER BY owner, variant FOR NO KEY UPDATE"
    assert queried(tmp_path / "own", sql, name="lock_positions", area="stock") == []
    assert queried(tmp_path / "other", sql, name="lock_positions") == [LOCKS_WIDELY]


def test_a_listed_lock_that_is_gone_leaves_the_list(tmp_path: Path) -> None:
    plant(tmp_path, {MIGRATION: GROUND, QUERIES: "-- name: f\n-- Finds.\nSELECT 1;\n"})
    says = "orders.lock_orders is in WIDE_LOCKS but locks nothing widely; take it out"
    assert says in lines_of(tmp_path)


@pytest.mark.parametrize(
    "function",
    [
        "clock_timestamp()",
        "now()",
        "random()",
        "gen_random_uuid()",
        "uuidv7()",
        "pg_catalog.now()",
        "nextval('numbers')",
        "CURRENT_TIMESTAMP",
        "LOCALTIMESTAMP",
        "CURRENT_DATE",
    ],
)
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE positions SET on_hand = 1 WHERE owner = $1 AND {} IS NOT NULL",
        "DELETE FROM positions WHERE owner = $1 AND {} IS NULL",
        "WITH t AS (SELECT {} AS x) UPDATE positions SET on_hand = 1 FROM t WHERE owner = $1",
        (
            "INSERT INTO positions (owner) SELECT $1 ON CONFLICT (owner, variant) "
            "DO UPDATE SET on_hand = 1 WHERE {} IS NULL"
        ),
    ],
)
def test_a_volatile_function_beside_an_update_is_found(
    tmp_path: Path, sql: str, function: str
) -> None:
    (says,) = queried(tmp_path, sql.format(function))
    assert "beside UPDATE or DELETE" in says


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT clock_timestamp()",
        "INSERT INTO positions (owner) SELECT gen_random_uuid() ON CONFLICT DO NOTHING",
        "UPDATE positions SET on_hand = greatest(on_hand, $2) WHERE owner = $1",
        "UPDATE positions SET on_hand = 1 WHERE owner = $1 AND current_schema() = 'public'",
    ],
)
def test_volatile_functions_elsewhere_pass(tmp_path: Path, sql: str) -> None:
    assert queried(tmp_path, sql) == []


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SET lock_timeout = '1s'", "SET for the session; write SET LOCAL"),
        ("RESET ALL", "SET for the session; write SET LOCAL"),
        (
            "SELECT set_config('lock_timeout', '1s', false)",
            "set_config for the session; its last argument is true",
        ),
        (
            "SELECT pg_advisory_lock(1)",
            "pg_advisory_lock: only the migrator takes an advisory lock",
        ),
        (
            "SELECT pg_try_advisory_xact_lock(1)",
            "pg_try_advisory_xact_lock: only the migrator takes an advisory lock",
        ),
        ("UPDATE audit SET act = 'other'", "audit: what happened is added to, never edited"),
        ("DELETE FROM ledger", "ledger: what happened is added to, never edited"),
        ("TRUNCATE holds, ledger", "ledger: what happened is added to, never edited"),
        ("GRANT UPDATE ON audit TO PUBLIC", "audit: what happened is added to, never edited"),
        (
            (
                "INSERT INTO ledger (version) VALUES (1)"
                " ON CONFLICT (version) DO UPDATE SET version = 2"
            ),
            "ledger: what happened is added to, never edited",
        ),
        ("LISTEN orders", "no LISTEN: it does not pass a pooler"),
        ("NOTIFY orders", "no NOTIFY: commits would queue behind one lock"),
        ("SELECT pg_notify('orders', '')", "no NOTIFY: commits would queue behind one lock"),
        ("LOCK TABLE positions", "no LOCK TABLE: it locks every owner's rows"),
        ("COMMIT", "the edge begins and commits, not a statement"),
        (
            (
                "MERGE INTO positions p USING trading_rights t ON t.seller = p.owner "
                "WHEN MATCHED THEN DELETE"
            ),
            "no MERGE: it cannot be spread over several databases",
        ),
        (
            "INSERT INTO positions (owner) VALUES ((SELECT id FROM organisations))",
            "INSERT .. VALUES with a subselect; write INSERT .. SELECT",
        ),
        ("SELECT * FROM positions", "name the columns instead of *"),
        ("SELECT p.* FROM positions p", "name the columns instead of *"),
        (
            "SELECT * FROM unnest($1::uuid[]) AS w (owner), positions",
            "name the columns instead of *",
        ),
        ("SELECT * FROM generate_series(1, 2)", "name the columns instead of *"),
        ("SELECT * FROM (SELECT 1 AS x) AS y", "name the columns instead of *"),
        ("DELETE FROM positions WHERE owner = $1 RETURNING *", "name the columns instead of *"),
        (
            "SELECT on_hand::real FROM positions",
            "type float4: not exact; use numeric(15,3) or numeric(15,4)",
        ),
    ],
)
def test_a_forbidden_statement_is_found(tmp_path: Path, sql: str, says: str) -> None:
    assert queried(tmp_path, sql) == [says]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "CREATE TRIGGER t AFTER INSERT ON positions FOR EACH ROW EXECUTE FUNCTION f();",
            "no triggers",
        ),
        ("CREATE RULE r AS ON INSERT TO positions DO ALSO NOTHING;", "no rules"),
        ("DO 'BEGIN END';", "no DO blocks: this lint cannot see into them"),
        (
            "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';",
            "no functions in the database: this lint cannot see into them",
        ),
        (
            "INSERT INTO organisations (slug) VALUES ('demo');",
            "changes data in a migration that changes the schema",
        ),
    ],
)
def test_a_forbidden_migration_is_found(tmp_path: Path, sql: str, says: str) -> None:
    assert migrated(tmp_path, sql) == [says]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM positions",
        "INSERT INTO positions (owner, variant) SELECT * FROM unnest($1::uuid[], $2::uuid[])",
        "WITH w AS (SELECT * FROM unnest($1::uuid[]) AS u (owner)) SELECT w.owner FROM w",
        "SET LOCAL lock_timeout = '1s'",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SELECT set_config('lock_timeout', '1s', true)",
        "INSERT INTO positions (owner) VALUES ($1)",
        "INSERT INTO positions (owner) SELECT id FROM organisations",
    ],
)
def test_an_ordinary_statement_passes(tmp_path: Path, sql: str) -> None:
    assert queried(tmp_path, sql) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "-- name: f\nSELECT 1;\n",
            "f: needs a sentence on what it is for, with a capital and a full stop",
        ),
        (
            "-- name: f\n-- finds it\nSELECT 1;\n",
            "f: needs a sentence on what it is for, with a capital and a full stop",
        ),
        (
            "-- name: f\n-- Finds.\nSELECT 1; SELECT 2;\n",
            "f: holds 2 statements; a name has exactly one",
        ),
        ("-- name: f\n-- Finds.\n", "f: holds 0 statements; a name has exactly one"),
        ("SELECT 1;\n-- name: f\n-- Finds.\nSELECT 1;\n", "SQL before the first name"),
        ("-- name: findIt\n-- Finds.\nSELECT 1;\n", "'findIt' is no name; write words_with_lines"),
        (
            "-- name: f\n-- Finds.\nSELECT 1;\n-- name: f\n-- Finds.\nSELECT 1;\n",
            "f: the name is used twice",
        ),
    ],
)
def test_a_careless_query_file_is_found(tmp_path: Path, text: str, says: str) -> None:
    plant(tmp_path, {"src/entrepot/catalogue/queries.sql": text})
    assert says in lines_of(tmp_path)


def test_sql_that_does_not_parse_is_found(tmp_path: Path) -> None:
    (says,) = queried(tmp_path, "SELEC 1")
    assert "syntax error" in says


@pytest.mark.parametrize(
    "text",
    [
        "-- Makes it.\nCREATE INDEX a ON b (c);\n",
        "-- deploy: before\n",
        "-- deploy: whenever\n-- Makes it.\n",
    ],
)
def test_a_migration_says_when_and_what(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {MIGRATION: text})
    assert any("a migration" in says for says in lines_of(tmp_path))


def test_a_finding_names_the_line_of_the_statement(tmp_path: Path) -> None:
    text = "-- Made by hand: naïve.\n\n-- name: f\n-- Finds.\n\n-- Why.\nSELECT * FROM t;\n"
    plant(tmp_path, {"src/entrepot/catalogue/queries.sql": text})
    assert [finding.line for finding in lint(tmp_path)] == [7]
