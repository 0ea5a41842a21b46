"""Refund requests as they end: the money, the goods, and who decides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from entrepot.app import examine_database
from entrepot.infra.ids import new_id
from entrepot.kernel.ids import Id
from entrepot.orders.model import (
    CompleteRefund,
    DenyRefund,
    RefundLine,
    RequestRefund,
    RestoreRefund,
    TakeBackRefund,
)
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter, code_of
from tests.factories.network import Network


class Till:
    """Six mugs at 1.00 of a seller who has nothing more, and what a wholesaler could give it."""

    seller: Id
    mugs: Id
    order: Id
    invoice: Id

    def __init__(self, bazaar: Bazaar) -> None:
        self.bazaar = bazaar
        self.counter = bazaar.counter

    async def open(self, stock: object = 6) -> Till:
        self.seller = await self.bazaar.seller()
        self.mugs = await self.bazaar.goods(self.seller, "MUGS", stock=stock)
        return self

    async def sell(self) -> Till:
        placing = self.bazaar.order((self.mugs, 6, 600))
        await self.counter.place(self.bazaar.marketplace, placing)
        self.order = placing.order
        self.invoice = await self.bazaar.invoice(self.order, 1)
        return self

    async def ask(self, quantity: object, **more: Any) -> Id:  # noqa: ANN401 - fields of a line
        """Ask for units of the line, as the seller, and say that they are back."""
        refund = new_id()
        line = RefundLine(1, Decimal(str(quantity)), **more)
        command = RequestRefund(*self.place, self.invoice, refund, (line,))
        await self.counter.done(self.seller, command)
        await self.counter.done(self.seller, TakeBackRefund(*self.place, refund))
        return refund

    @property
    def place(self) -> tuple[Id, Id]:
        return self.order, self.bazaar.marketplace

    async def complete(self, refund: Id, **more: Any) -> Any:  # noqa: ANN401 - JSON has any shape
        command = CompleteRefund(*self.place, refund, **more)
        return await self.counter.done(self.bazaar.marketplace, command)

    async def refused(self, refund: Id, **more: Any) -> str:  # noqa: ANN401 - fields of a command
        command = CompleteRefund(*self.place, refund, **more)
        return code_of(await self.counter.act(self.bazaar.marketplace, command))


@pytest.fixture
async def till(network: Network, counter: Counter) -> Till:
    return await (await Till(await Bazaar(network, counter).open()).open()).sell()


async def test_another_amount_is_made_up_for_by_a_line(till: Till) -> None:
    done = await till.complete(await till.ask(2), cash_amount=150)
    assert (done["amount"], done["cash_amount"]) == (150, 150)
    assert [(line["description"], line["amount"]) for line in done["lines"]] == [
        (None, 200),
        ("Adjustment", -50),
    ]
    assert done["lines"][1]["legacy_id"] > done["lines"][0]["legacy_id"]


async def test_no_more_goes_back_than_was_paid(till: Till) -> None:
    refund = await till.ask(1, amount_per_item=700)
    assert await till.refused(refund, cash_amount=601) == "orders.refund_too_large"
    assert await till.refused(refund, cash_amount=-1) == "orders.refund_too_large"
    assert (await till.complete(refund))["cash_amount"] == 600
    assert (await till.complete(await till.ask(2)))["cash_amount"] == 0


async def test_it_is_decided_once(till: Till) -> None:
    refund = await till.ask(1)
    (first, second) = await till.counter.batch(
        (till.bazaar.marketplace, CompleteRefund(*till.place, refund)),
        (till.bazaar.marketplace, CompleteRefund(*till.place, refund)),
    )
    assert code_of(second) == "orders.refund_not_returned"
    assert "refunded" in str(first)
    for command, code in (
        (TakeBackRefund, "refund_not_awaiting"),
        (DenyRefund, "refund_ended"),
        (RestoreRefund, "refund_not_denied"),
    ):
        act = command(*till.place, refund)
        answer = await till.counter.act(till.bazaar.marketplace, act)
        assert code_of(answer) == f"orders.{code}"
    assert await till.counter.lines(till.order) == ["1: 6 = 5 held + 1 cancelled"]


async def test_a_request_may_live_its_life_in_one_batch(till: Till) -> None:
    refund, line = new_id(), RefundLine(1, Decimal(6))
    answers = await till.counter.batch(
        (till.seller, RequestRefund(*till.place, till.invoice, refund, (line,))),
        (till.seller, TakeBackRefund(*till.place, refund)),
        (till.bazaar.marketplace, CompleteRefund(*till.place, refund)),
    )
    numbers = set()
    for answer in answers:
        body = getattr(answer, "body", b"")
        numbers.add(body[body.index(b'"legacy_id"') :][:20])
    assert len(numbers) == 1
    assert await till.counter.order(till.order) == ("cancelled", "cancelled", "refunded")
    async with till.counter.pool.acquire() as connection:
        assert await examine_database(connection) == []


async def test_goods_come_back_to_where_they_left_from(till: Till) -> None:
    await till.bazaar.ship(till.order, (1, 4))
    await till.complete(await till.ask(1, dispatched=True))
    assert (await till.counter.figures(till.mugs))[:2] == (2, 2)
    await till.complete(await till.ask(2, dispatched=True), restock=True)
    assert (await till.counter.figures(till.mugs))[:2] == (4, 2)
    kinds = await till.counter.rows(
        "SELECT kind, on_hand_change::integer FROM ledger WHERE kind IN ('return', 'adjust')"
        " ORDER BY version"
    )
    assert kinds == [("return", 1), ("adjust", -1), ("return", 2)]
    async with till.counter.pool.acquire() as connection:
        assert await examine_database(connection) == []


async def test_what_came_from_a_partner_goes_back_unless_it_is_gone(
    network: Network, counter: Counter
) -> None:
    till = await Till(await Bazaar(network, counter).open()).open(stock=1)
    wholesaler = await network.organisation("wholesale")
    theirs = await network.variant(wholesaler, "MUGS")
    await counter.receive(wholesaler, theirs, 9)
    partnership = await network.partnership(wholesaler, till.seller)
    await network.match(partnership, (wholesaler, theirs), (till.seller, till.mugs))
    await till.sell()
    assert (await counter.figures(theirs))[0] == 4
    await till.complete(await till.ask(2, reason="Out of stock"))
    assert ((await counter.figures(theirs))[0], (await counter.figures(till.mugs))[:2]) == (
        4,
        (4, 4),
    )
    await till.complete(await till.ask(2))
    assert ((await counter.figures(theirs))[0], (await counter.figures(till.mugs))[:2]) == (
        6,
        (2, 2),
    )
    async with counter.pool.acquire() as connection:
        assert await examine_database(connection) == []
