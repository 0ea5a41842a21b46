"""Whose order an invoice or a refund request is on: found by its two sides, and by nobody else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.actions.find_place import find_invoice_place, find_refund_place
from entrepot.orders.model import RequestRefund
from entrepot.orders.model.commands import RefundLine
from tests.factories.bazaar import Bazaar
from tests.factories.callers import caller_for
from tests.factories.counter import Counter
from tests.factories.network import Network


@pytest.fixture
async def bazaar(network: Network, counter: Counter) -> Bazaar:
    return await Bazaar(network, counter).open()


async def test_both_sides_find_it_and_nobody_else(pool: Pool, bazaar: Bazaar) -> None:
    seller, stranger = await bazaar.seller("one"), await bazaar.seller("two")
    goods = await bazaar.goods(seller, "MUGS")
    placing = bazaar.order((goods, 2, 600))
    await bazaar.counter.place(bazaar.marketplace, placing)
    invoice, refund = await bazaar.invoice(placing.order, 1), new_id()
    wanted = (RefundLine(1, Decimal(1)),)
    asked = RequestRefund(placing.order, bazaar.marketplace, invoice, refund, wanted)

    assert not hasattr(await bazaar.counter.act(seller, asked), "faults")
    place = (bazaar.marketplace, placing.order)
    for side in (bazaar.marketplace, seller):
        assert await find_invoice_place(pool, caller_for(side), invoice) == place
        assert await find_refund_place(pool, caller_for(side), refund) == place
    absent: Id = new_id()
    for find, there in ((find_invoice_place, invoice), (find_refund_place, refund)):
        foreign = await find(pool, caller_for(stranger), there)
        missing = await find(pool, caller_for(seller), absent)
        reader = caller_for(seller, Scope.MARKETPLACE_READ)
        unscoped = await find(pool, reader, there)
        assert isinstance(foreign, Refusal)
        assert isinstance(missing, Refusal)
        assert isinstance(unscoped, Refusal)
        assert foreign.code == missing.code
        assert foreign.faults[0].message == missing.faults[0].message
        assert unscoped.code == "identity.scope_missing"
