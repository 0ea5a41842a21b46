"""Every area holds the same file names and nothing else; no room is hidden or unplaced."""

from pathlib import Path

import pytest

from tests.tidy.house import AREAS, PACKAGE, ROOT, Finding, plant, project_files, report

FILES_ALLOWED = frozenset(
    {
        "__init__.py",
        "views.py",
        "views.sql",
        "store.py",
        "queries.sql",
        "checks.sql",
        "repairs.sql",
        "model.py",
        "events.py",
        "errors.py",
    }
)
FOLDERS_ALLOWED = frozenset({"actions", "model", "store", "views"})
SPLIT = ("model", "store", "views")  # one file while it fits, a folder of subjects once it does not


def offences(root: Path) -> list[Finding]:
    found = []
    for path in project_files(root):
        if PACKAGE not in path.parents:
            continue
        inside = path.relative_to(PACKAGE).parts
        if inside[0] in AREAS and not _has_a_place(inside[1:]):
            allowed = ", ".join(sorted(FILES_ALLOWED))
            says = f"no such name in an area; there are {allowed}, actions/*.py, model/*.py,"
            says += " views/*.py, checks/*.sql and store/*.py with store/*.sql"
            found.append(Finding(str(path), 1, says))
    for area in AREAS:
        for name in SPLIT:
            folder = root / PACKAGE / area / name
            if folder.with_suffix(".py").exists() and _holds_code(folder):
                says = f"{name}.py and {name}/ side by side; keep one"
                found.append(Finding(str(PACKAGE / area), 1, says))
    return found


def _has_a_place(inside: tuple[str, ...]) -> bool:
    match inside:
        case (name,):
            return name in FILES_ALLOWED
        case (folder, name):
            if folder == "checks":
                return name.endswith(".sql")
            is_statements = folder == "store" and name.endswith(".sql")
            return folder in FOLDERS_ALLOWED and (name.endswith(".py") or is_statements)
        case _:
            return False


def _holds_code(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.py"))


def test_areas_hold_only_their_names() -> None:
    assert not (found := offences(ROOT)), report(found)


@pytest.mark.parametrize(
    "name",
    [
        "helpers.py",
        "utils.py",
        "queries_more.sql",
        "actions/hold_stock.sql",
        "actions/holds/open.py",
        "services/hold.py",
    ],
)
def test_a_stranger_in_an_area_is_found(tmp_path: Path, name: str) -> None:
    plant(tmp_path, {f"src/entrepot/stock/{name}": ""})
    assert len(offences(tmp_path)) == 1


def test_the_usual_names_pass(tmp_path: Path) -> None:
    usual = [*FILES_ALLOWED, "actions/__init__.py", "actions/hold_stock.py"]
    plant(tmp_path, {f"src/entrepot/stock/{name}": "" for name in usual})
    plant(tmp_path, {"src/entrepot/infra/helpers.py": ""})
    assert offences(tmp_path) == []


def test_a_model_is_a_file_or_a_folder(tmp_path: Path) -> None:
    plant(tmp_path, {"src/entrepot/stock/model.py": "", "src/entrepot/stock/model/holds.py": ""})
    assert [finding.path for finding in offences(tmp_path)] == ["src/entrepot/stock"]
