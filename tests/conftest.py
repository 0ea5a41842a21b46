"""One real PostgreSQL for the whole run, and an empty, migrated database for each test.

All test processes share one data directory. Each runs Entrepot's own supervisor on it: the first
starts the server, the others join, the last to leave stops it. So every run of the suite also
exercises the supervisor.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from pathlib import Path

import asyncpg
import pytest

from entrepot.infra.migrate import migrate
from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.postgres import places_for, running_database
from entrepot.infra.postgres.places import SUPERUSER
from entrepot.infra.settings import Settings
from tests.factories.addresses import with_database
from tests.factories.counter import Counter
from tests.factories.databases import Databases
from tests.factories.demo import Demo, Made
from tests.factories.network import Network
from tests.factories.pools import Pools, close_pool
from tests.factories.web import Web, open_web
from tests.fakes.log import NullLog

ROOT_VARIABLE = "ENTREPOT_TEST_ROOT"
URL_VARIABLE = "ENTREPOT_TEST_DATABASE_URL"
SIZE_VARIABLE = "ENTREPOT_TEST_SIZE"
TEMPLATE = "entrepot_template"

# Any number that no test uses; processes take turns at making the template.
_TEMPLATE_LOCK = 20_260_920


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


def pytest_collection_finish() -> None:
    """Do not look again and again at what was imported and collected, which all stays."""
    gc.collect()
    gc.freeze()


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
    dsn = address.result()
    if URL_VARIABLE not in os.environ:
        set_durable(Path(os.environ[ROOT_VARIABLE]), durable=False)
    yield dsn
    done.set()
    thread.join()


def set_durable(root: Path, *, durable: bool) -> None:
    """Say whether the run's own server waits for the disk. Its data dies with the run.

    Tests of what survives run servers of their own, which do; nothing else is slower by it. Nor
    does it clean up behind tests: their databases are too many, and gone before it pays.
    """
    data = root / "postgres" / "data"
    word = "on" if durable else "off"
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write(f"fsync = {word}\nfull_page_writes = {word}\nautovacuum_naptime = 1d\n")
    postmaster = int((data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    os.kill(postmaster, signal.SIGHUP)


@pytest.fixture
def durable_server(server: str) -> Iterator[None]:
    """The run's server, waiting for the disk as an installation's does."""
    root = Path(os.environ[ROOT_VARIABLE])
    if URL_VARIABLE in os.environ:
        yield
        return
    wanted = root / f"durable-for-{os.getpid()}"
    wanted.touch()
    set_durable(root, durable=True)
    asyncio.run(_wait_for_durable(server))
    yield
    wanted.unlink()
    if not list(root.glob("durable-for-*")):  # the other process may need it still
        set_durable(root, durable=False)


async def _wait_for_durable(server: str) -> None:
    """Wait until the server has read its settings again."""
    connection = await asyncpg.connect(server)
    try:
        for _ in range(100):
            if await connection.fetchval("SELECT current_setting('full_page_writes')") == "on":
                return
            await asyncio.sleep(0.05)
    finally:
        await connection.close()
    raise AssertionError("the server does not read its settings")


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


@pytest.fixture(scope="session")
def databases(server: str, template: str, settings: Settings) -> Iterator[Databases]:
    """Lends the databases of this process."""
    keeper = server
    if URL_VARIABLE not in os.environ:
        keeper = places_for(settings.data_dir).dsn(SUPERUSER, "postgres")
    lending = Databases(server, template, keeper)
    yield lending
    lending.close()


@pytest.fixture(scope="session")
async def pools(settings: Settings) -> AsyncIterator[Pools]:
    """Lends pools of connections to the databases of this process."""
    lending = Pools(settings)
    yield lending
    await lending.close()


@pytest.fixture
def fresh(request: pytest.FixtureRequest) -> bool:
    """True where the test needs a database that nobody had before."""
    return request.node.get_closest_marker("fresh_database") is not None


@pytest.fixture
async def database(
    databases: Databases, pools: Pools, request: pytest.FixtureRequest, *, fresh: bool
) -> AsyncIterator[str]:
    """The address of a migrated, empty database of this test's own.

    After the test every invariant is checked, whatever it was about.
    """
    name = await databases.lend(fresh=fresh)
    dsn = with_database(databases.server, name)
    yield dsn
    broken = []
    if request.node.get_closest_marker("damages_database") is None:
        broken = await databases.broken_in(name)
    if fresh or not await databases.take_back(name):
        pools.forget(dsn)
        await databases.drop(name)
    assert not broken, "\n".join(str(each) for each in broken)


@pytest.fixture(scope="session")
def made(server: str, template: str, settings: Settings) -> Made:
    """The whole demo network, made once for the run."""
    whole = Made(server, Path(os.environ[ROOT_VARIABLE]) / "demo")
    asyncio.run(whole.make_once(template, settings))
    return whole


@pytest.fixture
def demo(made: Made, tmp_path: Path) -> Iterator[Demo]:
    """A whole demo network of this test's own; afterwards every invariant is checked."""
    with made.copied(tmp_path / "demo") as copy:
        yield copy


@pytest.fixture
async def pool(
    database: str, pools: Pools, settings: Settings, *, fresh: bool
) -> AsyncIterator[Pool]:
    """A pool as Entrepot opens it, on this test's database."""
    opened = await (open_pool(database, settings) if fresh else pools.lend(database))
    yield opened
    if fresh:
        await close_pool(opened)
    else:
        await pools.take_back(database, opened)


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
