"""No file says where packages come from: that is for each machine's own settings.

A lock file pins versions and hashes, and installs from whichever index the machine is set to.
"""

import re
from pathlib import Path

import pytest

from tests.tidy.house import ROOT, Finding, plant, project_files, report, text_of

# Written so that this file does not hold what it looks for.
INDEX = re.compile(
    r"""
    \bpyp[i][\w-]*\.(?:org|io|python\.org)\b
    | \bpythonhoste[d]\.org\b
    | \bregistry\.npmj[s]\.\w+
    | \b(?:deb|security|ftp)\.debia[n]\.org\b
    | (?:^|[\s"'])--?(?:extra-)?index-ur[l]\b
    | (?:^|[\s"'])--(?:find-link[s]|trusted-hos[t])\b
    | \b(?:PIP|UV)_(?:EXTRA_)?INDE[X](?:_URL)?\b
    | ^\s*(?:extra-)?index-ur[l]\s*=
    | (?:https?|file)://\S+/simpl[e](?:/|\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
# One of these is in whatever matches: looked for first, because most files have none.
HINTS = ("pypi", "pythonhosted", "npmjs", "debian", "index-url", "links", "trusted", "/simple")
HINTS_OF_SETTINGS = ("pip_", "uv_")


def offences(root: Path) -> list[Finding]:
    found = []
    for path in project_files(root):
        text = text_of(path, root) or ""
        lower = text.lower()
        if not any(hint in lower for hint in (*HINTS, *HINTS_OF_SETTINGS)):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if match := INDEX.search(line):
                says = f"{match[0].strip()} says where packages come from"
                found.append(Finding(str(path), number, says))
    return found


def test_no_file_names_a_package_index() -> None:
    assert not (found := offences(ROOT)), report(found)


@pytest.mark.parametrize(
    "pieces",
    [
        ("--index-", "url https://packages.example/x"),
        ("--extra-index-", "url=https://packages.example/x"),
        ("pip install -", "-find-links wheels"),
        ("PIP_IN", "DEX_URL=https://packages.example"),
        ("https://py", "pi.org/project/msgspec"),
        ("https://files.pythonhosted", ".org/packages/x.whl"),
        ("https://registry.npmjs", ".org/htmx"),
        ("http://deb.debian", ".org/debian"),
        ("https://packages.example/sim", "ple/"),
        ("index-", "url = https://packages.example"),
    ],
)
def test_an_index_address_is_found(tmp_path: Path, pieces: tuple[str, str]) -> None:
    plant(tmp_path, {"requirements/run.lock": "# one\n" + "".join(pieces) + "\n"})
    assert [finding.line for finding in offences(tmp_path)] == [2]


@pytest.mark.parametrize(
    "text",
    ["msgspec==0.22.0 --hash=sha256:00", "a simple/ folder", "https://example.org/simplest"],
)
def test_other_text_passes(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"requirements/run.lock": text})
    assert offences(tmp_path) == []
