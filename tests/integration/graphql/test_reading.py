"""What is read at the GraphQL door: by a marketplace, by its sellers, and by nobody else."""

from __future__ import annotations

import base64

import pytest

from entrepot.apis.graphql.ids import write_id
from tests.factories.graphql import Mall

VARIANT = """
fragment all on Variant {
  __typename id legacyId label sku barcode buyable displayable published countOnHand
  countFromPartners infiniteQuantity createdAt updatedAt minPurchaseQuantity pricingModel
  itemTaxRate lowestPrice lowestPriceCents lowestOriginalPrice lowestOriginalPriceCents
  editablePrice editablePriceCents editablePriceFormatted recommendedRetailPrice
  recommendedRetailPriceCents recommendedRetailPriceFormatted wholesalePrice wholesalePriceCents
  wholesalePriceFormatted
  inventories {
    totalCount pageInfo { hasNextPage } edges { cursor }
    nodes { id countOnHand countFromPartners infiniteQuantity
      price { amount currencyCode formatted }
      seller { id businessName } }
  }
  advert { __typename ... on Node { id } ... on Advert { title seller { businessName } } }
}
"""
ADVERT = """
fragment whole on Advert {
  __typename id legacyId title fullTitle createdAt updatedAt published displayable online
  itemTaxRate
  lowestPrice lowestPriceCents lowestOriginalPrice lowestOriginalPriceCents
  editablePrice editablePriceCents editablePriceFormatted(currency: "EUR")
  wholesalePrice wholesalePriceCents wholesalePriceFormatted
  seller { id businessName createdAt isRetailer online }
  variants(first: 10) { totalCount nodes { id sku } edges { cursor node { id } }
    pageInfo { startCursor endCursor hasNextPage hasPreviousPage } }
}
"""
SKUS = "{ variantsWhere { totalCount nodes { sku countOnHand } } }"


def skus(data: dict) -> list[str]:  # type: ignore[type-arg] # JSON, as it is read
    """The beginnings of the skus in an answer, sorted."""
    return sorted(node["sku"].partition("-")[0] for node in data["variantsWhere"]["nodes"])


async def test_a_variant_with_all_its_fields(mall: Mall) -> None:
    id_ = await mall.wire(mall.shoes)
    data = await mall.market.data(f'{{ node(id: "{id_}") {{ ...all }} }} {VARIANT}')
    node = data["node"]
    assert base64.b64decode(id_) == f"Variant-{node['legacyId']}".encode()
    assert (node["id"], node["countOnHand"], node["countFromPartners"]) == (id_, 5, 0)
    assert (node["lowestPrice"], node["lowestPriceCents"]) == ("2.5", 250)
    assert (node["editablePrice"], node["editablePriceFormatted"]) == ("2.5", "€2.50")
    assert node["pricingModel"] == "WHOLESALE"
    assert node["recommendedRetailPrice"] == "2.5"
    assert node["updatedAt"] >= node["createdAt"]
    assert node["advert"]["__typename"] == "Advert"
    assert node["advert"]["seller"] == {"businessName": "shoemaker"}
    (inventory,) = node["inventories"]["nodes"]
    assert (inventory["countOnHand"], inventory["infiniteQuantity"]) == (5, False)
    assert inventory["price"] == {"amount": "2.5", "currencyCode": "EUR", "formatted": "€2.50"}
    assert inventory["seller"]["businessName"] == "shoemaker"
    again = await mall.market.data(
        f'{{ node(id: "{inventory["id"]}") {{ ... on Inventory {{ countOnHand }} }} }}'
    )
    assert again == {"node": {"countOnHand": 5}}


async def test_an_advert_with_all_its_fields(mall: Mall) -> None:
    id_ = await mall.advert(mall.shoes)
    data = await mall.seller.data(f'{{ node(id: "{id_}") {{ ...whole }} }} {ADVERT}')
    node = data["node"]
    assert (node["title"], node["published"], node["lowestPrice"]) == ("SHOE", True, "2.5")
    assert node["variants"]["totalCount"] == 1
    assert node["variants"]["nodes"][0]["id"] == await mall.wire(mall.shoes)
    assert node["seller"]["id"] == await mall.seller_id_of(mall.seller_id)


