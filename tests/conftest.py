"""One real PostgreSQL for the whole run, and an empty, migrated database for each test.

All test processes share one data directory. Each runs Entrepot's own supervisor on it: the first
starts the server, the others join, the last to leave stops it. So every run of the suite also
exercises the supervisor.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from pathlib import Path

import asyncpg
import pytest

from entrepot.infra.migrate import migrate
from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.postgres import running_database
from entrepot.infra.settings import Settings
from tests.factories.addresses import with_database
from tests.factories.counter import Counter
from tests.factories.databases import drop_database
from tests.factories.examined import broken_in
from tests.factories.network import Network
from tests.factories.web import Web, open_web
from tests.fakes.log import NullLog

ROOT_VARIABLE = "ENTREPOT_TEST_ROOT"
URL_VARIABLE = "ENTREPOT_TEST_DATABASE_URL"
SIZE_VARIABLE = "ENTREPOT_TEST_SIZE"
TEMPLATE = "entrepot_template"

# Any number that no test uses; processes take turns at making the template.
_TEMPLATE_LOCK = 20_260_920
_names = iter(range(1_000_000))


def pytest_configure(config: pytest.Config) -> None:
    """Choose the directory of this run once, before the test processes inherit the environment."""
    if hasattr(config, "workerinput"):
        return
    root = Path(tempfile.mkdtemp(prefix="entrepot-test-"))
    # As root, PostgreSQL runs as a system user, who has to get in.
    root.chmod(0o755 if os.geteuid() == 0 else 0o700)
    os.environ[ROOT_VARIABLE] = str(root)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the directory of this run; by now every test process has left the server."""
    if not hasattr(config, "workerinput") and ROOT_VARIABLE in os.environ:
        shutil.rmtree(os.environ.pop(ROOT_VARIABLE), ignore_errors=True)


@pytest.fixture(scope="session")
def full_size() -> bool:
    """True under `make proof`, where a test should run at the size that proves something."""
    return os.environ.get(SIZE_VARIABLE, "quick") == "full"


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A directory of this test's own that, unlike tmp_path, a system user can enter too."""
    path = Path(tempfile.mkdtemp(dir=os.environ[ROOT_VARIABLE]))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Settings as a fresh machine has them, but for the data directory of this run."""
    environ = {"ENTREPOT_DATA_DIR": os.environ[ROOT_VARIABLE]}
    if URL_VARIABLE in os.environ:
        environ["ENTREPOT_DATABASE_URL"] = os.environ[URL_VARIABLE]
    return Settings.from_environment(environ)


@pytest.fixture(scope="session")
def server(settings: Settings) -> Iterator[str]:
    """The address of the run's server: its maintenance database, for a role that makes others."""
    address: Future[str] = Future()
    done = threading.Event()

    async def keep() -> None:
        try:
            async with running_database(settings, NullLog()) as dsn:
                address.set_result(dsn)
                await asyncio.to_thread(done.wait)
        except BaseException as error:
            if not address.done():
                address.set_exception(error)
            raise

    # A thread of its own: the supervisor watches between tests, which each have their own loop.
    thread = threading.Thread(target=asyncio.run, args=(keep(),), name="server", daemon=True)
    thread.start()
    yield address.result()
    done.set()
    thread.join()


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a database that has every migration and nothing else; nobody may connect."""
    asyncio.run(_make_template(server))
    return TEMPLATE


async def _make_template(server: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
        found = "SELECT 1 FROM pg_database WHERE datname = $1"
        if not await connection.fetchval(found, TEMPLATE):
            # Under another name first, so that a half-migrated one is never taken for it.
            await connection.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}_new")
            await connection.execute(f"CREATE DATABASE {TEMPLATE}_new")
            await migrate(with_database(server, f"{TEMPLATE}_new"))
            await connection.execute(f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")
    finally:
        await connection.close()


@pytest.fixture
async def database(
    server: str, template: str, request: pytest.FixtureRequest
) -> AsyncIterator[str]:
    """The address of a migrated, empty database of this test's own.

    After the test every invariant is checked, whatever it was about.
    """
    name = f"test_{os.getpid()}_{next(_names)}"
    connection = await asyncpg.connect(server, statement_cache_size=0)
    try:
        # Copying through the log is a third of the time of copying files, which needs checkpoints.
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG")
        yield with_database(server, name)
        if request.node.get_closest_marker("damages_database") is None:
            broken = await broken_in(with_database(server, name))
            assert not broken, "\n".join(str(each) for each in broken)
        await drop_database(connection, name)
    finally:
        await connection.close()


@pytest.fixture
async def pool(database: str, settings: Settings) -> AsyncIterator[Pool]:
    """A pool as Entrepot opens it, on this test's database."""
    opened = await open_pool(database, settings)
    yield opened
    await opened.close()


@pytest.fixture
def network(pool: Pool) -> Network:
    """Writes organisations, goods and rights into this test's database."""
    return Network(pool)


@pytest.fixture
def counter(pool: Pool) -> Counter:
    """Where commands are handed in and decided at once."""
    return Counter(pool)


@pytest.fixture
async def web(pool: Pool, settings: Settings) -> AsyncIterator[Web]:
    """The REST door over this test's database, as programs see it."""
    async with open_web(pool, settings) as opened:
        yield opened
