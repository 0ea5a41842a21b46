"""Time, random values and ids come in as arguments; each source is read in one file only.

A test can then set the time to Thursday 23:59, and a run can be repeated from its seed.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.tidy.house import PACKAGE, ROOT, Finding, files, plant, report, source, tree_of

CLOCK_FILE = PACKAGE / "infra/clock.py"
CHANCE_FILE = PACKAGE / "infra/ids.py"

CLOCK = frozenset(
    {
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "time.clock_gettime",
        "time.clock_gettime_ns",
        "time.gmtime",
        "time.localtime",
        "time.monotonic",
        "time.monotonic_ns",
        "time.perf_counter",
        "time.perf_counter_ns",
        "time.process_time",
        "time.process_time_ns",
        "time.strftime",
        "time.time",
        "time.time_ns",
    }
)
# These read a clock or chance whichever of their functions is called.
CHANCE_MODULES = ("random", "secrets", "numpy.random")
CHANCE = frozenset(
    {"os.getrandom", "os.urandom"}
    | {
        f"{module}.uuid{version}"
        for module in ("uuid", "uuid_utils", "uuid_utils.compat")
        for version in (1, 4, 6, 7)
    }
)
# A module that reads chance writes each part of such a name somewhere.
CHANCE_PARTS = tuple(frozenset(name.split(".")) for name in (*CHANCE_MODULES, *CHANCE))
CLOCK_OWNERS = frozenset(name.split(".")[-2] for name in CLOCK)
CLOCK_READS = frozenset(name.split(".")[-1] for name in CLOCK)
# A comparison in constant time is no random value.
NO_CHANCE = frozenset({"secrets.compare_digest"})


def offences(root: Path) -> list[Finding]:
    found = []
    for path in files(".py", PACKAGE, root):
        if not _may_read(source(path, root)):
            continue
        for line, name in _names_read(tree_of(path, root)):
            if name in CLOCK and path != CLOCK_FILE:
                found.append(Finding(str(path), line, f"{name}: the clock is an argument"))
            if _is_chance(name) and path != CHANCE_FILE:
                found.append(Finding(str(path), line, f"{name}: ids and chance are arguments"))
    return found


def _may_read(text: str) -> bool:
    """Whether a module could read a clock or chance, by its words: few need to be parsed."""
    written = set(re.findall(r"\w+", text))
    if any(parts <= written for parts in CHANCE_PARTS) or re.search(r"from\s+time\s+import", text):
        return True
    owners = CLOCK_OWNERS.union(re.findall(r"\bas\s+(\w+)", text))
    pairs = re.findall(r"(\w+)(?=\s*\.\s*(\w+))", text)
    return any(read in CLOCK_READS and owner in owners for owner, read in pairs)


def _is_chance(name: str) -> bool:
    if name in NO_CHANCE:
        return False
    return name in CHANCE or any(name.startswith(f"{module}.") for module in CHANCE_MODULES)


def _names_read(tree: ast.Module) -> list[tuple[int, str]]:
    """Every dotted name, with what it was imported as put back to what it is."""
    imported = _imported(tree)
    outermost = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    read = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            read += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Attribute | ast.Name) and id(node) not in outermost:
            first, _, rest = _dotted(node).partition(".")
            if first in imported:
                full = f"{imported[first]}.{rest}" if rest else imported[first]
                read.append((node.lineno, full))
    return read


def _imported(tree: ast.Module) -> dict[str, str]:
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return "?"


def test_clock_and_chance_are_read_in_one_file_each() -> None:
    assert not (found := offences(ROOT)), report(found)


@pytest.mark.parametrize(
    "text",
    [
        "import time\nx = time.time()\n",
        "import time as t\nx = t.monotonic()\n",
        "from time import perf_counter\n",
        "import datetime\nx = datetime.datetime.now(datetime.UTC)\n",
        "from datetime import datetime\nx = datetime.now().date()\n",
        "from datetime import date as day\nx = day.today()\n",
        "import random\nx = random.choice([1])\n",
        "import random\nx = random.Random(7)\n",
        "from secrets import token_urlsafe\n",
        "import uuid\nx = uuid.uuid4()\n",
        "from uuid_utils import uuid7\n",
        "import os\nx = os.urandom(8)\n",
    ],
)
def test_reading_clock_or_chance_elsewhere_is_found(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"src/entrepot/stock/model.py": text})
    assert offences(tmp_path)


def test_each_source_has_its_own_file(tmp_path: Path) -> None:
    clock = "import time\nx = time.time()\n"
    chance = "import uuid\nx = uuid.uuid4()\n"
    plant(tmp_path, {str(CLOCK_FILE): clock, str(CHANCE_FILE): chance})
    assert offences(tmp_path) == []
    plant(tmp_path, {str(CLOCK_FILE): chance, str(CHANCE_FILE): clock})
    assert len(offences(tmp_path)) == 2


def test_types_and_given_times_pass(tmp_path: Path) -> None:
    text = (
        "from datetime import UTC, datetime\n"
        "from secrets import compare_digest\n"
        "from uuid import UUID\n"
        "def later(clock: object, now: datetime) -> datetime:\n"
        "    return max(clock.now(), now, datetime.fromtimestamp(0, UTC))\n"
    )
    plant(tmp_path, {"src/entrepot/stock/model.py": text})
    assert offences(tmp_path) == []
