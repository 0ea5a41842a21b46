"""A side disputes its face of a document with a reason, which the partner reads."""

from __future__ import annotations

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.notices import Notice, list_notices
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


async def notices_of(trade: Trade) -> list[Notice]:
    found = await list_notices(trade.pool, trade.seller, Page())
    assert isinstance(found, list), found
    return found


async def test_the_partner_sees_it_and_gets_a_notice(trade: Trade) -> None:
    document = await settled(trade)
    reason = "Line 1: it was broken."
    done = await dispute_settlement(trade.pool, new_id, trade.buyer, document, reason)
    assert isinstance(done, Written)
    assert (done.answer.state, done.answer.dispute_reason) == ("disputed", reason)
    other = await find_settlement(trade.pool, trade.seller, document)
    assert isinstance(other, Settlement)
    assert (other.state, other.dispute_reason) == ("closed", None)
    assert (other.partner_answer.state, other.partner_answer.dispute_reason) == (
        "disputed",
        reason,
    )
    (notice,) = await notices_of(trade)
    assert (notice.kind, notice.subject) == ("settlement.disputed", f"stl_{document}")
    assert (notice.facts["week"], notice.facts["reason"]) == ("2026-W12", reason)
    wanted = SettlementFilter(state="disputed")
    assert await list_settlements(trade.pool, trade.buyer, Page(), wanted) == [done.answer]
    assert await list_settlements(trade.pool, trade.seller, Page(), wanted) == []


async def test_another_reason_takes_its_place_and_the_same_changes_nothing(trade: Trade) -> None:
    document = await settled(trade)
    sent = Sent("key", b"content")
    first = await dispute_settlement(trade.pool, new_id, trade.buyer, document, "One.", sent)
    again = await dispute_settlement(trade.pool, new_id, trade.buyer, document, "One.", sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert await dispute_settlement(trade.pool, new_id, trade.buyer, document, "One.") == first
    assert len(await notices_of(trade)) == 1
    second = await dispute_settlement(trade.pool, new_id, trade.buyer, document, "Two.")
    assert isinstance(second, Written)
    assert second.answer.dispute_reason == "Two."
    assert len(await notices_of(trade)) == 2


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2001, "nul \0", "bell \a"])
async def test_a_reason_is_needed(trade: Trade, reason: str) -> None:
    document = await settled(trade)
    answer = await dispute_settlement(trade.pool, new_id, trade.buyer, document, reason)
    assert code_of(answer) == "settlement.reason_not_valid"
    assert await notices_of(trade) == []


async def test_what_was_acknowledged_is_not_disputed(trade: Trade) -> None:
    document = await settled(trade)
    await acknowledge_settlement(trade.pool, new_id, trade.buyer, document)
    answer = await dispute_settlement(trade.pool, new_id, trade.buyer, document, "Too late.")
    assert code_of(answer) == "settlement.already_acknowledged"
    done = await dispute_settlement(trade.pool, new_id, trade.seller, document, "Not mine.")
    assert isinstance(done, Written), "the other face is the other side's"
    acts = [act for act, _, _ in await acts_of(trade.pool, trade.retailer)]
    assert "settlement.disputed" not in acts


async def test_a_foreign_document_is_answered_as_an_absent_one(
    trade: Trade, network: Network
) -> None:
    document = await settled(trade)
    stranger = caller_for(await network.organisation())
    for each in (document, new_id(), ""):
        answer = await dispute_settlement(trade.pool, new_id, stranger, each, "Mine!")
        assert code_of(answer) == "settlement.unknown_settlement"
    reader = caller_for(trade.retailer, Scope.SETTLEMENT_READ)
    answer = await dispute_settlement(trade.pool, new_id, reader, document, "Mine!")
    assert code_of(answer) == "identity.scope_missing"
