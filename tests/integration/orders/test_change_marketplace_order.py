"""Changing who bought a marketplace's order, and having its payment reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    Address,
    BuyerChanges,
    InvoiceFilter,
    InvoicesGlance,
    MarketOrderChanged,
    MarketOrderChanges,
    ShownInvoice,
    ShownMarketplaceOrder,
    change_marketplace_order,
    find_invoice,
    find_marketplace_order,
    glance_at_invoices,
    list_invoices,
)
from entrepot.orders.model import ShipInvoice
from tests.factories.bazaar import Bazaar
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, code_of, order_of, parts
from tests.factories.network import Network

REVIEW = MarketOrderChanges("pending_review")
COMPLETE = MarketOrderChanges("complete")


class Desk:
    """An order of three mugs of one seller, at the marketplace that changes it."""

    order: Id
    seller: Id

    def __init__(self, bazaar: Bazaar, pool: Pool) -> None:
        self.bazaar = bazaar
        self.pool = pool

    async def open(self) -> Desk:
        self.seller = await self.bazaar.seller()
        mugs = await self.bazaar.goods(self.seller, "MUGS")
        placing = self.bazaar.order((mugs, 3, 300))
        await self.bazaar.counter.place(self.bazaar.marketplace, placing)
        self.order = placing.order
        self.invoice = await self.bazaar.invoice(self.order, 1)
        return self

    async def change(
        self,
        changes: MarketOrderChanges,
        who: Id | None = None,
        sent: Sent | None = None,
        order: Id | None = None,
    ) -> Any:  # noqa: ANN401 - an answer or a refusal
        caller = caller_for(who or self.bazaar.marketplace, Scope.MARKETPLACE_WRITE)
        answer = await change_marketplace_order(
            self.pool, new_id, caller, self.order if order is None else order, changes, sent
        )
        return answer if isinstance(answer, Refusal) else answer.answer

    async def show(self) -> ShownMarketplaceOrder:
        caller = caller_for(self.bazaar.marketplace, Scope.MARKETPLACE_READ)
        found = await find_marketplace_order(self.pool, caller, self.order)
        assert isinstance(found, ShownMarketplaceOrder)
        return found

    async def shown_to_seller(self) -> ShownInvoice:
        caller = caller_for(self.seller, Scope.MARKETPLACE_READ)
        found = await find_invoice(self.pool, caller, self.invoice, "seller")
        assert isinstance(found, ShownInvoice)
        return found

    async def told(self) -> Sequence[tuple[object, ...]]:
        """What the audit and the outbox say of changes."""
        return await self.bazaar.counter.rows(
            "SELECT a.subject, a.answer ->> 'changed', o.event FROM audit AS a"
            " INNER JOIN outbox AS o ON a.organisation = o.organisation AND a.id = o.id"
            " WHERE a.act = 'orders.marketplace_order_changed' ORDER BY a.at, a.id"
        )

    def parcel(self) -> ShipInvoice:
        place = (self.order, self.bazaar.marketplace, self.invoice)
        return ShipInvoice(*place, new_id(), parts((1, 1)), 1, "T1", date(2099, 1, 1))


@pytest.fixture
async def desk(network: Network, counter: Counter, pool: Pool) -> Desk:
    return await Desk(await Bazaar(network, counter).open(), pool).open()


async def test_what_is_given_changes_and_the_rest_stays(desk: Desk) -> None:
    before = await desk.show()
    home = Address("1 Main Rd", city="Perth", country="AU")
    first = BuyerChanges(first_name="Ana", phone="1", address=home, message_to_seller="Ring\ntwice")
    changed = await desk.change(MarketOrderChanges(buyer=first, payment_details='{"a": 1}'))
    names = ["first_name", "phone", "address", "message_to_seller", "payment_details"]
    assert changed == MarketOrderChanged(f"ord_{desk.order}", before.legacy_id, "complete", names)
    second = BuyerChanges(phone=None, billing_first_name="Bo")
    same = MarketOrderChanges(buyer=second, payment_details='{"a":1}')
    assert (await desk.change(same)).changed == ["phone", "billing_first_name"]
    shown = await desk.show()
    assert (shown.buyer.first_name, shown.buyer.phone, shown.buyer.address) == ("Ana", None, home)
    assert (shown.buyer.billing_first_name, shown.buyer.billing_address) == ("Bo", home)
    assert (shown.payment_details, shown.total) == ({"a": 1}, before.total)
    invoice = await desk.shown_to_seller()
    assert (invoice.buyer.first_name, invoice.buyer.message_to_seller) == ("Ana", "Ring\ntwice")
    assert invoice.updated_at == shown.updated_at > before.updated_at
    assert (await desk.change(MarketOrderChanges(payment_details=None))).changed == [
        "payment_details"
    ]
    assert (await desk.show()).payment_details is None


async def test_the_audit_names_what_changed_and_says_nothing_of_the_buyer(desk: Desk) -> None:
    await desk.change(MarketOrderChanges("pending_review", BuyerChanges(email="ana@example.org")))
    assert (await desk.change(MarketOrderChanges("pending_review"))).changed == []
    ((subject, changed, event),) = await desk.told()
    assert (subject, event) == (f"ord_{desk.order}", "orders.marketplace_order_changed")
    assert msgspec.json.decode(str(changed)) == ["email", "status"]
    ((spread,),) = await desk.bazaar.counter.rows(
        "SELECT count(*) FROM audit WHERE answer::text LIKE '%ana@%'"
    )
    assert spread == 0


async def test_nothing_is_shipped_while_its_payment_is_reviewed(desk: Desk) -> None:
    assert (await desk.change(REVIEW)).status == "pending_review"
    shown = await desk.show()
    assert (shown.is_under_review, shown.aggregate_status) == (True, "payment_under_review")
    (invoice,) = shown.invoices
    assert invoice.status_flags == ["paid", "payment_under_review"]
    assert (await desk.shown_to_seller()).status == "payment_under_review"
    for who in (desk.seller, desk.bazaar.marketplace):
        assert code_of(await desk.bazaar.counter.act(who, desk.parcel())) == "orders.under_review"
    assert (await desk.change(COMPLETE)).status == "complete"
    await desk.bazaar.counter.done(desk.seller, desk.parcel())
    assert (await desk.change(REVIEW)).changed == ["status"]
    assert (await desk.show()).aggregate_status == "payment_under_review"
    await desk.bazaar.refund(desk.order, (1, 2))
    assert (await desk.shown_to_seller()).status_flags == [
        "paid",
        "payment_under_review",
        "sent",
        "cancelled",
    ]


async def test_sent_twice_it_says_the_same(desk: Desk) -> None:
    sent = Sent("=one", b"x" * 32)
    once = await desk.change(REVIEW, sent=sent)
    await desk.change(COMPLETE)
    caller = caller_for(desk.bazaar.marketplace, Scope.MARKETPLACE_WRITE)
    again = await change_marketplace_order(desk.pool, new_id, caller, desk.order, REVIEW, sent)
    assert again == Written(once, replayed=True)
    assert not (await desk.show()).is_under_review
    other = await desk.change(COMPLETE, sent=Sent("=one", b"y" * 32))
    assert code_of(other) == "request.key_reused"


async def test_all_that_is_wrong_is_named_and_nothing_changes(desk: Desk) -> None:
    buyer = BuyerChanges(
        first_name="\x07", email="e" * 201, address=Address(country="au"), message_to_seller="\x00"
    )
    refused = await desk.change(MarketOrderChanges("pending_review", buyer, '"' + "x" * 20_000))
    assert isinstance(refused, Refusal)
    assert {fault.code for fault in refused.faults} == {"orders.detail_not_valid"}
    assert [fault.field for fault in refused.faults] == [
        "buyer.first_name",
        "buyer.email",
        "buyer.address.country",
        "buyer.message_to_seller",
        "payment_details",
    ]
    assert not (await desk.show()).is_under_review
    assert await desk.told() == []


async def test_only_its_marketplace_may(desk: Desk, network: Network) -> None:
    stranger = await network.organisation("stranger")
    refusals = [
        await desk.change(REVIEW, who=desk.seller),
        await desk.change(REVIEW, who=stranger),
        await desk.change(REVIEW, order=""),
    ]
    assert [code_of(each) for each in refusals] == ["orders.unknown_order"] * 3
    assert {each.faults[0].message for each in refusals} == {refusals[0].faults[0].message}
    caller = caller_for(desk.bazaar.marketplace, Scope.MARKETPLACE_READ)
    answer = await change_marketplace_order(desk.pool, new_id, caller, desk.order, REVIEW)
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.scope_missing"


async def test_an_order_that_is_not_a_marketplaces_is_not_there(
    desk: Desk, network: Network, counter: Counter
) -> None:
    variant = await network.variant(desk.seller, "PLAIN")
    await counter.receive(desk.seller, variant, 3)
    own = order_of((variant, 1))
    await counter.place(desk.seller, own)
    refused = await desk.change(REVIEW, who=desk.seller, order=own.order)
    assert code_of(refused) == "orders.unknown_order"


async def test_lists_say_so_too(desk: Desk) -> None:
    await desk.change(REVIEW)
    for who, side in ((desk.seller, "seller"), (desk.bazaar.marketplace, "marketplace")):
        caller = caller_for(who, Scope.MARKETPLACE_READ)
        found: Any = await list_invoices(desk.pool, caller, Page(5), InvoiceFilter(), side)  # type: ignore[arg-type] # a side, as it is read
        assert [each.status for each in found.rows] == ["payment_under_review"]


async def test_nobody_is_told_to_ship_what_is_reviewed(desk: Desk) -> None:
    seller = caller_for(desk.seller, Scope.MARKETPLACE_READ)
    for changes, count in ((COMPLETE, 1), (REVIEW, 0), (COMPLETE, 1)):
        await desk.change(changes)
        glance = await glance_at_invoices(desk.pool, seller)
        assert isinstance(glance, InvoicesGlance)
        assert glance.to_ship.count == count
