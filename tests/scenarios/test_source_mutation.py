"""The mutation of the source text wholesale-orders-marketplace, byte for byte, on the demo network.

Variant 5356 is sold at wholesale by seller one, 5354 at marketplace prices by seller two.
"""

from __future__ import annotations

import base64
from pathlib import Path

from entrepot.infra.pool import open_pool
from entrepot.infra.settings import Settings
from tests.factories.demo import Demo
from tests.factories.digests import digest_of
from tests.factories.graphql import Key, open_graphql

MUTATION = (Path(__file__).parent / "wholesale_orders.graphql").read_text(encoding="utf-8")


async def test_the_mutation_of_the_source_makes_one_order_and_two_invoices(
    demo: Demo, settings: Settings
) -> None:
    secret = demo.network.organisation("marketplace").token
    async with await open_pool(demo.database, settings) as pool, open_graphql(pool, settings) as it:
        answer = await Key(it.http, secret).data(MUTATION)
    created = answer["orderCreate"]
    assert created["errors"] is None
    assert isinstance(created["order"]["legacyId"], int)
    first, second = created["order"]["invoices"]["nodes"]
    assert first["seller"] == {"businessName": "Seller One"}
    assert second["seller"] == {"businessName": "Seller Two"}
    for invoice in (first, second):
        assert base64.b64decode(invoice["id"]) == f"Invoice-{invoice['legacyId']}".encode()
        (line,) = invoice["lineItems"]
        assert base64.b64decode(line["id"]).startswith(b"LineItem-")


async def test_under_one_seller_it_is_refused_and_nothing_changes(
    demo: Demo, settings: Settings
) -> None:
    secret = demo.network.organisation("marketplace").token
    async with await open_pool(demo.database, settings) as pool, open_graphql(pool, settings) as it:
        async with pool.acquire() as connection:
            await connection.execute(
                "UPDATE variants SET legacy_id = CASE legacy_id WHEN 5354 THEN -5354 ELSE 5354 END"
                " WHERE legacy_id = 5354 OR sku = 'S1-TABLE'"
            )
            await connection.execute(
                "UPDATE variants SET pricing_model = 'marketplace' WHERE sku = 'S1-TABLE'"
            )
        before = await digest_of(pool)
        answer = await Key(it.http, secret).data(MUTATION)
        assert await digest_of(pool) == before  # no order, no stock held, nothing in the outbox
    assert answer["orderCreate"]["order"] is None
    (error,) = answer["orderCreate"]["errors"]
    assert error["field"] == "base"
    constant, ours = error["messages"]
    assert constant == (
        "Line items for a seller must all use the same pricing model (marketplace or wholesale)"
    )
    assert "Seller One" in ours
    assert "S1-CHAIR" in ours
    assert "S1-TABLE" in ours
