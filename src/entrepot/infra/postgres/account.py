"""Which system user runs PostgreSQL, and what that user can reach.

PostgreSQL refuses to run as root. So root runs it as a system user of its own, and everybody else
as themselves. Nothing here changes the modes of a directory that is not Entrepot's.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import TypedDict

import msgspec

from entrepot.infra.postgres.errors import PostgresRefusal
from entrepot.infra.settings import Settings


class PopenOptions(TypedDict, total=False):
    """The arguments of `subprocess` that start a program as another user."""

    user: int
    group: int
    extra_groups: list[int]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The system user that runs PostgreSQL."""

    name: str
    uid: int
    gid: int
    dropped: bool
    """True where root starts the server and gives its rights away."""

    def popen_options(self) -> PopenOptions:
        if not self.dropped:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def own_name() -> str:
    """The name of the system user that runs Entrepot, as PostgreSQL will look it up.

    Refuses with PostgresRefusal when the user has a number but no name.
    """
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise PostgresRefusal(
            f"Entrepot runs as user number {uid}, which has no name on this machine; PostgreSQL "
            "needs one. Add it to the machine's users, or set ENTREPOT_DATABASE_URL."
        ) from None


def find_account(settings: Settings) -> Account:
    """The account for the server; as root, made first if it is missing.

    Refuses with PostgresRefusal when root's choice is root itself or cannot be made.
    """
    if os.geteuid() != 0:
        return Account(name=own_name(), uid=os.geteuid(), gid=os.getegid(), dropped=False)
    name = settings.postgres_user
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        _make_user(name)
        entry = pwd.getpwnam(name)
    if entry.pw_uid == 0:
        raise PostgresRefusal(
            f"ENTREPOT_POSTGRES_USER is {name}, which is root; PostgreSQL refuses to run as root."
        )
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, dropped=True)


def check_reach(account: Account, directory: Path) -> None:
    """Refuse with PostgresRefusal a directory that `account` cannot enter from the top.

    Asked of the system itself, as that user, so that groups and access lists count as well.
    """
    if not account.dropped:
        return
    chain = [str(path) for path in [*reversed(directory.parents), directory]]
    script = 'for place do cd -- "$place" 2>/dev/null || { printf %s "$place"; exit 1; }; done'
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *chain],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **account.popen_options(),
    )
    if done.returncode != 0:
        raise PostgresRefusal(
            f"The system user {account.name}, which runs PostgreSQL for root, may not enter "
            f"{done.stdout or directory}. Choose another ENTREPOT_DATA_DIR, or let that user in."
        )


def _make_user(name: str) -> None:
    """Make a system user without a home of its own and without a way to log in."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    advice = (
        f"Make a system user {name}, or set ENTREPOT_POSTGRES_USER to one that exists, or run "
        "Entrepot as an ordinary user."
    )
    if useradd is None:
        raise PostgresRefusal(
            f"PostgreSQL refuses to run as root, there is no system user {name}, and this machine "
            f"has no useradd to make one. {advice}"
        )
    arguments = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run(
        [useradd, *arguments, "--shell", "/usr/sbin/nologin", "--", name],
        capture_output=True,
        text=True,
        check=False,
    )
    # Code 9: somebody else made the user in this moment, which is as good.
    if done.returncode not in (0, 9):
        raise PostgresRefusal(
            f"The system user {name} could not be made: {done.stderr.strip()} {advice}"
        )
