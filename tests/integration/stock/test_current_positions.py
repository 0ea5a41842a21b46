"""A position's figures as they are now, however they are read: nothing past its time counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from entrepot.infra.sheets import SheetForm
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.stock import (
    Availability,
    Position,
    export_stock,
    find_availability,
    find_position,
    list_positions,
)
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.sharing import Sharing, open_sharing


@pytest.fixture
async def shared(network: Network, counter: Counter) -> Sharing:
    return await open_sharing(network, counter)


async def position(shared: Sharing) -> Position:
    """The wholesaler's only position; its lists tell the same of it."""
    listed = await list_positions(shared.pool, shared.seller, Page())
    assert not isinstance(listed, Refusal)
    (found,) = listed
    variant, location = (text.partition("_")[2] for text in (found.variant, found.location))
    assert await find_position(shared.pool, shared.seller, variant, location) == found
    for narrowed in ({"variant": variant}, {"location": location}):
        assert await list_positions(shared.pool, shared.seller, Page(), **narrowed) == [found]
    return found


async def sheet(shared: Sharing) -> list[str]:
    """On hand, version, held, allocated and available, as the wholesaler's sheet has them."""
    pages = await export_stock(shared.pool, shared.seller, SheetForm())
    assert not isinstance(pages, Refusal)
    lines = b"".join([page async for page in pages]).decode().splitlines()
    return lines[1].split(",")[-5:]


async def available(shared: Sharing) -> tuple[str, str | None]:
    """What the wholesaler can promise, and what is offered to the retailer."""
    own = await find_availability(shared.pool, shared.seller, shared.goods)
    theirs = await find_availability(shared.pool, shared.buyer, shared.variant)
    assert isinstance(own, Availability), own
    assert isinstance(theirs, Availability), theirs
    return str(own.available_to_promise), theirs.available_to_promise


async def test_all_reads_agree_on_what_counts(shared: Sharing) -> None:
    held = order_of((shared.goods, 3))
    await shared.counter.place(shared.wholesaler, held)
    soon = datetime.now(UTC) + timedelta(hours=1)
    kept = await shared.allocated(4, valid_until=soon)

    found = await position(shared)
    assert (found.on_hand, found.held, found.allocated, found.available) == ("10", "3", "4", "3")
    assert await sheet(shared) == ["10", "3", "3", "4", "3"]
    assert await available(shared) == ("3", "7")

    await shared.pass_validity(kept)
    found = await position(shared)
    assert (found.held, found.allocated, found.available) == ("3", "0", "7")
    assert await sheet(shared) == ["10", "3", "3", "0", "7"]
    assert await available(shared) == ("7", "7")

    await shared.network.set_clock_past(held.order)
    found = await position(shared)
    assert (found.held, found.allocated, found.available) == ("0", "0", "10")
    assert (found.version, await shared.position()) == (3, (10, 3, 4, 3)), "nothing was written"
    assert await sheet(shared) == ["10", "3", "0", "0", "10"]
    assert await available(shared) == ("10", "10")


async def test_unlimited_figures_never_counted_what_is_past(
    network: Network, counter: Counter
) -> None:
    shared = await open_sharing(network, counter, on_hand=0)
    shared.goods = await network.variant(shared.wholesaler, "SERVICE", unlimited=True)
    order = order_of((shared.goods, 5))
    await counter.place(shared.wholesaler, order)
    await network.set_clock_past(order.order)

    found = await position(shared)
    assert (found.on_hand, found.held, found.available) == ("0", "0", "0")
    assert found.unlimited
    assert await sheet(shared) == ["0", "1", "0", "0", "0"]
