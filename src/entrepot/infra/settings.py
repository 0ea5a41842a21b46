"""What an operator can set, read once from the environment and never changed afterwards.

One table, `DEFINITIONS`, says everything about each setting: the variable, what it expects, what
it means. `Settings.from_environment` and the generated reference page both read that table, so
neither can drift from the other. Nothing else in Entrepot reads the environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

LogFormat = Literal["json", "text"]

PREFIX = "ENTREPOT_"
DATA_DIR_OF_ROOT = Path("/var/lib/entrepot")


class SettingsError(Exception):
    """Settings that cannot be used. `faults` has one sentence for each, naming its variable."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        assert faults
        super().__init__("\n".join(faults))
        self.faults = faults


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: how it is written, what it means and what happens without it."""

    variable: str
    """The environment variable, in full."""
    sentence: str
    """What it is for, for the reference page."""
    expected: str
    """What a value must look like, ending the sentence "... must be"."""
    default_text: str
    """The value used when the variable is unset or empty, as a reader would write it."""
    parse: Callable[[str], Any]
    """From the text of the variable to the value; ValueError for what is not expected."""
    secret: bool = False
    """True where the value may hold a password and is therefore never repeated in a message."""

    @property
    def field(self) -> str:
        """The name of the attribute of `Settings` that holds the value."""
        return self.variable.removeprefix(PREFIX).lower()


def _whole(low: int, high: int) -> Callable[[str], int]:
    """A parser for whole numbers from `low` to `high`, both included."""

    def parse(text: str) -> int:
        # int() alone would also take "1_000" and other scripts' digits.
        if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return parse


def _path(text: str) -> Path:
    """A path made absolute, so that a later change of directory cannot move it."""
    if not text.isprintable():
        raise ValueError(text)
    return Path(text).absolute()


def _database_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(text)
    return text


def _public_url(text: str) -> str:
    """An origin: scheme and host, perhaps a port, and nothing after it."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(text)
    if text.lower() != f"{parts.scheme}://{parts.netloc}".lower() or "@" in parts.netloc:
        raise ValueError(text)
    return text.lower()


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return parse


def _on_off(text: str) -> bool:
    return _one_of(("on", "off"))(text) == "on"


