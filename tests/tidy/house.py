"""What the house rules look at: rooms, areas, and the project's files.

It only finds and reads files. What is right or wrong about them is said in the rule's own module.
"""

import ast
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path("src/entrepot")

# The business rooms, highest first. Each holds the same file names and nothing else.
AREAS = (
    "purchasing",
    "sales_sessions",
    "settlement",
    "orders",
    "stock",
    "partnerships",
    "catalogue",
    "notices",
    "identity",
)

# Where the words of standards and other systems are at home.
EDGES = (PACKAGE / "apis/dfc", PACKAGE / "apis/graphql", PACKAGE / "connectors")

SKIPPED_FOLDERS = frozenset({"__pycache__", "build", "dist", "node_modules", "var"})
SHOWN_DOT_FOLDERS = frozenset({".ci", ".github"})
TEXT_LIMIT_BYTES = 2_000_000


class Finding(NamedTuple):
    """One offence: where, and what to do about it."""

    path: str
    line: int
    says: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.says}"


def report(findings: list[Finding]) -> str:
    return "\n" + "\n".join(str(finding) for finding in findings)


def rooms(root: Path = ROOT) -> list[str]:
    """Top-level packages that hold any file, so an empty folder is not yet a room."""
    package = root / PACKAGE
    return sorted(
        room.name
        for room in package.iterdir()
        if room.is_dir()
        and room.name not in SKIPPED_FOLDERS
        and any(
            file.is_file() and "__pycache__" not in file.relative_to(room).parts
            for file in room.rglob("*")
        )
    )


def project_files(root: Path = ROOT) -> list[Path]:
    """Every file that is or may be committed, as paths relative to the root."""
    return list(_files_of_ours()) if root == ROOT else _found(root)


@cache
def _files_of_ours() -> tuple[Path, ...]:
    """The project's own files, looked for once: each rule asks, some for each area."""
    return tuple(_found(ROOT))


def _found(root: Path) -> list[Path]:
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return sorted(_walked(root))
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        return sorted(_walked(root))
    names = sorted({name for name in listed.stdout.split("\0") if name})
    return [Path(name) for name in names if (root / name).is_file()]


def _walked(root: Path) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [
            name
            for name in subfolders
            if name not in SKIPPED_FOLDERS
            and (not name.startswith(".") or name in SHOWN_DOT_FOLDERS)
        ]
        yield from ((Path(folder) / name).relative_to(root) for name in names)


def files(suffix: str, under: Path | str = ".", root: Path = ROOT) -> list[Path]:
    """The project's files with a suffix below a folder."""
    folder = Path(under)
    return [
        path
        for path in project_files(root)
        if path.suffix == suffix and (folder == Path() or folder in path.parents)
    ]


def text_of(path: Path, root: Path = ROOT) -> str | None:
    """A file's text, or None for a binary or very large file."""
    full = root / path
    if full.stat().st_size > TEXT_LIMIT_BYTES:
        return None
    try:
        return full.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def source(path: Path, root: Path = ROOT) -> str:
    return (root / path).read_text(encoding="utf-8")


def tree_of(path: Path, root: Path = ROOT) -> ast.Module:
    return ast.parse(source(path, root), filename=str(path))


def plant(root: Path, contents: Mapping[str, str]) -> Path:
    """Write files into a throwaway tree, for a rule to find its offences in."""
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
