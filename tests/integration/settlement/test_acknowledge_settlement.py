"""A side acknowledges its own face of a document, for good."""

from __future__ import annotations

from entrepot.infra.ids import new_id
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.notices import list_notices
from entrepot.settlement import (
    Settlement,
    SettlementFilter,
    acknowledge_settlement,
    close_due_weeks,
    dispute_settlement,
    find_settlement,
    list_settlements,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import code_of
from tests.factories.transfers import Trade


async def settled(trade: Trade) -> str:
    """A document of one line, by its id."""
    await trade.move(await trade.pair(), 1, "2026-W12")
    await close_due_weeks(trade.pool, new_id)
    found = await list_settlements(trade.pool, trade.buyer, Page(1), SettlementFilter())
    assert isinstance(found, list), found
    return str(found[0].inner_id)


async def test_each_side_answers_its_own_face(trade: Trade) -> None:
    document = await settled(trade)
    done = await acknowledge_settlement(trade.pool, new_id, trade.buyer, document)
    assert isinstance(done, Written)
    assert (done.answer.state, done.answer.partner_answer.state) == ("acknowledged", "closed")
    other = await find_settlement(trade.pool, trade.seller, document)
    assert isinstance(other, Settlement)
    assert (other.state, other.partner_answer.state) == ("closed", "acknowledged")
    assert other.partner_answer.answered_at == done.answer.answered_at
    acts = await acts_of(trade.pool, trade.retailer)
    assert acts[-1][:2] == ("settlement.acknowledged", f"stl_{document}")
    assert await list_notices(trade.pool, trade.seller, Page()) == []


async def test_again_it_stays_as_it_is(trade: Trade) -> None:
    document = await settled(trade)
    sent = Sent("key", b"content")
    first = await acknowledge_settlement(trade.pool, new_id, trade.seller, document, sent)
    again = await acknowledge_settlement(trade.pool, new_id, trade.seller, document, sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert await acknowledge_settlement(trade.pool, new_id, trade.seller, document) == first
    other = await acknowledge_settlement(
        trade.pool, new_id, trade.seller, document, Sent("key", b"other")
    )
    assert code_of(other) == "request.key_reused"
    acts = [act for act, _, _ in await acts_of(trade.pool, trade.wholesaler)]
    assert acts.count("settlement.acknowledged") == 1


async def test_a_dispute_is_over_and_the_partner_is_told(trade: Trade) -> None:
    document = await settled(trade)
    await dispute_settlement(trade.pool, new_id, trade.buyer, document, "Two came back.")
    done = await acknowledge_settlement(trade.pool, new_id, trade.buyer, document)
    assert isinstance(done, Written)
    assert (done.answer.state, done.answer.dispute_reason) == ("acknowledged", None)
    notices = await list_notices(trade.pool, trade.seller, Page())
    assert isinstance(notices, list)
    assert [each.kind for each in notices] == ["settlement.dispute_over", "settlement.disputed"]


async def test_a_foreign_document_is_answered_as_an_absent_one(
    trade: Trade, network: Network
) -> None:
    document = await settled(trade)
    stranger = caller_for(await network.organisation())
    for each in (document, new_id(), ""):
        answer = await acknowledge_settlement(trade.pool, new_id, stranger, each)
        assert code_of(answer) == "settlement.unknown_settlement"
    reader = caller_for(trade.retailer, Scope.SETTLEMENT_READ)
    answer = await acknowledge_settlement(trade.pool, new_id, reader, document)
    assert code_of(answer) == "identity.scope_missing"
    found = await find_settlement(trade.pool, trade.buyer, document)
    assert isinstance(found, Settlement)
    assert found.state == "closed"
