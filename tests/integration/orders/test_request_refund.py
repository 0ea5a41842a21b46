"""Refund requests as they are made: amounts, limits, and all that is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Adjustment, MarketLine, Money
from entrepot.orders.model import RefundLine, RequestRefund
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter, code_of
from tests.factories.network import Network


class Desk:
    """Four mugs at 2.50 less a promotion of 1.00, of one seller; a rug of another."""

    def __init__(self, bazaar: Bazaar) -> None:
        self.bazaar = bazaar
        self.counter = bazaar.counter

    async def open(self) -> Desk:
        self.one, self.two = await self.bazaar.seller("one"), await self.bazaar.seller("two")
        mugs = await self.bazaar.goods(self.one, "MUGS")
        rugs = await self.bazaar.goods(self.two, "RUGS")
        said = MarketLine(Money(1000), adjustments=(Adjustment("promotion", -100, 0, "Welcome"),))
        placing = self.bazaar.order((mugs, 4, said), (rugs, 1, 800))
        await self.counter.place(self.bazaar.marketplace, placing)
        self.order = placing.order
        self.invoice = await self.bazaar.invoice(self.order, 1)
        return self

    def request(self, *lines: RefundLine, **more: Any) -> RequestRefund:  # noqa: ANN401 - fields of a command
        place = (self.order, self.bazaar.marketplace)
        return RequestRefund(*place, self.invoice, new_id(), lines, **more)


@pytest.fixture
async def desk(network: Network, counter: Counter) -> Desk:
    return await Desk(await Bazaar(network, counter).open()).open()


def of(line: int | None, quantity: object, **more: Any) -> RefundLine:  # noqa: ANN401 - fields of a line
    return RefundLine(line, Decimal(str(quantity)), **more)


async def test_an_amount_is_what_the_customer_paid_unless_it_is_said(desk: Desk) -> None:
    answer = await desk.counter.done(
        desk.bazaar.marketplace,
        desk.request(
            of(1, 1),
            of(1, 2, amount_per_item=100, reason="Out of stock"),
            of(None, 1, custom="Postage", amount_per_item=495),
            initiated_by="buyer",
            notes=("Rang twice.\nAngry.",),
        ),
    )
    lines = [
        (line["line"], line["description"], line["amount_per_item"], line["amount"])
        for line in answer["lines"]
    ]
    assert lines == [(1, None, 225, 225), (1, None, 100, 200), (None, "Postage", 495, 495)]
    assert (answer["amount"], answer["cash_amount"]) == (920, None)
    assert (answer["currency"], answer["minor_digits"]) == ("AUD", 2)
    assert answer["initiated_by"] == "buyer"
    assert answer["notes"][0]["note"] == "Rang twice.\nAngry."


async def test_all_that_is_wrong_is_named_at_once(desk: Desk) -> None:
    command = desk.request(
        of(2, 1),
        of(1, "1.5"),
        of(1, 5),
        of(1, 1, dispatched=True),
        of(1, 1, amount_per_item=-1),
        of(1, 1, reason=" "),
        of(None, 1, custom="Postage"),
        of(1, 1, custom="Mug", amount_per_item=2**31),
        initiated_by="admin",
        notes=("fine", "\x07"),
    )
    answer = await desk.counter.act(desk.one, command)
    assert isinstance(answer, Refusal)
    assert [(fault.code.removeprefix("orders."), fault.field) for fault in answer.faults] == [
        ("line_of_another_invoice", "lines[0].line"),
        ("quantity_not_whole", "lines[1].quantity"),
        ("money_not_valid", "lines[4].amount_per_item"),
        ("money_not_valid", "lines[6].amount_per_item"),
        ("money_not_valid", "lines[7].amount_per_item"),
        ("detail_not_valid", "notes[1]"),
        ("detail_not_valid", "initiated_by"),
        ("detail_not_valid", "lines[5].reason"),
        ("detail_not_valid", "lines[7].custom"),
        ("more_than_refundable", "lines[2].quantity"),
        ("more_than_refundable", "lines[3].quantity"),
        ("more_than_refundable", "lines[4].quantity"),
        ("more_than_refundable", "lines[5].quantity"),
        ("more_than_refundable", "lines[7].quantity"),
    ]
    assert code_of(await desk.counter.act(desk.one, desk.request())) == "orders.no_lines"
    huge = desk.request(of(1, 2, amount_per_item=2**31 - 1))
    assert code_of(await desk.counter.act(desk.one, huge)) == "orders.money_not_valid"


async def test_no_unit_is_asked_back_twice(desk: Desk) -> None:
    answers = await desk.counter.batch(
        (desk.one, desk.request(of(1, 3))),
        (desk.bazaar.marketplace, desk.request(of(1, 2))),
        (desk.one, desk.request(of(1, 1))),
    )
    assert [isinstance(each, Refusal) for each in answers] == [False, True, False]
    assert code_of(await desk.counter.act(desk.one, desk.request(of(1, 1)))) == (
        "orders.more_than_refundable"
    )


async def test_a_foreign_invoice_answers_like_an_absent_one(desk: Desk) -> None:
    foreign = await desk.counter.act(desk.two, desk.request(of(1, 1)))
    assert isinstance(foreign, Refusal)
    assert foreign.code == "orders.unknown_invoice"
    ((amount,),) = await desk.counter.rows("SELECT count(*) FROM refund_requests")
    assert amount == 0
