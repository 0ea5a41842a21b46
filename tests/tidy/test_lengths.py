"""A function fits on a screen and a file can be read in one sitting."""

import ast
from pathlib import Path

from tests.tidy.house import PACKAGE, ROOT, Finding, files, plant, report, source

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500


def offences(root: Path) -> list[Finding]:
    found = []
    for path in [*files(".py", PACKAGE, root), *files(".sql", PACKAGE, root)]:
        text = source(path, root)
        lines = len(text.splitlines())
        # A migration is history: it is as long as what it made, and is never edited again.
        if lines > FILE_LINES_MAX and "migrations" not in path.parts:
            says = f"{lines} lines; a file has at most {FILE_LINES_MAX}"
            found.append(Finding(str(path), FILE_LINES_MAX, says))
        if path.suffix == ".py":
            found += _long_functions(path, ast.parse(text))
    return found


def _long_functions(path: Path, tree: ast.Module) -> list[Finding]:
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            says = f"{node.name} has {lines} lines; a function has at most {FUNCTION_LINES_MAX}"
            found.append(Finding(str(path), node.lineno, says))
    return found


def function_of(lines: int) -> str:
    return "async def act() -> None:\n" + "    x = 1\n" * (lines - 1)


def test_functions_and_files_are_short() -> None:
    assert not (found := offences(ROOT)), report(found)


def test_a_function_of_70_lines_passes_and_one_of_71_does_not(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "src/entrepot/stock/good.py": function_of(70),
            "src/entrepot/stock/bad.py": function_of(71),
        },
    )
    assert [finding.path for finding in offences(tmp_path)] == ["src/entrepot/stock/bad.py"]


def test_a_file_of_500_lines_passes_and_one_of_501_does_not(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "src/entrepot/stock/good.py": "x = 1\n" * 500,
            "src/entrepot/stock/bad.py": "x = 1\n" * 501,
            "src/entrepot/stock/queries.sql": "SELECT 1;\n" * 501,
            "src/entrepot/migrations/0001_first.sql": "SELECT 1;\n" * 501,
        },
    )
    assert sorted(finding.path for finding in offences(tmp_path)) == [
        "src/entrepot/stock/bad.py",
        "src/entrepot/stock/queries.sql",
    ]
