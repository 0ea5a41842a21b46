"""Data directories whose server ran once: making each anew is most of what tests of it cost."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import subprocess
from pathlib import Path

from entrepot.infra.postgres import places_for, running_database
from entrepot.infra.postgres.places import Places
from entrepot.infra.settings import Settings
from tests.fakes.log import NullLog

COPY = shutil.which("cp") or "/bin/cp"


class UsedBefore:
    """Hands them out to the tests of one process.

    One that a test left whole goes to the next; else the first one, which no test gets, is copied.
    """

    def __init__(self, first: Path, base: Path) -> None:
        """`first` is made by whichever process comes first; `base` is this one's own directory."""
        self._first = first
        self._base = base
        self._whole: list[Path] = []
        with first.with_name(f"{first.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not first.exists():
                fresh = first.with_name(f"{first.name}.new")
                asyncio.run(_run_once(fresh))
                fresh.rename(first)

    def move_to(self, data_dir: Path) -> None:
        """Put one in the place of `data_dir`, which is not there yet."""
        if self._whole:
            self._whole.pop().rename(data_dir)
            return
        data_dir.mkdir()
        subprocess.run([COPY, "-a", self._first / "postgres", data_dir], check=True)
        self.put_engine(data_dir)
        shutil.copystat(self._first, data_dir)

    def put_engine(self, data_dir: Path) -> None:
        """Let a data directory have the programs; they are never changed in place."""
        engine = self._first / "engine"
        if engine.exists():
            (data_dir / "engine").symlink_to(engine)

    def take_back(self, data_dir: Path) -> None:
        """Keep one for the next test, if its cluster is whole and its server was stopped."""
        now, first = places_for(data_dir), places_for(self._first)
        own_programs = now.engines.exists() and not now.engines.is_symlink()
        stopped = not (now.data / "postmaster.pid").exists()
        if own_programs or not stopped or _marks(now) != _marks(first):
            return
        shutil.copy2(first.conf / "local.conf", now.conf)
        kept = self._base / data_dir.parent.name
        data_dir.rename(kept)
        self._whole.append(kept)


async def _run_once(data_dir: Path) -> None:
    settings = Settings.from_environment({"ENTREPOT_DATA_DIR": str(data_dir)})
    async with running_database(settings, NullLog()):
        pass


def _marks(places: Places) -> tuple[str, int]:
    """What differs in a cluster that a test spoilt."""
    return (places.data / "PG_VERSION").read_text(encoding="utf-8"), places.data.stat().st_uid
