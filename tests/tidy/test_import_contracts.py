"""The import contracts of `pyproject.toml` cover every area, and each one can be broken.

import-linter itself runs in `make check`. Here the same contracts meet a small house with one
forbidden import at a time.
"""

import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.tidy.house import AREAS, PACKAGE, ROOT, Finding, plant, report, rooms, source

PYPROJECT = Path("pyproject.toml")
# Rooms that are no areas: the ground, the doors, and what connects to the outside.
OTHER_ROOMS = (
    "kernel",
    "infra",
    "migrations",
    "connectors",
    "apis",
    "portal",
    "jobs",
    "app",
    "cli",
)

SOUND_HOUSE: Mapping[str, str] = {
    "__init__.py": "",
    "app/__init__.py": "import entrepot.orders\n",
    "kernel/__init__.py": "",
    "infra/__init__.py": "",
    "infra/pool.py": "import asyncpg\n",
    "identity/__init__.py": "",
    "identity/store.py": "import asyncpg\n",
    "stock/__init__.py": "from entrepot.stock.actions import hold_stock\n",
    "stock/actions/__init__.py": "",
    "stock/actions/hold_stock.py": "import entrepot.identity\nfrom entrepot.stock import store\n",
    "stock/views.py": "from entrepot.stock import store\n",
    "stock/store.py": "import entrepot.infra.pool\nfrom entrepot.stock import model\n",
    "stock/model.py": "import entrepot.kernel\nfrom entrepot.stock import errors\n",
    "stock/errors.py": "import entrepot.kernel\n",
    "orders/__init__.py": "import entrepot.stock\n",
    "apis/__init__.py": "",
    "apis/rest/__init__.py": "import entrepot.orders\n",
    "apis/graphql/__init__.py": "import entrepot.orders\n",
    "cli/__init__.py": "import entrepot.app\n",
    "connectors/__init__.py": "",
    "connectors/optiply/__init__.py": "import entrepot.orders\n",
    "connectors/shops/__init__.py": "import entrepot.orders\n",
    "migrations/__init__.py": "",
}


def contracts_of(root: Path) -> list[dict[str, Any]]:
    tables = tomllib.loads(source(PYPROJECT, root))
    contracts: list[dict[str, Any]] = tables["tool"]["importlinter"]["contracts"]
    return contracts


def offences(root: Path) -> list[Finding]:
    """Rooms and areas that the contracts forgot."""
    contracts = contracts_of(root)
    inside = {
        container.removeprefix("*.")
        for contract in contracts
        if "exhaustive" in contract and "actions" in str(contract["layers"])
        for container in contract["containers"]
    }
    guarded = {
        module.removeprefix("entrepot.").removesuffix(".*")
        for contract in contracts
        if contract["type"] == "protected"
        for module in contract["protected_modules"]
    }
    found = []
    for area in AREAS:
        if area not in inside:
            found.append(Finding(str(PYPROJECT), 1, f"{area}: no order inside the area"))
        if area not in guarded:
            found.append(Finding(str(PYPROJECT), 1, f"{area}: no front door"))
    found += [
        Finding(str(PACKAGE / room), 1, "neither an area in house.AREAS nor another known room")
        for room in rooms(root)
        if room not in AREAS and room not in OTHER_ROOMS
    ]
    return found


# Starting the tool costs more than running it: one start serves all houses, each of which gets a
# process of its own, because modules of the same names are looked at in each.
LINT_EACH = """
import os
import sys
from importlinter.cli import lint_imports_command

config, *houses = sys.argv[1:]
for house in houses:
    print("House:", flush=True)
    child = os.fork()
    if not child:
        os.chdir(house)
        sys.path.insert(0, house)
        lint_imports_command(["--config", config, "--no-cache", "--no-logo"])
    os.waitpid(child, 0)
"""


def broken(root: Path, changes: Sequence[Mapping[str, str]]) -> list[list[str]]:
    """The contracts that each of these houses breaks, by name."""
    sources = []
    for number, changed in enumerate(changes):
        house = {**SOUND_HOUSE, **changed}
        sources.append(root / str(number) / "src")
        plant(sources[-1] / "entrepot", house)
    finished = subprocess.run(
        [sys.executable, "-c", LINT_EACH, str(ROOT / PYPROJECT), *map(str, sources)],
        capture_output=True,
        text=True,
        check=False,
    )
    told = finished.stdout.split("House:\n")[1:]
    assert len(told) == len(changes), finished.stdout + finished.stderr
    assert all("Contracts: " in each for each in told), finished.stdout + finished.stderr
    return [
        [line.removesuffix(" BROKEN") for line in each.splitlines() if line.endswith(" BROKEN")]
        for each in told
    ]


def test_every_area_has_its_contracts() -> None:
    assert not (found := offences(ROOT)), report(found)


def test_a_forgotten_area_and_an_unknown_room_are_found(tmp_path: Path) -> None:
    forgotten = source(PYPROJECT).replace('"*.stock",', "").replace("entrepot.orders.*", "x")
    plant(tmp_path, {str(PYPROJECT): forgotten, "src/entrepot/purchases/__init__.py": ""})
    assert [finding.says for finding in offences(tmp_path)] == [
        "orders: no front door",
        "stock: no order inside the area",
        "neither an area in house.AREAS nor another known room",
    ]


def test_a_sound_house_breaks_nothing(tmp_path: Path) -> None:
    assert broken(tmp_path, [{}]) == [[]]


ROOMS = "Rooms: imports point down"
INSIDE = "Inside an area: actions over store over model"
NO_IO = "Deciding code does no I/O"
NO_SQL = "Doors hold no SQL"
NO_DRIVER = "Actions and views leave the driver to the store"


FORBIDDEN: Sequence[tuple[str, str, set[str]]] = [
    ("identity/__init__.py", "import entrepot.stock\n", {ROOMS, "No cycles anywhere"}),
    ("kernel/quantity.py", "import entrepot.infra\n", {ROOMS, NO_IO}),
    ("purchases/__init__.py", "", {ROOMS}),
    ("jobs/__init__.py", "import entrepot.apis.rest\n", {ROOMS}),
    ("stock/helpers.py", "", {INSIDE}),
    ("stock/store.py", "import entrepot.stock.views\n", {INSIDE, "No cycles anywhere"}),
    ("stock/model.py", "import asyncpg\n", {NO_IO}),
    ("stock/model.py", "import asyncio\n", {NO_IO}),
    ("stock/events.py", "import entrepot.infra\n", {NO_IO}),
    ("stock/model.py", "import entrepot.identity.store\n", {NO_IO, "Front door: identity"}),
    ("apis/rest/__init__.py", "import asyncpg\n", {NO_SQL}),
    ("cli/__init__.py", "import entrepot.infra.pool\n", {NO_SQL}),
    ("stock/views.py", "import asyncpg\n", {NO_DRIVER}),
    (
        "apis/rest/__init__.py",
        "import entrepot.apis.graphql\n",
        {"Doors do not know each other"},
    ),
    (
        "connectors/shops/__init__.py",
        "import entrepot.connectors.optiply\n",
        {"Connectors do not know each other"},
    ),
    ("orders/__init__.py", "import entrepot.stock.store\n", {"Front door: stock"}),
    ("app/__init__.py", "import entrepot.stock.model\n", {"Front door: stock"}),
]


def test_a_forbidden_import_breaks_the_contract_meant_for_it(tmp_path: Path) -> None:
    found = broken(tmp_path, [{name: text} for name, text, _ in FORBIDDEN])
    told = [(*case[:2], set(each)) for case, each in zip(FORBIDDEN, found, strict=True)]
    assert told == FORBIDDEN
