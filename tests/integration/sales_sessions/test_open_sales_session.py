"""A trader opens a session of what session rights open to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.sales_sessions import SessionProduct, open_sales_session
from tests.factories.callers import acts_of, caller_for
from tests.factories.fair import Fair
from tests.factories.people import code_of


async def opened(fair: Fair, new: Any, sent: Sent | None = None) -> Any:  # noqa: ANN401 - written or refused
    return await open_sales_session(fair.pool, new_id, fair.trader, new, sent)


async def test_what_is_sold_has_the_producers_price_of_that_moment(fair: Fair) -> None:
    await fair.counter.rows(
        "UPDATE variants SET wholesale_price = 1.8 WHERE id = $1", fair.hub.carrots
    )
    limited = SessionProduct(fair.hub.carrots, Decimal(6), Decimal("3.10"))
    session = await fair.open(limited, SessionProduct(fair.hub.leeks))
    await fair.counter.rows(
        "UPDATE variants SET wholesale_price = 9 WHERE id = $1", fair.hub.carrots
    )
    shown = await fair.show(session)
    assert shown.session.state == "open"
    assert [
        (each.quantity_max, each.left, each.available, each.unit_price, each.purchase_price)
        for each in shown.products
    ] == [("6", "6", "10", "3.1", "1.8"), (None, "10", "10", "2.5", "2.5")]
    (act,) = [each for each in await acts_of(fair.pool, fair.hub.trader) if "sessions" in each[0]]
    assert act[:2] == ("sales_sessions.opened", shown.session.id)


async def test_sent_again_it_is_answered_as_before(fair: Fair) -> None:
    sent, new = Sent("key", b"content"), fair.new()
    first = await opened(fair, new, sent)
    assert isinstance(first, Written)
    assert await opened(fair, new, sent) == Written(first.answer, replayed=True)
    assert code_of(await opened(fair, new, Sent("key", b"other"))) == "request.key_reused"
    assert code_of(await opened(fair, new)) == "sales_sessions.reference_taken"


@dataclass
class Wrong:
    """A field that is wrong, and what it is called."""

    field: str
    value: Any
    code: str


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong("name", "", "name_not_valid"),
        Wrong("name", "two\nlines", "name_not_valid"),
        Wrong("reference", "x" * 37, "reference_not_valid"),
        Wrong("reference", "a#2", "reference_not_valid"),
        Wrong("closes_at", utc_now() - timedelta(hours=1), "times_not_valid"),
        Wrong("closes_at", utc_now() + timedelta(days=400), "times_not_valid"),
        Wrong("opens_at", utc_now() + timedelta(days=2), "times_not_valid"),
    ],
    ids=lambda wrong: f"{wrong.field} {wrong.code}",
)
async def test_what_is_wrong_is_named(fair: Fair, wrong: Wrong) -> None:
    new = msgspec.structs.replace(fair.new(), **{wrong.field: wrong.value})
    assert code_of(await opened(fair, new)) == f"sales_sessions.{wrong.code}"
    assert await acts_of(fair.pool, fair.hub.trader) == []


async def test_all_faults_of_products_are_named_at_once(fair: Fair) -> None:
    foreign = await fair.network.variant(await fair.network.organisation(), "foreign")
    ended = await fair.network.organisation("ended")
    await fair.network.right(ended, fair.hub.trader)
    closed_off = await fair.network.variant(ended, "ended")
    await fair.counter.rows("UPDATE trading_rights SET state = 'ended' WHERE seller = $1", ended)
    refused = await opened(
        fair,
        fair.new(
            SessionProduct(foreign),
            SessionProduct(closed_off),
            SessionProduct(""),
            SessionProduct(fair.hub.carrots, Decimal("0.0001")),
            SessionProduct(fair.hub.carrots),
            SessionProduct(fair.hub.leeks, Decimal(0), Decimal(-1)),
        ),
    )
    assert isinstance(refused, Refusal)
    assert [(each.code.partition(".")[2], each.field) for each in refused.faults] == [
        ("unknown_variant", "products[0].variant"),
        ("unknown_variant", "products[1].variant"),
        ("unknown_variant", "products[2].variant"),
        ("named_twice", "products[4].variant"),
        ("limit_not_valid", "products[3].quantity_max"),
        ("limit_not_valid", "products[5].quantity_max"),
        ("price_not_valid", "products[5].unit_price"),
    ]


async def test_it_needs_the_scope(fair: Fair) -> None:
    reader = caller_for(fair.hub.trader, Scope.ORDERS_READ)
    refused = await open_sales_session(fair.pool, new_id, reader, fair.new())
    assert code_of(refused) == "identity.scope_missing"
