"""Settings come from the environment, all faults are named at once, secrets never."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from entrepot.infra.settings import DEFINITIONS, Definition, Settings, SettingsError

HOME = {"HOME": "/anna"}
KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
ORDINARY = 1000
ROOT = 0


def faults(**variables: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({**HOME, **variables}, uid=ORDINARY)
    return caught.value.faults


def test_defaults() -> None:
    assert Settings.from_environment(HOME, uid=ORDINARY) == Settings(
        database_url=None,
        data_dir=Path("/anna/.local/share/entrepot"),
        host="127.0.0.1",
        port=8000,
        public_url=None,
        postgres_bin=None,
        postgres_user="entrepot",
        pool_size=8,
        statement_cache=True,
        queue_max=5000,
        batch_max=256,
        body_max_bytes=5 * 1024 * 1024,
        issuers_file=None,
        log_format="text",
        secret_keys=None,
        webhooks_inside=False,
    )


def test_every_setting_can_be_set() -> None:
    environ = {
        "ENTREPOT_DATABASE_URL": "postgresql://u:p@h/d",
        "ENTREPOT_DATA_DIR": "/srv/data",
        "ENTREPOT_HOST": "0.0.0.0",  # noqa: S104 - nothing listens here
        "ENTREPOT_PORT": "0",
        "ENTREPOT_PUBLIC_URL": "https://stock.example.com",
        "ENTREPOT_POSTGRES_BIN": "/usr/lib/postgresql/18/bin",
        "ENTREPOT_POSTGRES_USER": "postgres",
        "ENTREPOT_POOL_SIZE": "3",
        "ENTREPOT_STATEMENT_CACHE": "off",
        "ENTREPOT_QUEUE_MAX": "10",
        "ENTREPOT_BATCH_MAX": "1",
        "ENTREPOT_BODY_MAX_BYTES": "2048",
        "ENTREPOT_ISSUERS_FILE": "/etc/entrepot/issuers.toml",
        "ENTREPOT_LOG_FORMAT": "json",
        "ENTREPOT_SECRET_KEYS": KEY,
        "ENTREPOT_WEBHOOKS_INSIDE": "on",
    }
    assert environ.keys() == {definition.variable for definition in DEFINITIONS}
    settings = Settings.from_environment(environ, uid=ROOT)
    defaults = Settings.from_environment({}, uid=ROOT)
    for field in msgspec.structs.fields(Settings):
        assert getattr(settings, field.name) != getattr(defaults, field.name), field.name


def test_the_table_and_the_struct_name_the_same_settings() -> None:
    fields = [field.name for field in msgspec.structs.fields(Settings)]
    assert [definition.field for definition in DEFINITIONS] == fields


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.field)
def test_every_definition_reads_well(definition: Definition) -> None:
    assert definition.sentence.endswith(".")
    assert definition.sentence[0].isupper()


@pytest.mark.parametrize(
    ("environ", "uid", "expected"),
    [
        ({}, ROOT, "/var/lib/entrepot"),
        ({"XDG_DATA_HOME": "/x"}, ROOT, "/var/lib/entrepot"),
        ({"XDG_DATA_HOME": "/x", **HOME}, ORDINARY, "/x/entrepot"),
        ({"XDG_DATA_HOME": "relative", **HOME}, ORDINARY, "/anna/.local/share/entrepot"),
        ({"ENTREPOT_DATA_DIR": "", **HOME}, ORDINARY, "/anna/.local/share/entrepot"),
        ({"ENTREPOT_DATA_DIR": "/d"}, ORDINARY, "/d"),
        ({"ENTREPOT_DATA_DIR": "here"}, ORDINARY, str(Path.cwd() / "here")),
    ],
)
def test_where_data_goes(environ: dict[str, str], uid: int, expected: str) -> None:
    assert str(Settings.from_environment(environ, uid=uid).data_dir) == expected


def test_without_a_home_the_data_directory_must_be_said() -> None:
    with pytest.raises(SettingsError, match="ENTREPOT_DATA_DIR"):
        Settings.from_environment({}, uid=ORDINARY)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ENTREPOT_PORT", "http"),
        ("ENTREPOT_PORT", "65536"),
        ("ENTREPOT_PORT", "-1"),
        ("ENTREPOT_PORT", "8_000"),
        ("ENTREPOT_PORT", "\N{ARABIC-INDIC DIGIT EIGHT}"),
        ("ENTREPOT_PUBLIC_URL", "stock.example.com"),
        ("ENTREPOT_PUBLIC_URL", "https://stock.example.com/portal"),
        ("ENTREPOT_PUBLIC_URL", "https://anna@stock.example.com"),
        ("ENTREPOT_PUBLIC_URL", "ftp://stock.example.com"),
        ("ENTREPOT_POOL_SIZE", "0"),
        ("ENTREPOT_POOL_SIZE", "1.5"),
        ("ENTREPOT_STATEMENT_CACHE", "yes"),
        ("ENTREPOT_LOG_FORMAT", "xml"),
        ("ENTREPOT_HOST", "my host"),
        ("ENTREPOT_POSTGRES_USER", "a b"),
        ("ENTREPOT_DATA_DIR", "/a\nb"),
        ("ENTREPOT_DATABASE_URL", "mysql://h/d"),
        ("ENTREPOT_DATABASE_URL", "host=h dbname=d"),
    ],
)
def test_refuses_and_names_the_variable(variable: str, text: str) -> None:
    [fault] = faults(**{variable: text})
    [expected] = [each.expected for each in DEFINITIONS if each.variable == variable]
    assert fault.startswith(f"{variable} must be {expected}")


def test_names_every_fault_at_once_in_the_order_of_the_table() -> None:
    found = faults(ENTREPOT_POOL_SIZE="none", ENTREPOT_PORT="x")
    assert [fault.split()[0] for fault in found] == ["ENTREPOT_PORT", "ENTREPOT_POOL_SIZE"]


def test_never_repeats_a_password() -> None:
    assert "hunter2" not in "".join(faults(ENTREPOT_DATABASE_URL="mysql://u:hunter2@h/d"))
