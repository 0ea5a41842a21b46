"""One action, one file, one test of the same name."""

from pathlib import Path

from tests.tidy.house import AREAS, PACKAGE, ROOT, Finding, files, plant, report

KINDS = ("unit", "scenarios", "integration")


def offences(root: Path) -> list[Finding]:
    tested = {path.name for kind in KINDS for path in files(".py", Path("tests") / kind, root)}
    found = []
    for area in AREAS:
        for path in files(".py", PACKAGE / area / "actions", root):
            wanted = f"test_{path.name}"
            if path.name != "__init__.py" and wanted not in tested:
                says = f"no {wanted} below tests/unit, tests/scenarios or tests/integration"
                found.append(Finding(str(path), 1, says))
    return found


def test_every_action_has_its_test() -> None:
    assert not (found := offences(ROOT)), report(found)


def test_an_action_without_a_test_is_found(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "src/entrepot/stock/actions/__init__.py": "",
            "src/entrepot/stock/actions/count_stock.py": "",
            "src/entrepot/stock/actions/hold_stock.py": "",
            "tests/scenarios/stock/test_count_stock.py": "",
            "tests/contract/test_hold_stock.py": "",
        },
    )
    assert [Path(finding.path).name for finding in offences(tmp_path)] == ["hold_stock.py"]
