"""Saying that an invoice's goods can be fetched."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    MarketLine,
    MarketOrderChanges,
    Money,
    ShownInvoice,
    change_marketplace_order,
    find_invoice,
    mark_invoice_ready,
)
from tests.factories.bazaar import Bazaar
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import Counter
from tests.factories.network import Network

FETCHED = MarketLine(Money(300), delivery_type="click_and_collect")


class Shelf:
    """Three mugs that a customer fetches, and one rug that is sent."""

    def __init__(self, bazaar: Bazaar, pool: Pool) -> None:
        self.bazaar = bazaar
        self.pool = pool

    async def open(self) -> Shelf:
        self.seller = await self.bazaar.seller()
        mugs = await self.bazaar.goods(self.seller, "MUGS")
        rugs = await self.bazaar.goods(self.seller, "RUGS")
        placing = self.bazaar.order((mugs, 3, FETCHED), (rugs, 1, 100))
        await self.bazaar.counter.place(self.bazaar.marketplace, placing)
        self.order: Id = placing.order
        self.pickup = await self.bazaar.invoice(self.order, 1)
        self.parcel = await self.bazaar.invoice(self.order, 2)
        return self

    async def ready(self, who: Id, invoice: Id | None = None, sent: Sent | None = None) -> Any:  # noqa: ANN401 - an answer or a refusal's code
        caller = caller_for(who, Scope.MARKETPLACE_WRITE)
        wanted = self.pickup if invoice is None else invoice
        answer = await mark_invoice_ready(self.pool, new_id, caller, wanted, sent)
        return answer.code if isinstance(answer, Refusal) else answer.answer

    async def show(self) -> ShownInvoice:
        caller = caller_for(self.seller, Scope.MARKETPLACE_READ)
        found = await find_invoice(self.pool, caller, self.pickup, "seller")
        assert isinstance(found, ShownInvoice)
        return found


@pytest.fixture
async def shelf(network: Network, counter: Counter, pool: Pool) -> Shelf:
    return await Shelf(await Bazaar(network, counter).open(), pool).open()


async def test_it_is_ready_from_the_first_time_on(shelf: Shelf) -> None:
    first = await shelf.ready(shelf.seller, sent=Sent("=one", b"x" * 32))
    assert await shelf.ready(shelf.bazaar.marketplace) == first
    assert await shelf.ready(shelf.seller, sent=Sent("=one", b"x" * 32)) == first
    shown = await shelf.show()
    assert (shown.ready_at, shown.updated_at) == (first.ready_at, first.ready_at)
    assert (shown.status_flags, shown.status) == (["paid", "ready"], "ready")
    assert (first.id, first.legacy_id) == (shown.id, shown.legacy_id)
    for who in (shelf.seller, shelf.bazaar.marketplace):
        told = [act for act, subject, _ in await acts_of(shelf.pool, who) if subject == shown.id]
        assert told == ["orders.invoice_ready"]


async def test_what_is_sent_reviewed_or_gone_is_never_ready(shelf: Shelf) -> None:
    assert await shelf.ready(shelf.seller, shelf.parcel) == "orders.not_fetched"
    caller = caller_for(shelf.bazaar.marketplace, Scope.MARKETPLACE_WRITE)
    for status, code in (("pending_review", "orders.under_review"), ("complete", None)):
        changes = MarketOrderChanges(status)  # type: ignore[arg-type] # a status, as it is read
        await change_marketplace_order(shelf.pool, new_id, caller, shelf.order, changes)
        if code is not None:
            assert await shelf.ready(shelf.seller) == code
    await shelf.bazaar.refund(shelf.order, (1, 1))
    await shelf.bazaar.ship(shelf.order, (1, 2))
    assert await shelf.ready(shelf.seller) == "orders.nothing_to_fetch"
    assert (await shelf.show()).ready_at is None


async def test_it_is_nobody_elses_to_say(shelf: Shelf, network: Network) -> None:
    stranger = await network.organisation("stranger")
    assert await shelf.ready(stranger) == "orders.unknown_invoice"
    assert await shelf.ready(shelf.seller, "") == "orders.unknown_invoice"
    assert (await shelf.show()).ready_at is None