def _word(text: str) -> str:
    """A host or account name: something printable without blanks."""
    if not text.isprintable() or any(character.isspace() for character in text):
        raise ValueError(text)
    return text


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        variable="ENTREPOT_DATABASE_URL",
        sentence="The PostgreSQL database to use; without it Entrepot starts one of its own.",
        expected="an address such as postgresql://user@host/database",
        default_text="",
        parse=_database_url,
        secret=True,
    ),
    Definition(
        variable="ENTREPOT_DATA_DIR",
        sentence="Where Entrepot keeps its own PostgreSQL and the data in it.",
        expected="a directory",
        default_text=(
            "/var/lib/entrepot as root, else $XDG_DATA_HOME/entrepot or ~/.local/share/entrepot"
        ),
        parse=_path,
    ),
    Definition(
        variable="ENTREPOT_HOST",
        sentence="The address that the web server listens on.",
        expected="a host name or an address",
        default_text="127.0.0.1",
        parse=_word,
    ),
    Definition(
        variable="ENTREPOT_PORT",
        sentence="The port that the web server listens on; 0 lets the system choose one.",
        expected="a whole number from 0 to 65535",
        default_text="8000",
        parse=_whole(0, 65535),
    ),
    Definition(
        variable="ENTREPOT_PUBLIC_URL",
        sentence=(
            "The address under which people reach the pages, where that is not the server's own; "
            "with https, their cookies are sent over https only."
        ),
        expected="an address such as https://stock.example.com, without a path",
        default_text="",
        parse=_public_url,
    ),
    Definition(
        variable="ENTREPOT_POSTGRES_BIN",
        sentence=(
            "The directory with the programs postgres and initdb to use instead of those that "
            "come with Entrepot."
        ),
        expected="a directory",
        default_text="",
        parse=_path,
    ),
    Definition(
        variable="ENTREPOT_POSTGRES_USER",
        sentence=(
            "The system user that runs Entrepot's own PostgreSQL when Entrepot itself runs as "
            "root; it is made if it is missing."
        ),
        expected="the name of a system user",
        default_text="entrepot",
        parse=_word,
    ),
    Definition(
        variable="ENTREPOT_POOL_SIZE",
        sentence="The most database connections that one process opens.",
        expected="a whole number from 1 to 1000",
        default_text="8",
        parse=_whole(1, 1000),
    ),
    Definition(
        variable="ENTREPOT_STATEMENT_CACHE",
        sentence=(
            "Whether connections remember prepared statements; switch it off behind a pooler "
            "that hands each transaction to another connection."
        ),
        expected="on or off",
        default_text="on",
        parse=_on_off,
    ),
    Definition(
        variable="ENTREPOT_QUEUE_MAX",
        sentence="The most orders that may wait for a batch in one process before it answers 503.",
        expected="a whole number from 1 to 1000000",
        default_text="5000",
        parse=_whole(1, 1_000_000),
    ),
    Definition(
        variable="ENTREPOT_BATCH_MAX",
        sentence="The most orders that are decided together in one batch.",
        expected="a whole number from 1 to 10000",
        default_text="256",
        parse=_whole(1, 10_000),
    ),
    Definition(
        variable="ENTREPOT_BODY_MAX_BYTES",
        sentence="The largest request body that is read, in bytes.",
        expected="a whole number from 1024 to 1073741824",
        default_text="5242880",
        parse=_whole(1024, 1024**3),
    ),
    Definition(
        variable="ENTREPOT_SECRET_KEYS",
        sentence=(
            "The keys that webhooks' secrets are kept under, parted by commas: the first seals, "
            "all of them open. Without it a key of its own is made in the data directory; several "
            "machines need the same keys."
        ),
        expected="Fernet keys, parted by commas",
        default_text="",
        parse=_word,
        secret=True,
    ),
    Definition(
        variable="ENTREPOT_WEBHOOKS_INSIDE",
        sentence=(
            "Whether webhooks may also go to http, to any port and to addresses inside the "
            "network; only for trying things out."
        ),
        expected="on or off",
        default_text="off",
        parse=_on_off,
    ),
    Definition(
        variable="ENTREPOT_ISSUERS_FILE",
        sentence=(
            "A TOML file that names the identity providers whose tokens the DFC door takes, and "
            "where their keys are; without it, it takes tokens of Entrepot alone."
        ),
        expected="a file",
        default_text="",
        parse=_path,
    ),
    Definition(
        variable="ENTREPOT_LOG_FORMAT",
        sentence="How log lines are written: for programs or for people.",
        expected="json or text",
        default_text="text",
        parse=_one_of(("json", "text")),
    ),
)
"""Every setting, in the order in which the reference page lists them."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one process. Each attribute is the variable's name in lower case."""

    database_url: str | None
    data_dir: Path
    host: str
    port: int
    public_url: str | None
    postgres_bin: Path | None
    postgres_user: str
    pool_size: int
    statement_cache: bool
    queue_max: int
    """Orders that may wait in one process."""
    batch_max: int
    """Orders in one batch."""
    body_max_bytes: int
    secret_keys: str | None
    """Fernet keys, parted by commas; None where they are in the data directory."""
    webhooks_inside: bool
    issuers_file: Path | None
    log_format: LogFormat

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], *, uid: int | None = None) -> Settings:
        """Read the settings; `uid` is the user that runs Entrepot (default: this process's).

        Refuses with SettingsError, which names every variable at fault at once.
        """
        values: dict[str, Any] = {}
        faults: list[str] = []
        for definition in DEFINITIONS:
            text = environ.get(definition.variable, "").strip()
            if text == "" and definition.variable == "ENTREPOT_DATA_DIR":
                values["data_dir"] = _data_dir_default(environ, uid, faults)
            elif text == "" and definition.default_text == "":
                values[definition.field] = None
            else:
                _take(definition, text or definition.default_text, values, faults)
        if faults:
            raise SettingsError(tuple(faults))
        return cls(**values)


def _take(definition: Definition, text: str, values: dict[str, Any], faults: list[str]) -> None:
    """Parse one value into `values`, or say in `faults` what is wrong with it."""
    try:
        values[definition.field] = definition.parse(text)
    except ValueError:
        given = "" if definition.secret else f", not {text!r}"
        faults.append(f"{definition.variable} must be {definition.expected}{given}.")


def _data_dir_default(environ: Mapping[str, str], uid: int | None, faults: list[str]) -> Path:
    """Where data goes when nobody said: the machine's place for root, the user's own otherwise."""
    if (os.geteuid() if uid is None else uid) == 0:
        return DATA_DIR_OF_ROOT
    # The base directory specification says that a relative XDG_DATA_HOME is to be ignored.
    xdg = Path(environ.get("XDG_DATA_HOME", ""))
    if xdg.is_absolute():
        return xdg / "entrepot"
    home = Path(environ.get("HOME", ""))
    if home.is_absolute():
        return home / ".local" / "share" / "entrepot"
    faults.append("ENTREPOT_DATA_DIR must be a directory, since HOME is not set either.")
    return DATA_DIR_OF_ROOT
