"""A week between two partners: seen while it runs, closed, answered, and the end of it all.

Told through the REST door and the command line. What passes is written as the batch writes it, but
for the stock behind it, so that the invariants of stock are not checked afterwards.
"""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from entrepot.settlement import close_weeks, write_settlements
from tests.factories.cli import CommandLine
from tests.factories.damages import dump
from tests.factories.network import Network
from tests.factories.transfers import Trade, monday, open_trade
from tests.factories.web import Asker, Web

pytestmark = pytest.mark.damages_database("transfers without their stock")


async def trading(network: Network) -> Trade:
    """A wholesaler of crates of six and a retailer of bottles, closed through 2026-W11."""
    opened = await open_trade(network)
    crate, mug = await opened.pair(6, "=CRATE"), await opened.pair(1, "MUG")
    await opened.move(crate, 2, "2026-W12", price="1.25", vat="9")
    first = await opened.move(mug, 5, "2026-W12", price="4", vat="21")
    await opened.reverse(first, "2026-W12", 2)
    await opened.move(mug, 1, "2026-W12", price="4.50", vat="21")
    await opened.move(mug, 3, "2026-W13", price="4.50", vat="21")
    return opened


@pytest.fixture
async def trade(network: Network) -> Trade:
    return await trading(network)


@pytest.fixture
def traded(database: str, settings: Settings) -> Trade:
    """The same, for those who come by the command line, of which each call is a process."""

    async def trade() -> Trade:
        async with await open_pool(database, settings) as pool:
            return await trading(Network(pool))

    return asyncio.run(trade())


@pytest.fixture
async def seller(trade: Trade, web: Web) -> Asker:
    return await web.asker(trade.wholesaler)


@pytest.fixture
async def buyer(trade: Trade, web: Web) -> Asker:
    return await web.asker(trade.retailer)


@pytest.fixture
def entrepot(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    return CommandLine(database, tmp_path / "data", monkeypatch, capsys)


async def settle(trade: Trade, week: str) -> None:
    """Let a week close as its time has come."""
    await close_weeks(trade.pool, new_id, trade.seller, trade.id, monday(week))
    await write_settlements(trade.pool, new_id, trade.seller, trade.id)


def settled(entrepot: CommandLine, *options: str) -> list[dict[str, Any]]:
    """What `entrepot settle` says it did."""
    found: list[dict[str, Any]] = entrepot.done("settle", *options)["settled"]
    return found


async def test_a_week_from_open_to_answered(trade: Trade, seller: Asker, buyer: Asker) -> None:
    partnership = f"pts_{trade.id}"
    running = await buyer.get(f"/partnerships/{partnership}/open-settlement")
    assert (running["week"], running["state"], running["face"]) == ("2026-W12", "open", "inbound")
    assert running["begins_at"] == "2026-03-15T23:00:00Z"
    moved = (await buyer.get(f"/partnerships/{partnership}/open-settlement/lines"))["data"]
    assert {line["net"] for line in moved} == {"2", "3", "1"}
    assert running["lines"] == len(moved) == 3
    # 2 crates of 6 at 1.25; 3 mugs at 4 and one at 4.50.
    assert running["totals"] == [
        {"vat_rate": "9", "net_minor": 1500, "vat_minor": 135},
        {"vat_rate": "21", "net_minor": 1650, "vat_minor": 347},
    ]
    assert (running["net_minor"], running["gross_minor"]) == (3150, 3632)
    assert (await buyer.get("/settlements"))["data"] == []

    await settle(trade, "2026-W12")
    (inbound,) = (await buyer.get("/settlements"))["data"]
    (order,) = (await seller.get("/settlements", face="order"))["data"]
    assert inbound["id"] == order["id"]
    assert {name: inbound[name] for name in running if name != "state"} == {
        name: running[name] for name in running if name != "state"
    }
    path = f"/settlements/{order['id']}"
    assert await seller.get(path) == order
    lines = (await buyer.get(f"{path}/lines"))["data"]
    assert sorted(str(line | {"line": None}) for line in lines) == sorted(
        str(line) for line in moved
    )
    theirs = (await seller.get(f"{path}/lines"))["data"]
    assert [line["amount"] for line in theirs] == [line["amount"] for line in lines]
    mugs = next(line for line in lines if line["unit_price"] == "4")
    transfers = (await buyer.get(f"{path}/lines/{mugs['line']}/transfers", limit=1))["data"]
    assert transfers[0]["quantity"] == "5"

    disputed = await buyer.post(f"{path}/dispute", {"reason": "One crate was empty."}, key="d")
    assert disputed["state"] == "disputed"
    assert await buyer.post(f"{path}/dispute", {"reason": "One crate was empty."}, key="d") == (
        disputed
    )
    notices = (await seller.get("/notices"))["data"]
    assert [each["kind"] for each in notices] == ["settlement.disputed"]
    assert (await seller.get(path))["partner_answer"]["dispute_reason"] == "One crate was empty."
    acknowledged = await buyer.post(f"{path}/acknowledge")
    assert (acknowledged["state"], acknowledged["dispute_reason"]) == ("acknowledged", None)
    refused = await buyer.try_post(f"{path}/dispute", {"reason": "No."})
    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "settlement.already_acknowledged",
    )
    assert await trade.broken() == []


