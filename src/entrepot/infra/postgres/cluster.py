"""Makes the cluster on first use and writes its configuration before every start.

The configuration lies outside the cluster, belongs to whoever runs Entrepot and is written anew
each time, so a new release brings its own. What an operator wants otherwise goes to `local.conf`,
which is read last and never touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from entrepot.infra.postgres.account import Account, own_name
from entrepot.infra.postgres.engine import Engine
from entrepot.infra.postgres.errors import PostgresRefusal, PostgresUnavailable
from entrepot.infra.postgres.places import PORT, ROLE, SUPERUSER, Places

_MAP = "entrepot"

SERVER_SETTINGS: tuple[tuple[str, str], ...] = (
    ("listen_addresses", "''"),
    ("port", str(PORT)),
    ("unix_socket_permissions", "0700"),
    ("max_connections", "100"),
    ("shared_buffers", "256MB"),
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("full_page_writes", "on"),
    ("max_wal_size", "4GB"),
    ("checkpoint_timeout", "15min"),
    # Compiling pays for long analytical queries; ours are short and would only wait for it.
    ("jit", "off"),
    ("random_page_cost", "1.1"),
    # A process that dies without closing its connection must not keep its locks for ever.
    ("idle_in_transaction_session_timeout", "60s"),
    ("timezone", "'UTC'"),
    ("log_timezone", "'UTC'"),
    # One file for each day of the week, each overwritten a week later: the log stays bounded.
    ("logging_collector", "on"),
    ("log_filename", "'server-%a.log'"),
    ("log_rotation_age", "1d"),
    ("log_rotation_size", "0"),
    ("log_truncate_on_rotation", "on"),
    ("log_line_prefix", "'%m [%p] %q%u@%d '"),
)
"""What our server is told, beside its directories."""


def ensure_cluster(engine: Engine, places: Places, account: Account) -> None:
    """Make the cluster unless it is there, in one step as seen from outside.

    Refuses with PostgresRefusal a cluster of another major version or of another user, and a path
    to the programs that they cannot bear.
    Raises PostgresUnavailable when the cluster cannot be made.
    """
    if places.data.exists():
        _check_cluster(engine, places, account)
        return
    fresh = places.base / "data.new"
    # The caller holds the lock, so whatever lies here was cut off midway and holds nothing.
    if fresh.exists():
        shutil.rmtree(fresh)
    _check_shell_safe(engine)
    fresh.mkdir(mode=0o700)
    if account.dropped:
        os.chown(fresh, account.uid, account.gid)
    done = subprocess.run(
        [
            engine.program("initdb"),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            "--auth-local=peer",
            "--auth-host=reject",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=places.base,
        env=server_environment(),
        **account.popen_options(),
    )
    if done.returncode != 0:
        raise PostgresUnavailable(
            f"The database could not be made in {places.data}: {done.stderr.strip()}"
        )
    fresh.rename(places.data)
    _sync_directory(places.base)


def write_configuration(places: Places, account: Account) -> Path:
    """Write the server's configuration and return the file to start it with."""
    conf = places.conf
    lines = [f"{name} = {value}" for name, value in SERVER_SETTINGS]
    lines += [
        # A list: the inner quotes keep a path with a comma in one piece.
        "unix_socket_directories = " + _quoted(f'"{places.socket}"'),
        f"log_directory = {_quoted(places.log)}",
        f"hba_file = {_quoted(conf / 'pg_hba.conf')}",
        f"ident_file = {_quoted(conf / 'pg_ident.conf')}",
        f"include = {_quoted(conf / 'local.conf')}",
    ]
    notice = "# Written by Entrepot at every start. Changes belong in local.conf beside it.\n"
    _write(conf / "postgresql.conf", notice + "\n".join(lines) + "\n")
    _write(conf / "pg_hba.conf", f"{notice}local all all peer map={_MAP}\n")
    if not (conf / "local.conf").exists():
        _write(conf / "local.conf", "# Yours: read last, so what stands here wins.\n")
    # The operator who runs Entrepot, and the account that owns the files, could read everything
    # anyway; nobody else gets in.
    names = dict.fromkeys((own_name(), account.name))
    roles = (ROLE, SUPERUSER)
    rows = [f'{_MAP} "{name}" {role}\n' for name in names for role in roles]
    _write(conf / "pg_ident.conf", notice + "".join(rows))
    return conf / "postgresql.conf"


def server_environment() -> dict[str, str]:
    """The server's environment: nothing of ours, least of all PG* variables or passwords."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _check_shell_safe(engine: Engine) -> None:
    """Refuse a path that initdb would hand to a shell in double quotes, where it means more."""
    if set('"$`\\') & set(str(engine.bin_dir)):
        raise PostgresRefusal(
            f"The path {engine.bin_dir} holds a double quote, a dollar sign, a backquote or a "
            "backslash, which PostgreSQL's own programs cannot bear. Choose another directory."
        )


def _check_cluster(engine: Engine, places: Places, account: Account) -> None:
    owner = places.data.stat().st_uid
    if owner != account.uid:
        raise PostgresRefusal(
            f"The database in {places.data} belongs to {_user_name(owner)}, but {account.name} "
            "would run it. Run Entrepot as the user who made it, or set ENTREPOT_DATA_DIR to "
            "another directory."
        )
    try:
        found = (places.data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise PostgresRefusal(
            f"{places.data} holds no PostgreSQL database ({error.strerror}). Restore it, or set "
            "ENTREPOT_DATA_DIR to another directory."
        ) from error
    if found != str(engine.major):
        raise PostgresRefusal(
            f"The database in {places.data} was made by PostgreSQL {found}, and this Entrepot "
            f"brings {engine.major}. Dump it with the old release and restore it with this one."
        )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user number {uid}"


def _quoted(value: Path | str) -> str:
    """Text as a value of the configuration file."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, readable to the server whatever the mask of this process."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o644)
    fresh.replace(path)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
