"""The README's map shows every room, and every room on the map exists.

The map is the fenced block that names `src/entrepot/`.
"""

import re
from pathlib import Path

from tests.tidy.house import PACKAGE, ROOT, Finding, plant, report, rooms

README = Path("README.md")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
FOLDER = re.compile(r"(?<![\w/.<>-])([a-z_]+(?:/[a-z_]+)*)/(?=\s|$)", re.MULTILINE)


def offences(root: Path) -> list[Finding]:
    text = (root / README).read_text(encoding="utf-8") if (root / README).exists() else ""
    maps = [block for block in FENCE.finditer(text) if f"{PACKAGE}/" in block[0]]
    if not maps:
        return [Finding(str(README), 1, f"no map: a fenced block that names {PACKAGE}/")]
    line = text[: maps[0].start()].count("\n") + 1
    shown = set(FOLDER.findall(maps[0][0]))
    first = {folder.partition("/")[0] for folder in shown}
    found = [
        Finding(str(README), line, f"the map lacks {room}/")
        for room in rooms(root)
        if room not in first
    ]
    found += [
        Finding(str(README), line, f"the map shows {folder}/, which does not exist")
        for folder in sorted(shown)
        if not any((root / above / folder).is_dir() for above in (".", "src", PACKAGE, "tests"))
    ]
    return found


def test_the_map_shows_the_rooms() -> None:
    assert not (found := offences(ROOT)), report(found)


def test_a_room_that_is_not_on_the_map_is_found(tmp_path: Path) -> None:
    readme = "# It\n\n```\nsrc/entrepot/\n  stock/    the ledger\n  apis/rest/  a door\n```\n"
    plant(tmp_path, {"README.md": readme, "src/entrepot/stock/__init__.py": ""})
    plant(tmp_path, {"src/entrepot/apis/rest/__init__.py": ""})
    assert offences(tmp_path) == []
    plant(tmp_path, {"src/entrepot/orders/__init__.py": ""})
    assert [finding.says for finding in offences(tmp_path)] == ["the map lacks orders/"]


def test_a_room_that_does_not_exist_is_found_on_the_map(tmp_path: Path) -> None:
    readme = "```\nsrc/entrepot/\n  stock/  the ledger\n  portal/  pages\n```\n"
    plant(tmp_path, {"README.md": readme, "src/entrepot/stock/__init__.py": ""})
    says = "the map shows portal/, which does not exist"
    assert [finding.says for finding in offences(tmp_path)] == [says]


def test_a_readme_without_a_map_is_found(tmp_path: Path) -> None:
    plant(tmp_path, {"README.md": "The rooms are stock/ and orders/.\n"})
    assert len(offences(tmp_path)) == 1