async def test_the_sheet_defuses_what_would_be_run(
    trade: Trade, seller: Asker, buyer: Asker
) -> None:
    await settle(trade, "2026-W12")
    (document,) = (await seller.get("/settlements"))["data"]
    response = await buyer.send("GET", f"/api/v1/exports/settlements/{document['id']}")
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["line"] for row in rows] == ["1", "2", "3"]
    crate = next(row for row in rows if row["partner_sku"].startswith("'="))
    assert (crate["week"], crate["net"], crate["unit_price"], crate["amount"]) == (
        "2026-W12",
        "2",
        "7.5",
        "15",
    )
    mirrored = await seller.send("GET", f"/api/v1/exports/settlements/{document['id']}")
    theirs = list(csv.DictReader(io.StringIO(mirrored.text)))
    assert [row["amount"] for row in theirs] == [row["amount"] for row in rows]
    assert {row["partner_sku"] for row in theirs} == {""}


def test_weeks_that_may_not_close_are_refused(
    traded: Trade, entrepot: CommandLine, database: str
) -> None:
    """Closed already, not over, not a week, nobody's: nothing is changed."""
    partnership = f"pts_{traded.id}"
    (done,) = settled(entrepot, "--partnership", partnership, "--week", "2026-W12")
    assert (done["closed_through"], done["newly_closed"]) == ("2026-W12", 1)
    before = asyncio.run(dump(database))
    for options, code, says in (
        (("--partnership", partnership, "--week", "2026-W12"), 4, "settlement.week_closed"),
        (("--partnership", partnership, "--week", "2020-W01"), 4, "settlement.week_closed"),
        (("--week", "2026-W12"), 4, "settlement.week_closed"),
        (("--partnership", partnership, "--week", "2099-W01"), 4, "settlement.week_not_over"),
        (("--week", "2099-W01"), 4, "settlement.week_not_over"),
        (("--week", "2026-W54"), 2, "2026-W54"),
        (("--partnership", f"pts_{new_id()}"), 3, "partnerships.unknown_partnership"),
        (("--partnership", "nonsense"), 3, "partnerships.unknown_partnership"),
    ):
        ended = entrepot("settle", *options)
        assert (ended.code, says in ended.err) == (code, True), (options, ended)
        assert asyncio.run(dump(database)) == before, options


