"""Shipping goods of a seller invoice: what is refused, who is told, and what moves."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from entrepot.app import examine_database
from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import LineQuantity
from entrepot.orders.model import CountStock, RequestRefund, ShipInvoice
from entrepot.orders.model.commands import RefundLine
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter, code_of, parts
from tests.factories.network import Network


class Stall:
    """Six mugs of seller one and two rugs of seller two, ordered together."""

    order: Id
    invoice: Id

    def __init__(self, bazaar: Bazaar) -> None:
        self.bazaar = bazaar
        self.counter = bazaar.counter

    async def open(self) -> Stall:
        self.one, self.two = await self.bazaar.seller("one"), await self.bazaar.seller("two")
        self.mugs = await self.bazaar.goods(self.one, "MUGS", stock=6)
        self.rugs = await self.bazaar.goods(self.two, "RUGS")
        placing = self.bazaar.order((self.mugs, 6, 600), (self.rugs, 2, 800))
        await self.counter.place(self.bazaar.marketplace, placing)
        self.order = placing.order
        self.invoice = await self.bazaar.invoice(self.order, 1)
        return self

    def shipment(self, *lines: tuple[int, object], **more: Any) -> ShipInvoice:  # noqa: ANN401 - fields of a command
        fields: dict[str, Any] = {
            "order": self.order,
            "marketplace": self.bazaar.marketplace,
            "invoice": self.invoice,
            "shipment": new_id(),
            "lines": parts(*lines),
            "carrier": 2,
            "tracking_number": "3S1",
            "dispatched_on": date(2099, 1, 1),
        }
        return ShipInvoice(**{**fields, **more})


@pytest.fixture
async def stall(network: Network, counter: Counter) -> Stall:
    return await Stall(await Bazaar(network, counter).open()).open()


async def test_all_that_is_wrong_is_named_at_once(stall: Stall) -> None:
    command = stall.shipment(
        (2, 1),
        (9, 1),
        (1, "0.5"),
        (1, 0),
        (1, 7),
        carrier=99,
        tracking_number="",
        note="\x07",
        dispatched_on=(utc_now() - timedelta(days=3)).date(),
    )
    answer = await stall.counter.act(stall.one, command)
    assert isinstance(answer, Refusal)
    assert [(fault.code.removeprefix("orders."), fault.field) for fault in answer.faults] == [
        ("line_of_another_invoice", "lines[0].line"),
        ("line_of_another_invoice", "lines[1].line"),
        ("unknown_carrier", "carrier"),
        ("quantity_not_positive", "lines[3].quantity"),
        ("quantity_not_whole", "lines[2].quantity"),
        ("detail_not_valid", "tracking_number"),
        ("detail_not_valid", "note"),
        ("dispatched_before_ordered", "dispatched_on"),
        ("more_than_undispatched", "lines[4].quantity"),
    ]
    assert code_of(await stall.counter.act(stall.one, stall.shipment())) == "orders.no_lines"
    assert await stall.counter.figures(stall.mugs) == (6, 6, 2)


async def test_where_it_was_ordered_it_may_have_been_yesterday(stall: Stall) -> None:
    yesterday = (utc_now() - timedelta(hours=12)).date()
    answer = await stall.counter.done(stall.one, stall.shipment((1, 1), dispatched_on=yesterday))
    assert answer["dispatched_on"] == yesterday.isoformat()


async def test_only_the_seller_and_the_marketplace_may(stall: Stall, network: Network) -> None:
    stranger = await network.organisation("stranger")
    for caller in (stall.two, stranger):
        answer = await stall.counter.act(caller, stall.shipment((1, 1)))
        assert code_of(answer) == "orders.unknown_invoice"
    elsewhere = stall.shipment((1, 1), order=new_id())
    assert code_of(await stall.counter.act(stall.one, elsewhere)) == "orders.unknown_invoice"
    other = stall.shipment((1, 1), invoice=new_id())
    assert code_of(await stall.counter.act(stall.one, other)) == "orders.unknown_invoice"


async def test_both_are_told_and_the_seller_nothing_of_the_order(stall: Stall) -> None:
    answer = await stall.counter.done(stall.one, stall.shipment((1, 2)))
    rows = await stall.counter.rows(
        "SELECT a.organisation, a.subject, a.answer::text FROM audit AS a"
        " INNER JOIN outbox AS o ON a.organisation = o.organisation AND a.id = o.id"
        " WHERE a.act = 'orders.shipment_created'"
    )
    assert {(str(row[0]), row[1]) for row in rows} == {
        (stall.one, f"inv_{stall.invoice}"),
        (stall.bazaar.marketplace, f"inv_{stall.invoice}"),
    }
    assert [msgspec.json.decode(str(row[2])) for row in rows] == [answer, answer]
    assert stall.order not in str(answer)
    ((organisation, subject),) = await stall.counter.rows(
        "SELECT organisation, subject FROM audit WHERE act = 'orders.shipped'"
    )
    assert (organisation, subject) == (stall.bazaar.marketplace, f"ord_{stall.order}")


async def test_what_a_count_took_or_is_to_be_cancelled_cannot_leave(stall: Stall) -> None:
    await stall.counter.done(stall.one, CountStock(stall.mugs, Decimal(5), None))
    request = RequestRefund(
        stall.order,
        stall.bazaar.marketplace,
        stall.invoice,
        new_id(),
        (RefundLine(1, Decimal(2)),),
    )
    await stall.counter.done(stall.one, request)
    for quantity, code in ((5, "orders.more_than_undispatched"), (4, "")):
        answer = await stall.counter.act(stall.one, stall.shipment((1, quantity)))
        assert (code_of(answer) if isinstance(answer, Refusal) else "") == code
    assert await stall.counter.lines(stall.order) == [
        "1: 6 = 4 shipped + 1 held + 1 short",
        "2: 2 = 2 held",
    ]


async def test_of_many_at_once_no_more_leaves_than_there_is(stall: Stall) -> None:
    answers = await stall.counter.batch(
        *[(stall.one, stall.shipment((1, 2))) for _ in range(3)],
        (stall.bazaar.marketplace, stall.shipment((1, 1))),
    )
    assert [isinstance(each, Refusal) for each in answers] == [False, False, False, True]
    assert await stall.counter.figures(stall.mugs) == (0, 0, 5)
    async with stall.counter.pool.acquire() as connection:
        assert await examine_database(connection) == []


async def test_a_quantity_that_is_none_is_refused(stall: Stall) -> None:
    strange = stall.shipment(lines=(LineQuantity(1, Decimal("NaN")),))
    answer = await stall.counter.act(stall.one, strange)
    assert code_of(answer) == "orders.quantity_not_positive"
