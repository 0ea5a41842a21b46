"""No file knows the machine of the developer who wrote it."""

import re
from pathlib import Path

import pytest

from tests.tidy.house import ROOT, Finding, plant, project_files, report, text_of

# A person's home, the root user's home, a checkout at the top of the file system, a scratch folder.
LOCAL_PATH = re.compile(
    r"(?<![\w.~$}>-])"
    r"(?:/(?:home|Users)/(?![<{$*])[\w.-]+"
    r"|/root/[\w.-]+"
    r"|/wor[k]/[\w.-]+"
    r"|/mnt/[a-z]/[\w.-]+"
    r"|/tmp/(?:tmp|pytest-of-|pip-|bash)[\w.-]*"
    r"|[A-Z]:\\Users\\)"
)


def offences(root: Path) -> list[Finding]:
    found = []
    for path in project_files(root):
        for number, line in enumerate((text_of(path, root) or "").splitlines(), start=1):
            if match := LOCAL_PATH.search(line):
                says = f"{match[0]} is a path of one machine"
                found.append(Finding(str(path), number, says))
    return found


def test_no_file_holds_a_local_path() -> None:
    assert not (found := offences(ROOT)), report(found)


@pytest.mark.parametrize(
    "parts",
    [
        ("", "home", "ada", "entrepot"),
        ("", "Users", "ada"),
        ("", "root", ".cache"),
        ("", "work", "entrepot"),
        ("", "tmp", "tmpab12"),
        ("file:", "", "", "home", "ada"),
    ],
)
def test_a_local_path_is_found(tmp_path: Path, parts: tuple[str, ...]) -> None:
    plant(tmp_path, {"docs/start.md": "Run\n" + "/".join(parts) + "\n"})
    assert [finding.line for finding in offences(tmp_path)] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "~/.local/share/entrepot",
        "/var/lib/entrepot",
        "/home/<name>/entrepot",
        "https://example.org/home/garden",
        "a clone under a home that others may not enter, such as /root",
    ],
)
def test_a_path_of_any_machine_passes(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"docs/start.md": text})
    assert offences(tmp_path) == []