async def test_who_sees_whose_goods(mall: Mall) -> None:
    assert skus(await mall.market.data(SKUS)) == ["HAT", "SHOE"]
    assert skus(await mall.seller.data(SKUS)) == ["SHOE"]
    assert skus(await mall.stranger.data(SKUS)) == ["SECRET"]
    sellers = "{ allSellers { totalCount nodes { businessName } } }"
    data = (await mall.market.data(sellers))["allSellers"]
    names = {node["businessName"] for node in data["nodes"]}
    assert (data["totalCount"], names) == (3, {"market", "shoemaker", "hatter"})
    found = await mall.market.data('{ sellersWhere(q: "shoe") { nodes { businessName } } }')
    assert found["sellersWhere"]["nodes"] == [{"businessName": "shoemaker"}]


async def test_a_right_that_is_paused_closes_the_goods(mall: Mall) -> None:
    async with mall.graphql.pool.acquire() as connection:
        await connection.execute(
            "UPDATE trading_rights SET state = 'paused' WHERE seller = $1", mall.other_id
        )
    assert skus(await mall.market.data(SKUS)) == ["SHOE"]


async def test_what_others_have_is_null_like_what_is_not_there(mall: Mall) -> None:
    ids = [
        await mall.wire(mall.secret),
        await mall.advert(mall.secret),
        base64.b64encode(b"Variant-99999").decode(),
        base64.b64encode(b"Invoice-1").decode(),
        base64.b64encode(b"Webhook-1").decode(),
        await mall.seller_id_of(mall.stranger_id),
        write_id("Seller", 0),
        "no id",
        await mall.wire(mall.shoes),
    ]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    nodes = (await mall.market.data(query, {"ids": ids}))["nodes"]
    assert nodes[:-1] == [None] * 8
    assert nodes[-1] == {"__typename": "Variant", "id": ids[-1]}
    one = await mall.market.data(query, {"ids": ids[-1]})  # one value where a list is asked for
    assert one["nodes"] == [nodes[-1]]


async def test_a_page_follows_a_page(mall: Mall) -> None:
    for _ in range(4):
        await mall.network.variant(mall.seller_id, "MORE")
    query = (
        "query($after: String) { variantsWhere(first: 2, after: $after) { totalCount nodes { sku }"
        " edges { cursor } pageInfo { endCursor hasNextPage hasPreviousPage } } }"
    )
    found, after = [], None
    while True:
        page = (await mall.market.data(query, {"after": after}))["variantsWhere"]
        assert page["totalCount"] == 6
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        found += [node["sku"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(found) == len(set(found)) == 6


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("variantFilters: { skus: [] }", ["HAT", "SHOE"]),
        ("variantFilters: { stocked: true }", ["SHOE"]),
        ("variantFilters: { stocked: false }", ["HAT"]),
        ("variantFilters: { quantityFrom: 5 }", ["SHOE"]),
        ("variantFilters: { quantityFrom: 6 }", []),
        ("variantFilters: { quantityTo: 5 }", ["HAT", "SHOE"]),
        ("variantFilters: { quantityTo: 4 }", ["HAT"]),
        ("variantFilters: { infiniteQuantity: true }", []),
        ('variantFilters: { skus: "nothing" }', []),
        ('variantFilters: { barcodes: ["x"] }', []),
        ('advertFilters: { q: "sho" }', ["SHOE"]),
        ('advertFilters: { title: "HAT" }', ["HAT"]),
        ('advertFilters: { title: "%" }', []),
        ("advertFilters: { status: DISPLAYED }", ["HAT", "SHOE"]),
        ("advertFilters: { status: NOT_DISPLAYED }", []),
        ("advertFilters: { status: FEATURED }", []),
        ("advertFilters: { legacyIds: 1 }", []),
    ],
)
async def test_variants_are_found_by_what_they_are(
    mall: Mall, filters: str, expected: list[str]
) -> None:
    data = await mall.market.data(
        f"{{ variantsWhere({filters}) {{ totalCount nodes {{ sku }} }} }}"
    )
    assert skus(data) == expected
    assert data["variantsWhere"]["totalCount"] == len(expected)


