"""Sixteen clients race for scarce goods at two servers; what they were told must hang together.

The histories are checked by the same command that operators have, against the ledger as it is at
the end. A hold that looks before it leaps is planted once, to see that the checker would tell.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from entrepot.identity import IssuedToken, NewToken, issue_token
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from tests.factories.callers import caller_for
from tests.factories.counter import Counter as StockCounter
from tests.factories.network import Network
from tests.factories.recorder import (
    POSITIONS,
    Shop,
    read_ledger,
    record_history,
    serving,
)
from tests.factories.served import PROGRAM, environ_of

OPENING = 12


@pytest.fixture
def addresses(database: str, tmp_path: Path) -> Iterator[Sequence[str]]:
    """Two servers, each with an intake of its own, over one database."""
    environs = {
        tmp_path / f"{each}.log": environ_of(database, tmp_path / str(each)) for each in range(2)
    }
    with serving(environs) as opened:
        yield opened


async def open_shop(pool: Pool, network: Network, counter: StockCounter) -> Shop:
    """An organisation with few units of a few goods."""
    organisation = await network.organisation()
    location = await network.location(organisation, "shelf", rank=-1)
    variants = {}
    for number in range(POSITIONS):
        variant = await network.variant(organisation)
        await counter.receive(organisation, variant, OPENING, location)
        variants["var_" + variant] = f"goods-{number}"
    everything = NewToken("recorder", tuple(scope.value for scope in Scope))
    token = await issue_token(pool, new_id, caller_for(organisation), everything)
    assert isinstance(token, IssuedToken)
    return Shop(token.secret, "loc_" + location, variants)


async def references_of(pool: Pool) -> dict[str, str]:
    """The references of all orders, also of those whose placing was never answered."""
    async with pool.acquire() as connection:
        rows = await connection.fetch("SELECT id, reference FROM orders")
    return {"ord_" + row[0]: row[1] for row in rows}


async def recorded(
    shop: Shop,
    pool: Pool,
    addresses: Sequence[str],
    sendings: int,
    seed: int,
    planted: LookingFirst | None = None,
) -> list[dict[str, Any]]:
    """A history from the moment after the shop was opened, settled with its ledger."""
    openings = [
        {"record": "opening", "position": position, "version": 1, "on_hand": OPENING}
        for position in shop.variants.values()
    ]
    operations = await record_history(shop, addresses, sendings, seed, planted)
    references = await references_of(pool)
    if planted is not None:
        references |= planted.references
    rows = await read_ledger(shop, addresses[0], references)
    return [*openings, *operations, *(row for row in rows if row["version"] > 1)]


def checked(history: list[dict[str, Any]], path: Path) -> tuple[int, Any, str]:
    """What `entrepot check-history` says of it: exit code, report, talk."""
    path.write_bytes(b"\n".join(msgspec.json.encode(each) for each in history))
    command = [str(PROGRAM), "check-history", str(path), "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, msgspec.json.decode(ended.stdout), ended.stderr


async def test_what_two_servers_answered_hangs_together(
    pool: Pool,
    network: Network,
    counter: StockCounter,
    addresses: Sequence[str],
    tmp_path: Path,
    *,
    full_size: bool,
) -> None:
    runs, sendings = (20, 5_000) if full_size else (1, 1_200)
    for seed in range(runs):
        shop = await open_shop(pool, network, counter)
        history = await recorded(shop, pool, addresses, sendings, seed)
        code, report, talk = await asyncio.to_thread(checked, history, tmp_path / f"{seed}.jsonl")
        assert code == 0, f"seed {seed}: {report['breaches'][:5]} {talk}"
        assert report["operations"] >= sendings * 0.99
        # The history has what is hard in it, and not only what is easy.
        told = Counter(
            (each["kind"], each["outcome"]) for each in history if each["record"] == "operation"
        )
        assert told["hold", "refused"] > sendings * 0.1
        assert told["hold", "ok"] > sendings * 0.1
        assert told["release", "ok"] > sendings * 0.03
        assert told["hold", "unknown"] > 0
        keys = Counter(each["key"] for each in history if each.get("key"))
        assert sum(count > 1 for count in keys.values()) > sendings * 0.1


@pytest.mark.damages_database("a hold that looks, thinks and writes is planted")
async def test_a_hold_that_looks_before_it_leaps_is_caught(
    pool: Pool,
    network: Network,
    counter: StockCounter,
    addresses: Sequence[str],
    tmp_path: Path,
    *,
    full_size: bool,
) -> None:
    shop = await open_shop(pool, network, counter)
    async with pool.acquire() as connection:
        await connection.execute("ALTER TABLE positions DROP CONSTRAINT positions_cover_promises")
    planted = LookingFirst(pool, shop)
    history = await recorded(shop, pool, addresses, 1_000 if full_size else 600, 1, planted)
    code, report, _ = await asyncio.to_thread(checked, history, tmp_path / "planted.jsonl")
    assert code == 6
    # It answers the version that it expected to make, which somebody else's write has made by
    # then; the ledger has another's row there; and in the end more is promised than there is.
    kinds = report["kinds"]
    assert {"version_twice", "figures_differ", "oversold"} <= set(kinds)
    # What the batch itself did is sound, so nothing of it is lost, doubled or torn.
    assert not {"lost", "unasked", "torn", "retry_differs", "version_missing"} & set(kinds)
    guilty = set(planted.references.values())
    for breach in report["breaches"]:
        if breach["kind"] == "version_twice":
            assert guilty & {history[line - 1]["order"] for line in breach["lines"]}, breach


class LookingFirst:
    """Holds by reading what there is, thinking for a moment, and writing."""

    def __init__(self, pool: Pool, shop: Shop) -> None:
        self.pool = pool
        self.location = shop.location.removeprefix("loc_")
        self.references: dict[str, str] = {}

    async def __call__(self, variant: str, quantity: int, reference: str) -> dict[str, Any] | None:
        """Answer with what it believes to have made; None refuses."""
        key: tuple[Id, Id] = (variant.removeprefix("var_"), self.location)
        order = new_id()
        self.references["ord_" + order] = reference
        async with self.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "SELECT on_hand, held, version FROM positions WHERE variant = $1 AND location = $2",
                *key,
            )
            assert row is not None
            on_hand, held, version = row
            if on_hand - held < quantity:
                return None
            await asyncio.sleep(0.002)
            await connection.execute(
                "WITH p AS (UPDATE positions SET held = held + $3, version = version + 1"
                " WHERE variant = $1 AND location = $2 RETURNING *)"
                " INSERT INTO ledger (owner, variant, location, version, at, kind, on_hand_change,"
                " held_change, allocated_change, on_hand, held, allocated, act, order_id)"
                " SELECT owner, variant, location, version, now(), 'hold', 0, $3, 0,"
                " on_hand, held, allocated, $4, $5 FROM p",
                *key,
                quantity,
                new_id(),
                order,
            )
        return {"version": version + 1, "on_hand": int(on_hand), "held": int(held + quantity)}
