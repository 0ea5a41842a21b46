"""Where everything of Entrepot's own PostgreSQL lies, and the directories made for it.

<data dir>/
  engine/<version>/     as root: a copy of the programs that the system user can run
  postgres/
    supervisor.lock     held by the process that starts, watches and stops the server
    users.lock          held, shared, by every process that uses the server
    conf/               written anew at every start, but for local.conf, which is yours
    data/               the cluster
    log/                the server's log, one file for each day of the week
    socket/             the socket, where the path is short and plain enough
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from pathlib import Path

import msgspec

from entrepot.infra.postgres.account import Account
from entrepot.infra.postgres.errors import PostgresRefusal

PORT = 5432
"""Only part of the socket's name: the server listens on no network address."""

ROLE = "entrepot"
SUPERUSER = "postgres"
DATABASE = "entrepot"

# The kernel's limit is 108 bytes with the closing zero; the server adds ".lock" to the name.
_SOCKET_PATH_BYTES_MAX = 107
_SOCKET_NAME = f".s.PGSQL.{PORT}"

# In an address a comma parts hosts and a per cent sign is read once or twice, depending on the
# client; so an address never holds a path with more than these.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """The paths of one data directory; nothing is touched to work them out."""

    root: Path
    """The data directory itself."""
    socket: Path
    """The directory of the socket."""

    @property
    def engines(self) -> Path:
        return self.root / "engine"

    @property
    def base(self) -> Path:
        return self.root / "postgres"

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def conf(self) -> Path:
        return self.base / "conf"

    @property
    def log(self) -> Path:
        return self.base / "log"

    @property
    def start_log(self) -> Path:
        """What the server says before it has opened its log."""
        return self.base / "start.log"

    def dsn(self, role: str = ROLE, database: str = DATABASE) -> str:
        """The address of `database` for `role`; the socket proves who asks, without a password."""
        return f"postgresql://{role}@/{database}?host={self.socket}&port={PORT}"


def places_for(root: Path) -> Places:
    """The places below `root`.

    The socket's directory follows from `root` and the user alone, so that any process of that
    user finds it, also one started from another session.
    """
    beside = root / "postgres" / "socket"
    short_enough = len(os.fsencode(beside / f"{_SOCKET_NAME}.lock")) <= _SOCKET_PATH_BYTES_MAX
    if short_enough and _PLAIN_PATH.fullmatch(str(beside)):
        return Places(root=root, socket=beside)
    key = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    if os.geteuid() == 0 and os.access("/run", os.W_OK):
        return Places(root=root, socket=Path(f"/run/entrepot-{key}"))
    # Whatever others put in its place beforehand is refused when the directory is made.
    short = Path("/tmp")  # noqa: S108 - the only short path that every user may write to
    return Places(root=root, socket=short / f"entrepot-{os.geteuid()}-{key}")


def make_base(places: Places) -> None:
    """Make the directories that the locks lie in.

    Refuses with PostgresRefusal when the data directory cannot be made or written to.
    """
    open_to_entry = 0o755 if os.geteuid() == 0 else 0o700
    try:
        _make_with_parents(places.root, open_to_entry)
        _make(places.base, open_to_entry)
    except OSError as error:
        raise PostgresRefusal(
            f"The data directory {places.root} cannot be used ({error.strerror}: "
            f"{error.filename}). Set ENTREPOT_DATA_DIR to a directory that this user may write to."
        ) from error
    if not os.access(places.base, os.W_OK | os.X_OK):
        raise PostgresRefusal(
            f"The data directory {places.root} belongs to another user. Run Entrepot as that "
            "user, or set ENTREPOT_DATA_DIR to another directory."
        )


def make_rest(places: Places, account: Account) -> None:
    """Make the directories that the server itself uses, and give them to its account.

    Refuses with PostgresRefusal when one exists and belongs to somebody else.
    """
    _make(places.conf, 0o755 if account.dropped else 0o700)
    for directory in (places.log, places.socket):
        _make_private(directory, account)


def remove_short_socket_dir(places: Places) -> None:
    """Remove the socket's directory where it lies outside the data directory; it is empty now."""
    if not places.socket.is_relative_to(places.root):
        with contextlib.suppress(OSError):
            places.socket.rmdir()


def _make_with_parents(directory: Path, mode: int) -> None:
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    for path in reversed(missing):
        _make(path, mode)


def _make(directory: Path, mode: int) -> None:
    """Make one directory with exactly this mode; one that exists already is left as it is."""
    with contextlib.suppress(FileExistsError):
        directory.mkdir()
        directory.chmod(mode)


def _make_private(directory: Path, account: Account) -> None:
    """A directory for the server's account alone, also where anybody may make directories."""
    try:
        directory.mkdir(0o700)
        os.chown(directory, account.uid, account.gid)
    except FileExistsError:
        pass
    found = os.lstat(directory)
    # Cut off between the two calls above, root left it to itself; that is ours to finish.
    if account.dropped and stat.S_ISDIR(found.st_mode) and found.st_uid == 0:
        os.chown(directory, account.uid, account.gid, follow_symlinks=False)
        found = os.lstat(directory)
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) & 0o077 == 0
    if not private or found.st_uid != account.uid:
        raise PostgresRefusal(
            f"{directory} is not a directory of {account.name} alone. Remove it, or set "
            "ENTREPOT_DATA_DIR to another directory."
        )