async def test_variants_are_found_by_sku_and_number(mall: Mall) -> None:
    data = await mall.market.data(
        "{ variantsWhere { nodes { sku advert { ... on Advert { legacyId } } } } }"
    )
    for node in data["variantsWhere"]["nodes"]:
        for filters in (
            f'variantFilters: {{ skus: "{node["sku"]}" }}',
            f"advertFilters: {{ legacyIds: {node['advert']['legacyId']} }}",
        ):
            found = await mall.market.data(f"{{ variantsWhere({filters}) {{ nodes {{ sku }} }} }}")
            assert found["variantsWhere"]["nodes"] == [{"sku": node["sku"]}]


async def test_adverts_are_found_by_a_filter_and_none_without(mall: Mall) -> None:
    none = await mall.market.data("{ advertsWhere { totalCount nodes { title } } }")
    assert none == {"advertsWhere": {"totalCount": 0, "nodes": []}}
    seller = await mall.seller_id_of(mall.seller_id)
    stranger = await mall.seller_id_of(mall.stranger_id)
    for filters, expected in (
        (f'retailerIds: "{seller}"', ["SHOE"]),
        (f'retailerIds: ["{stranger}"]', []),
        ('retailerIds: ["none"]', []),
        ('q: "hat"', ["HAT"]),
        ('title: "shoe"', ["SHOE"]),
        ("status: DISPLAYED", ["HAT", "SHOE"]),
        ("status: NOT_DISPLAYED", []),
        ("status: FEATURED", []),
        ("stockStatus: HAS_STOCK", ["SHOE"]),
        ("stockStatus: OUT_OF_STOCK", ["HAT"]),
        ('createdSince: "2020-01-01"', ["HAT", "SHOE"]),
        ('createdUntil: "2020-01-01T00:00:00Z"', []),
    ):
        data = await mall.market.data(
            f"{{ advertsWhere({filters}) {{ totalCount nodes {{ title }} }} }}"
        )
        found = data["advertsWhere"]
        assert sorted(node["title"] for node in found["nodes"]) == expected, filters
        assert found["totalCount"] == len(expected)


async def test_all_adverts_tells_the_three_kinds_apart(mall: Mall) -> None:
    await mall.network.variant(mall.seller_id, "OFF", state="deactivated")
    await mall.network.variant(mall.seller_id, "GONE", state="deleted")
    query = (
        "{ allAdverts { totalCount nodes { __typename ... on Node { id } ... on Advert { title }"
        " ... on UnpublishedAdvert { legacyId updatedAt details { title published } }"
        " ... on DeletedAdvert { legacyId updatedAt } } } }"
    )
    found = (await mall.seller.data(query))["allAdverts"]
    assert found["totalCount"] == 3
    kinds = {node["__typename"]: node for node in found["nodes"]}
    assert kinds["Advert"]["title"] == "SHOE"
    assert kinds["UnpublishedAdvert"]["details"] == {"title": "OFF", "published": False}
    assert set(kinds) == {"Advert", "UnpublishedAdvert", "DeletedAdvert"}
    gone = kinds["DeletedAdvert"]["id"]
    assert await mall.seller.data(f'{{ node(id: "{gone}") {{ id }} }}') == {"node": None}


async def test_adverts_changed_since_are_those_that_were(mall: Mall) -> None:
    async with mall.graphql.pool.acquire() as connection:
        await connection.execute("UPDATE products SET created_at = now() - interval '2 days'")
        await connection.execute("UPDATE variants SET created_at = now() - interval '2 days'")
        since = await connection.fetchval("SELECT now() - interval '1 day'")
    query = (
        "query($since: ISO8601DateTime) { allAdverts(updatedSince: $since) { totalCount"
        " nodes { ... on Advert { title updatedAt } } } }"
    )
    asked = {"since": since.isoformat()}
    assert (await mall.market.data(query, asked))["allAdverts"]["totalCount"] == 0
    for title, variant in (("SHOE", mall.shoes), ("HAT", mall.hats)):
        key = mall.seller if title == "SHOE" else await mall.graphql.key(mall.other_id)
        update = (
            'mutation { variantUpdate(input: { variantId: "%s", attributes: { price: 9 } })'
            " { errors { field } } }" % await mall.wire(variant)
        )
        assert (await key.data(update))["variantUpdate"]["errors"] is None
    found = (await mall.market.data(query, asked))["allAdverts"]
    assert sorted(node["title"] for node in found["nodes"]) == ["HAT", "SHOE"]


