"""Every refusal code is on the reference page, and the page names no code that is gone.

Codes are string constants `area.reason` in the `errors.py` of a room. A code begins with the name
of its area, so that a reader knows where it is decided.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.house import AREAS, PACKAGE, ROOT, Finding, files, plant, report, tree_of

PAGE = Path("docs/reference/refusals.md")
CODE = re.compile(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
CODE_ON_PAGE = re.compile(r"`([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)`")
HEADING = re.compile(r"^(?:#+\s|\|)")


def offences(root: Path) -> list[Finding]:
    page = root / PAGE
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    documented = set(CODE_ON_PAGE.findall(text))
    found = []
    declared = set()
    for path, line, code in _declared(root):
        area = path.parent.name
        declared.add(code)
        if area in AREAS and not code.startswith(f"{area}."):
            found.append(Finding(str(path), line, f"{code}: a refusal of {area} is {area}.reason"))
        if code not in documented:
            found.append(Finding(str(path), line, f"{code} is not in {PAGE}"))
    for number, row in enumerate(text.splitlines(), start=1):
        # Running text may speak of other dotted names; headings and rows list the codes.
        listed = CODE_ON_PAGE.findall(row) if HEADING.match(row) else []
        found += [
            Finding(str(PAGE), number, f"no errors.py declares {code}")
            for code in listed
            if code not in declared
        ]
    return found


def _declared(root: Path) -> Iterator[tuple[Path, int, str]]:
    for path in files(".py", PACKAGE, root):
        if path.name != "errors.py":
            continue
        for node in ast.walk(tree_of(path, root)):
            match node:
                case ast.Constant(value=str(value)) if CODE.match(value):
                    yield path, node.lineno, value
                case _:
                    pass


def test_refusals_and_their_page_agree() -> None:
    assert not (found := offences(ROOT)), report(found)


def test_a_code_without_a_place_on_the_page_is_found(tmp_path: Path) -> None:
    errors = 'INSUFFICIENT = "stock.insufficient_available"\nclass E:\n    code = "stock.gone"\n'
    plant(tmp_path, {"src/entrepot/stock/errors.py": errors})
    assert len(offences(tmp_path)) == 2
    plant(tmp_path, {str(PAGE): "## `stock.insufficient_available`\n\n| `stock.gone` | gone |\n"})
    assert offences(tmp_path) == []


def test_a_code_of_another_area_is_found(tmp_path: Path) -> None:
    plant(tmp_path, {"src/entrepot/stock/errors.py": 'SHORT = "orders.short"\n'})
    plant(tmp_path, {str(PAGE): "## `orders.short`\n"})
    (finding,) = offences(tmp_path)
    assert finding.says == "orders.short: a refusal of stock is stock.reason"


def test_a_code_that_is_gone_is_found_on_the_page(tmp_path: Path) -> None:
    plant(tmp_path, {"src/entrepot/stock/errors.py": "", str(PAGE): "x\n\n## `stock.gone`\n"})
    assert [finding.line for finding in offences(tmp_path)] == [3]
