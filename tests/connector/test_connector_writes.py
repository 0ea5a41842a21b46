"""What the official npm connector writes is read as it was meant."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest

from entrepot.apis.dfc.parts import ReadPrice
from entrepot.apis.dfc.reading import (
    read_item,
    read_line,
    read_offer,
    read_order,
    read_replacement,
    read_session,
)
from tests.connector.conftest import Connector
from tests.unit.dfc.sample import (
    ADDRESSES,
    BEAN,
    BEAN_OFFER,
    BEANS,
    CARROT,
    CARROT_OFFER,
    CARROTS,
    HERE,
    HUB,
    ORDERS,
    SLUG,
    ok,
)

SAID: Final[dict[str, Any]] = {
    "order": f"{ORDERS}/ord_1001",
    "session": f"{HERE}/SaleSessions/77",
    "client": HUB,
    "begin": "2026-11-23T08:00:00Z",
    "end": "2026-11-27T18:00:00Z",
    "status": "HELD",
    "fulfilment": "HELD",
    "lines": [
        {
            "line": f"{ORDERS}/ord_1001/orderLines/1",
            "quantity": 6.125,
            "product": CARROT,
            "offer": CARROT_OFFER,
            "item": ADDRESSES.item(SLUG, CARROTS),
            "name": "Carrots",
            "sku": "CAR-1",
            "price": 2.5,
            "vat": 5.5,
            "stock": 10,
        },
        {
            "line": f"{ORDERS}/ord_1001/OrderLines/2",
            "quantity": 0,
            "product": BEAN,
            "offer": BEAN_OFFER,
            "item": ADDRESSES.item(SLUG, BEANS),
            "name": "Beans",
            "sku": "BEAN-1",
            "price": 2.09,
            "vat": 9,
            "stock": 0,
        },
    ],
}
PRICE: Final = ReadPrice(Decimal("2.5"), "EUR", Decimal("5.5"))


def test_everything_that_it_writes(connector: Connector) -> None:
    written = {name: text.encode() for name, text in connector.write(SAID).items()}
    order = ok(read_order(written["order"], ADDRESSES))
    assert (order.id, order.status, order.fulfilment_status) == (SAID["order"], "held", "held")
    assert (order.ordered_by, order.session_id) == (HUB, SAID["session"])
    assert order.session is not None
    assert order.session.begins_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert order.session.ends_at == datetime(2026, 11, 27, 18, tzinfo=UTC)
    assert {each.product: (each.quantity, each.offer) for each in order.lines} == {
        CARROT: (Decimal("6.125"), CARROT_OFFER),
        BEAN: (Decimal(0), BEAN_OFFER),
    }
    prices = {each.product: each.price for each in order.lines}
    assert prices == {CARROT: PRICE, BEAN: ReadPrice(Decimal("2.09"), "EUR", Decimal(9))}

    line = ok(read_line(written["line"], ADDRESSES))
    assert (line.product, line.quantity, line.price) == (CARROT, Decimal("6.125"), PRICE)
    session = ok(read_session(written["session"], ADDRESSES))
    assert (session.id, session.ends_at) == (SAID["session"], order.session.ends_at)
    item = ok(read_item(written["item"], ADDRESSES))
    assert (item.product, item.sku, item.stock) == (CARROT, "CAR-1", Decimal(10))
    offer = ok(read_offer(written["offer"], ADDRESSES))
    assert (offer.id, offer.price, offer.stock) == (CARROT_OFFER, PRICE, Decimal(10))


@pytest.mark.parametrize("status", ["COMPLETE", "CANCELLED", "DRAFT"])
def test_each_status_of_an_order(connector: Connector, status: str) -> None:
    written = connector.write(SAID | {"status": status})
    assert ok(read_replacement(written["order"].encode(), ADDRESSES)).status == status.lower()


def test_an_order_without_lines_is_one_bare_object(connector: Connector) -> None:
    written = connector.write(SAID | {"lines": []})
    assert "@graph" not in json.loads(written["alone"])
    read = ok(read_replacement(written["alone"].encode(), ADDRESSES))
    assert (read.id, read.status, read.lines) == (SAID["order"], "held", ())
    opened = ok(read_order(written["order"].encode(), ADDRESSES))
    assert (opened.session_id, opened.lines) == (SAID["session"], ())