async def test_what_partners_add_is_shown_apart(mall: Mall) -> None:
    wholesaler = await mall.network.organisation("wholesaler")
    theirs = await mall.network.variant(wholesaler, "BULK")
    await mall.stock(wholesaler, theirs, 40)
    partnership = await mall.network.partnership(wholesaler, mall.seller_id)
    await mall.network.match(partnership, (wholesaler, theirs), (mall.seller_id, mall.shoes))
    id_ = await mall.wire(mall.shoes)
    query = f'{{ node(id: "{id_}") {{ ... on Variant {{ countOnHand countFromPartners }} }} }}'
    for key in (mall.market, mall.seller):
        node = (await key.data(query))["node"]
        assert node == {"countOnHand": 5, "countFromPartners": 40}
    assert skus(await mall.market.data(SKUS)) == ["HAT", "SHOE"]  # and nothing of the wholesaler's


async def test_unlimited_and_broken_quantities(mall: Mall) -> None:
    endless = await mall.network.variant(mall.seller_id, "AIR", unlimited=True)
    await mall.stock(mall.seller_id, mall.shoes, "5.9")
    query = "query($id: ID!) { node(id: $id) { ... on Variant { countOnHand infiniteQuantity } } }"
    for variant, expected in ((endless, (0, True)), (mall.shoes, (5, False))):
        node = (await mall.seller.data(query, {"id": await mall.wire(variant)}))["node"]
        assert (node["countOnHand"], node["infiniteQuantity"]) == expected
    await mall.stock(mall.seller_id, mall.shoes, "999999999999")
    node = (await mall.seller.data(query, {"id": await mall.wire(mall.shoes)}))["node"]
    assert node["countOnHand"] == 2**31 - 1


async def test_whom_a_key_belongs_to(mall: Mall) -> None:
    query = (
        "{ apiKeyPrincipal { name emailAddress username seller { id businessName } }"
        " siteConfig { name currencyCode country { code name taxInclusive } }"
        " healthCheck { success database { success message time } } }"
    )
    market = await mall.market.data(query)
    assert market["apiKeyPrincipal"]["seller"] is None
    assert market["siteConfig"]["country"] == {
        "code": "NL",
        "name": "Netherlands",
        "taxInclusive": False,
    }
    assert market["healthCheck"]["success"] is True
    assert market["healthCheck"]["database"]["message"] is None
    seller = await mall.seller.data(query)
    assert seller["apiKeyPrincipal"]["seller"]["businessName"] == "shoemaker"


async def test_one_statement_a_level(mall: Mall) -> None:
    for number in range(30):
        seller = mall.seller_id if number % 2 else mall.other_id
        await mall.network.variant(seller, "MANY")
    query = (
        "{ allAdverts(first: 50) { totalCount nodes { ... on Advert { title updatedAt"
        " seller { businessName } variants { nodes { sku countOnHand countFromPartners updatedAt"
        " inventories { nodes { countOnHand seller { businessName } } }"
        " advert { ... on Advert { title } } } } } } } }"
    )
    with mall.graphql.statements() as seen:
        data = await mall.market.data(query)
    assert len(data["allAdverts"]["nodes"]) == 32
    # The key, adverts, their number, changes, sellers, variants, their changes, partners' part.
    assert len(seen) == 8, "\n".join(text.strip()[:60] for text in seen)


async def test_lists_that_are_read_forwards_say_so(mall: Mall) -> None:
    for arguments in ("last: 1", 'before: "x"', 'after: "x"', "first: -1"):
        answer = await mall.market.ask(f"{{ variantsWhere({arguments}) {{ nodes {{ sku }} }} }}")
        assert answer["errors"][0]["path"] == ["variantsWhere"], arguments
    await mall.network.variant(mall.seller_id, "ONE")
    id_ = await mall.advert(mall.shoes)
    back = await mall.seller.data(
        f'{{ node(id: "{id_}") {{ ... on Advert {{ variants(last: 1) {{ nodes {{ sku }}'
        " pageInfo { hasPreviousPage endCursor } } } } }"
    )
    assert len(back["node"]["variants"]["nodes"]) == 1
