"""A retailer's shops follow what they can promise: a changed-stock feed, read by cursor."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest

from entrepot.connectors import feed
from entrepot.connectors.feed import PublishedNumber
from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from tests.factories.cli import CommandLine
from tests.factories.consignment import Consignment, open_consignment
from tests.factories.counter import Counter
from tests.factories.feeding import Shop, number_all, publish_all, published, read_part, tell
from tests.factories.network import Network
from tests.factories.web import Asker, Web


@pytest.fixture
async def shared(network: Network, counter: Counter) -> Consignment:
    """A wholesaler with a hundred carrots, which two retailers sell."""
    return await open_consignment(network, counter, retailers=2, on_hand=100)


async def read_all(asker: Asker, cursor: str | None = None, limit: int = 1000) -> tuple[Any, str]:
    """Everything that is new since a cursor, and the cursor to ask with next time."""
    numbers: list[Any] = []
    more = True
    while more:
        query: dict[str, object] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = await asker.get("/feed", **query)
        assert len(page["data"]) <= limit
        numbers += page["data"]
        cursor, more = page["next"], page["more"]
    assert cursor is not None
    return numbers, cursor


async def test_a_shop_follows_the_feed(web: Web, counter: Counter, shared: Consignment) -> None:
    retailer, other = shared.retailers
    shop = await web.asker(retailer.organisation, Scope.STOCK_READ)
    assert await read_all(shop) == ([], (await shop.get("/feed"))["next"])

    await publish_all(web.pool)
    numbers, cursor = await read_all(shop)
    (number,) = numbers
    assert number.pop("published_at").endswith("Z")
    assert number.pop("sku").startswith("WORTELS")
    assert number == {
        "variant": f"var_{retailer.variant}",
        "available_to_promise": "100",
        "unlimited": False,
        "version": 1,
    }

    # Nothing is new: an empty answer, and the same cursor to ask with again.
    assert await read_all(shop, cursor) == ([], cursor)

    # Ten orders at the wholesaler are one new number, absolute.
    for _ in range(10):
        await counter.adjust(shared.wholesaler, shared.variant, -2)
    await publish_all(web.pool)
    numbers, later = await read_all(shop, cursor)
    assert [(each["available_to_promise"], each["version"]) for each in numbers] == [("80", 2)]
    assert later != cursor

    # Whoever starts anew gets everything as it is now.
    assert (await read_all(shop))[0] == numbers
    assert await published(web.pool, other.organisation) == {other.variant: ("80", 2)}


async def test_paused_is_none_and_resumed_is_back(
    web: Web, shared: Consignment, network: Network
) -> None:
    retailer, other = shared.retailers
    shop = await web.asker(retailer.organisation)
    await publish_all(web.pool)
    _, cursor = await read_all(shop)
    for state, number in (("paused", "0"), ("active", "100"), ("ending", "0")):
        await network.set_partnership_state(retailer.partnership, state)
        event, subject = f"partnerships.{state}", f"pts_{retailer.partnership}"
        await tell(web.pool, retailer.organisation, event, subject)
        await publish_all(web.pool)
        numbers, cursor = await read_all(shop, cursor)
        assert [each["available_to_promise"] for each in numbers] == [number]
    assert await published(web.pool, other.organisation) == {other.variant: ("100", 1)}


async def test_a_message_out_of_order_changes_nothing(
    pool: Pool, network: Network, counter: Counter
) -> None:
    """Whatever the order in which messages arrive, a shop that minds versions ends the same."""
    shared = await open_consignment(network, counter, on_hand=0)
    (retailer,) = shared.retailers
    own = await network.variant(retailer.organisation)
    sent: list[PublishedNumber] = []
    after = 0
    dice = Random(3)
    for _ in range(12):
        who = dice.choice(((shared.wholesaler, shared.variant), (retailer.organisation, own)))
        await counter.receive(*who, dice.randrange(1, 9))
        await publish_all(pool)
        part = await read_part(pool, retailer.organisation, after)
        sent += part.numbers
        after = part.place
    assert len(sent) == 12
    in_order = Shop()
    for message in sent:
        in_order.take(message)
    now = await published(pool, retailer.organisation)
    for _ in range(20):
        shuffled = Shop()
        for message in dice.sample([*sent, *sent], 2 * len(sent)):
            shuffled.take(message)
        assert shuffled.kept == in_order.kept
    assert {
        variant.removeprefix("var_"): (each.available_to_promise, each.version)
        for variant, each in in_order.kept.items()
    } == now


async def test_partners_see_their_own_versions_only(
    web: Web, counter: Counter, network: Network, shared: Consignment
) -> None:
    """Neither the number of a version nor its rising tells what happens elsewhere."""
    retailer, other = shared.retailers
    await publish_all(web.pool)
    for _ in range(5):  # the wholesaler's stock moves, and yet no cap is reached
        await counter.receive(shared.wholesaler, shared.variant, 1)
        await counter.receive(other.organisation, other.variant, 1)
        await counter.adjust(shared.wholesaler, shared.variant, -1)
        await publish_all(web.pool)
    mine = await web.asker(retailer.organisation)
    numbers, _ = await read_all(mine)
    assert [(each["variant"], each["version"]) for each in numbers] == [
        (f"var_{retailer.variant}", 1)
    ]
    stranger = await web.asker(await network.organisation("stranger"))
    assert (await read_all(stranger))[0] == []
    text = (await mine.send("GET", "/api/v1/feed")).text
    for hidden in (shared.wholesaler, shared.variant, retailer.partnership, other.variant):
        assert hidden not in text


async def test_pages_of_a_feed_that_moves_miss_nothing(
    web: Web, counter: Counter, network: Network
) -> None:
    owner = await network.organisation()
    variants = [await network.variant(owner) for _ in range(7)]
    for variant in variants:
        await counter.receive(owner, variant, 1)
    await publish_all(web.pool)
    asker = await web.asker(owner)
    shop, cursor = dict[str, str](), None
    for variant in variants:
        query: dict[str, object] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = await asker.get("/feed", **query)
        shop |= {each["variant"]: each["available_to_promise"] for each in page["data"]}
        cursor = page["next"]
        await counter.receive(owner, variant, 4)
        await publish_all(web.pool)
    numbers, _ = await read_all(asker, cursor, limit=3)
    shop |= {each["variant"]: each["available_to_promise"] for each in numbers}
    assert shop == {f"var_{variant}": "5" for variant in variants}


async def test_bad_input(web: Web, counter: Counter, shared: Consignment) -> None:
    (retailer, _) = shared.retailers
    shop = await web.asker(retailer.organisation)
    await publish_all(web.pool)
    await _is_refused(shop, 422, "request.cursor_not_valid", cursor="nonsense")
    await _is_refused(shop, 422, "request.field_not_valid", limit=0)
    await _is_refused(shop, 422, "request.field_not_valid", limit=1001)
    await _is_refused(shop, 422, "request.field_unknown", since="yesterday")
    owner = await web.asker(shared.wholesaler)
    for _ in range(3):
        await counter.receive(shared.wholesaler, shared.variant, 1)
        await publish_all(web.pool)
    _, ahead = await read_all(owner)
    await _is_refused(shop, 422, "request.cursor_not_valid", cursor=ahead + "x")
    # After a backup was restored, a shop may know a later place than there is.
    await web.pool.execute("UPDATE feed_numbers SET place = place - 1 WHERE place > 1")
    await _is_refused(owner, 422, "feed.cursor_ahead", cursor=ahead)
    others = await web.asker(retailer.organisation, Scope.STOCK_WRITE)
    await _is_refused(others, 403, "identity.scope_missing")
    await _is_refused(web.nobody(), 401, "identity.token_not_valid")


async def _is_refused(asker: Asker, status: int, code: str, **query: object) -> None:
    response = await asker.send("GET", "/api/v1/feed", query=query)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text


async def test_the_operator_is_told_when_the_feed_is_late(pool: Pool, shared: Consignment) -> None:
    assert len(shared.retailers) == 2
    await number_all(pool)
    assert await _late(pool) == ("ok", 0)
    while await feed.touch_numbers(pool):
        pass
    await pool.execute("UPDATE feed_touched SET touched_at = touched_at - interval '5 minutes'")
    assert await _late(pool) == ("warning", 3)


async def _late(pool: Pool) -> tuple[str, object]:
    async with pool.acquire() as connection:
        (finding,) = await feed.examine_feed(connection)
    return finding.state, finding.facts["numbers"]


async def _published_by(database: str, settings: Settings) -> None:
    pool = await open_pool(database, settings)
    try:
        await publish_all(pool)
    finally:
        await pool.close()


def test_the_command_lists_what_was_published(
    database: str,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    entrepot = CommandLine(database, tmp_path / "data", monkeypatch, capsys)
    entrepot.done("organisation", "create", "farm")
    entrepot.done("location", "create", "farm", "barn")
    entrepot.done("variant", "create", "farm", "CARROTS")
    entrepot.done("variant", "create", "farm", "WATER", "--unlimited")
    assert "entrepot work" in entrepot("feed", "list", "farm").err
    entrepot.done("stock", "receive", "farm", "CARROTS=10")
    asyncio.run(_published_by(database, settings))
    shown = entrepot("feed", "list", "farm")
    assert shown.code == 0
    assert "unlimited" in shown.out
    listed = entrepot.done("feed", "list", "farm")
    assert {each["sku"]: each["available_to_promise"] for each in listed["numbers"]} == {
        "CARROTS": "10",
        "WATER": None,
    }
    place = listed["place"]
    assert entrepot.done("feed", "list", "farm", "--after", str(place))["numbers"] == []
    ahead = entrepot("feed", "list", "farm", "--after", str(place + 1))
    assert ahead.code != 0
    assert "ahead of all" in ahead.err


class _Trade:
    """A wholesaler and two retailers who do whatever the doors let them, by chance."""

    def __init__(self, dice: Random, shared: Consignment, askers: list[Asker]) -> None:
        self.dice = dice
        self.shared = shared
        self.seller, *self.buyers = askers
        self.orders: list[tuple[Asker, str]] = []
        self.seen: set[str] = set()

    async def act(self) -> None:
        """Do one thing; a refusal is as good as any answer."""
        dice = self.dice
        number = dice.randrange(len(self.buyers))
        retailer, buyer = self.shared.retailers[number], self.buyers[number]
        partnership = f"pts_{retailer.partnership}"
        goods, own = f"var_{self.shared.variant}", f"var_{retailer.variant}"
        quantity = str(dice.randrange(1, 30))
        who, variant = dice.choice(((self.seller, goods), (buyer, own)))
        lines = [{"variant": variant, "quantity": quantity}]
        placed = {"reference": f"order-{dice.random()}", "lines": lines, "paid": True}
        kept = {"partnership": partnership, "variant": goods, "quantity": quantity}
        acts: dict[str, tuple[Asker, str, object]] = {
            "receive": (who, "/stock/receipts", {"lines": lines}),
            "order": (who, "/orders", placed),
            "allocate": (self.seller, "/allocations", kept),
            "pause": (who, f"/partnerships/{partnership}/pause", None),
            "resume": (who, f"/partnerships/{partnership}/resume", None),
        }
        changes: dict[str, tuple[Asker, str, object]] = {
            "buffer": (self.seller, f"/partnerships/{partnership}", {"buffer": quantity}),
            "policy": (
                self.seller,
                f"/partnerships/{partnership}",
                {"sharing_policy": dice.choice(("all_stock", "allocated_only"))},
            ),
        }
        name = dice.choice([*acts, *acts, *changes, "cancel", "close"])
        if name in acts:
            asker, path, body = acts[name]
            response = await asker.try_post(path, body)
            if name == "order" and response.status_code < 300:
                self.orders.append((asker, response.json()["id"]))
        elif name in changes:
            asker, path, body = changes[name]
            response = await asker.patch(path, body)
        elif name == "cancel" and self.orders:
            asker, order = self.orders.pop(dice.randrange(len(self.orders)))
            response = await asker.try_post(f"/orders/{order}/cancel")
        else:
            allocations = (await self.seller.get("/allocations"))["data"]
            ident = dice.choice([each["id"] for each in allocations] or [f"alc_{'0' * 32}"])
            response = await self.seller.try_post(f"/allocations/{ident}/close")
        assert response.status_code < 500, response.text
        if response.status_code < 300:
            self.seen.add(name)


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_feed_says_what_is_available(
    seed: int, web: Web, network: Network, counter: Counter, *, full_size: bool
) -> None:
    """Whatever happens, a shop that follows the feed knows what the breakdown adds up to."""
    shared = await open_consignment(network, counter, retailers=2, on_hand=50)
    everybody = (shared.wholesaler, *(each.organisation for each in shared.retailers))
    askers = [await web.asker(each) for each in everybody]
    trade = _Trade(Random(seed), shared, askers)
    shops: list[dict[str, Any]] = [{} for _ in askers]
    cursors: list[str | None] = [None for _ in askers]
    for _ in range(40 if full_size else 12):
        for _ in range(4):
            await trade.act()
        await publish_all(web.pool)
        for number, asker in enumerate(askers):
            numbers, cursors[number] = await read_all(asker, cursors[number])
            shops[number] |= {each["variant"]: each["available_to_promise"] for each in numbers}
            available = (await asker.get("/availability"))["data"]
            assert shops[number] == {
                each["variant"]: each["available_to_promise"] for each in available
            }
    assert {"receive", "order", "pause", "resume"} <= trade.seen