def test_a_trial_settles_as_if_it_were_later_and_not_earlier(
    traded: Trade, entrepot: CommandLine, database: str
) -> None:
    partnership = f"pts_{traded.id}"
    (through,) = settled(entrepot, "--as-of", "2026-03-23T00:00:00+01:00")
    assert (through["closed_through"], through["newly_closed"]) == ("2026-W12", 1)
    (document,) = through["settlements"]
    assert (document["week"], document["closed_at"]) == ("2026-W12", "2026-03-22T23:00:00Z")
    before = asyncio.run(dump(database))
    # The moment before, W12 was still open; and a moment needs its zone.
    for moment, code, says in (
        ("2026-03-22T23:59:59+01:00", 4, "settlement.week_closed"),
        ("2026-03-23T00:00:00", 2, "no moment"),
        ("tomorrow", 2, "no moment"),
    ):
        for options in ((), ("--partnership", partnership)):
            ended = entrepot("settle", "--as-of", moment, *options)
            assert (ended.code, says in ended.err) == (code, True), (moment, ended)
    (same,) = settled(entrepot, "--as-of", "2026-03-29T23:59:59+02:00")
    assert (same["newly_closed"], same["settlements"]) == (0, [])
    assert asyncio.run(dump(database)) == before
    ended = entrepot("settle", "--week", "2099-W01", "--as-of", "2099-01-05T00:00:00+01:00")
    assert (ended.code, "settled in the next one" in ended.err) == (0, True)
    later, _ = entrepot.done("settlement", "list", f"org_{traded.wholesaler}")["settlements"]
    assert later["week"] == "2026-W13"


def test_a_dry_run_settles_and_keeps_nothing(
    traded: Trade, entrepot: CommandLine, database: str
) -> None:
    before = asyncio.run(dump(database))
    (rehearsed,) = settled(entrepot, "--dry-run")
    assert asyncio.run(dump(database)) == before
    (done,) = settled(entrepot)
    assert done["partnership"] == f"pts_{traded.id}"

    def said(of: dict[str, Any]) -> list[tuple[str, int]]:
        return [(each["week"], each["net_minor"]) for each in of["settlements"]]

    assert said(rehearsed) == said(done) == [("2026-W12", 3150), ("2026-W13", 1350)]
    assert settled(entrepot)[0]["settlements"] == []


def test_people_read_it_at_the_terminal(traded: Trade, entrepot: CommandLine) -> None:
    retailer, partner = f"org_{traded.retailer}", f"pts_{traded.id}"

    def run(*arguments: str) -> str:
        ended = entrepot(*arguments)
        assert ended.code == 0, ended.err
        return ended.out

    assert "MUG" in run("settlement", "open", retailer, partner)
    assert "31.50 EUR" in run("settle", "--week", "2026-W12")
    (found,) = entrepot.done("settlement", "list", retailer)["settlements"]
    document = found["id"]
    assert "=CRATE" in run("settlement", "show", retailer, document)
    assert "trf_" in run("settlement", "transfers", retailer, document, "1")
    assert "disputed" in run("settlement", "dispute", retailer, document, "--reason", "Not so.")
    assert "acknowledged" in run("settlement", "acknowledge", retailer, document)
    assert "open allocations" in run("settlement", "checklist", retailer, partner)
    sheet = run("export", "settlement", document, "--organisation", retailer)
    assert [len(row) for row in csv.reader(io.StringIO(sheet))] == [14] * 4
    refused = entrepot("settlement", "end-partnership", retailer, partner)
    assert refused.code == 4
    assert "settlement.not_ending" in refused.err


async def test_a_partnership_ends_with_every_week_settled(
    trade: Trade, seller: Asker, buyer: Asker
) -> None:
    path = f"/partnerships/pts_{trade.id}"
    await seller.post(f"{path}/begin-ending")
    assert (await buyer.get(f"{path}/ending-checklist"))["may_end"]
    ended = await buyer.post(f"{path}/end")
    assert ended["state"] == "ended"
    weeks = [each["week"] for each in (await seller.get("/settlements"))["data"]]
    assert weeks == ["2026-W13", "2026-W12"]
    assert (await seller.get(path))["state"] == "ended"
    response = await seller.send("GET", f"/api/v1{path}/open-settlement", query={"week": weeks[0]})
    assert (response.status_code, response.json()["code"]) == (409, "settlement.week_closed")


async def test_reading_needs_the_scope_and_answering_another(trade: Trade, web: Web) -> None:
    reader = await web.asker(trade.retailer, Scope.SETTLEMENT_READ)
    assert (await reader.get("/settlements"))["data"] == []
    refused = await reader.try_post(f"/settlements/stl_{new_id()}/acknowledge")
    assert (refused.status_code, refused.json()["code"]) == (403, "identity.scope_missing")
