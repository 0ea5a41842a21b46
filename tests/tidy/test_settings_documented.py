"""Every setting is on the reference page, and the page names no setting that is gone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.house import PACKAGE, ROOT, Finding, files, plant, report, source, tree_of

PAGE = Path("docs/reference/settings.md")
SETTING = re.compile(r"\bENTREPOT_[A-Z][A-Z0-9_]*\b")


def offences(root: Path) -> list[Finding]:
    page = root / PAGE
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    documented = set(SETTING.findall(text))
    used = {name: (path, line) for path, line, name in _used(root)}
    found = [
        Finding(str(path), line, f"{name} is not in {PAGE}")
        for name, (path, line) in used.items()
        if name not in documented
    ]
    for number, row in enumerate(text.splitlines(), start=1):
        found += [
            Finding(str(PAGE), number, f"nothing reads {name}")
            for name in SETTING.findall(row)
            if name not in used
        ]
    return found


def _used(root: Path) -> Iterator[tuple[Path, int, str]]:
    for path in files(".py", PACKAGE, root):
        if not SETTING.search(source(path, root)):
            continue
        for node in ast.walk(tree_of(path, root)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for name in SETTING.findall(node.value):
                    yield path, node.lineno, name


def test_settings_and_their_page_agree() -> None:
    assert not (found := offences(ROOT)), report(found)


def test_a_setting_without_a_place_on_the_page_is_found(tmp_path: Path) -> None:
    plant(tmp_path, {"src/entrepot/infra/settings.py": 'PORT = "ENTREPOT_PORT"\n'})
    assert [finding.says for finding in offences(tmp_path)] == [f"ENTREPOT_PORT is not in {PAGE}"]
    plant(tmp_path, {str(PAGE): "## `ENTREPOT_PORT`\n"})
    assert offences(tmp_path) == []


def test_a_setting_that_is_gone_is_found_on_the_page(tmp_path: Path) -> None:
    plant(tmp_path, {"src/entrepot/app.py": "", str(PAGE): "`ENTREPOT_SPEED` is read nowhere.\n"})
    assert [finding.says for finding in offences(tmp_path)] == ["nothing reads ENTREPOT_SPEED"]
