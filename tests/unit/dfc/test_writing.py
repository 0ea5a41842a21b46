"""What is written: the nodes that clients need, in the shape that they read."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from entrepot.apis.dfc.reading import read_order, read_replacement, read_session
from entrepot.apis.dfc.writing import (
    ShortLine,
    Writer,
    WrittenEnterprise,
    WrittenLine,
    WrittenOrder,
    WrittenProduct,
    WrittenSession,
    document_of,
    encode,
    shortage,
)
from tests.unit.dfc.sample import (
    ADDRESSES,
    BEAN,
    BEANS,
    CARROT,
    CARROTS,
    CONTEXT,
    HERE,
    HUB,
    SLUG,
    example,
    ok,
)

JEAN = WrittenEnterprise(SLUG, "Jean")
WRITER = Writer(ADDRESSES, SLUG)
CARROT_1KG = WrittenProduct(
    CARROTS,
    "Carrots, 1 kg",
    "CAR-1",
    "kg",
    Decimal("10.000"),
    Decimal("2.5000"),
    vat_rate=Decimal("5.50"),
)
BEANS_CAN = WrittenProduct(
    BEANS,
    "Beans, 400 g can",
    "BEAN-1",
    "piece",
    Decimal(70),
    Decimal("2.0900"),
    vat_rate=Decimal("5.5"),
    units_per_case=12,
)
ORDER = WrittenOrder(
    "1001",
    "1001",
    datetime(2026, 11, 23, 9, tzinfo=UTC),
    "held",
    "held",
    "unpaid",
    (
        WrittenLine(
            460, CARROTS, Decimal("6.000"), unit_price=Decimal("2.5000"), vat_rate=Decimal("5.50")
        ),
    ),
    ordered_by=HUB,
    session=WrittenSession(
        "77", datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 27, 18, tzinfo=UTC)
    ),
)


def decoded(document: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON as it is
    return json.loads(encode(document))


def by_id(document: dict[str, Any]) -> dict[str, Any]:
    """The nodes of a document by their ids, each of which stands in it once."""
    nodes = decoded(document)["@graph"]
    found = {node["@id"]: node for node in nodes}
    assert len(found) == len(nodes)
    return found


def as_recorded(text: str) -> str:
    """A recorded document, with its made-up ids for ours."""
    for made_up, variant in (("carrot-1kg", CARROTS), ("beans-can", BEANS)):
        text = text.replace(f"/{made_up}", f"/var_{variant}")
    return text.replace("beans-case-12", f"var_{BEANS}-case").replace("OrderLines", "orderLines")


@pytest.mark.parametrize("status", ["held", "complete"])
def test_an_order_is_as_recorded_clients_read_it(status: str) -> None:
    fulfilment = "held" if status == "held" else "unfulfilled"
    written = msgspec.structs.replace(ORDER, status=status, fulfilment_status=fulfilment)
    recorded = json.loads(as_recorded(example(f"server-order-{status}").decode()))
    assert decoded(WRITER.order(written)) == recorded


def test_a_catalogue_is_as_recorded_clients_read_it() -> None:
    written = by_id(document_of(WRITER.catalogue(JEAN, [CARROT_1KG, BEANS_CAN])))
    recorded = json.loads(as_recorded(example("server-catalog").decode()))
    expected = {node["@id"]: node for node in recorded["@graph"]}
    assert written.keys() == expected.keys()
    for iri, node in written.items():
        # Items name the catalogue, so that the catalogue need not know all of them.
        if node["@type"] == "dfc-b:CatalogItem":
            assert node.pop("dfc-b:listedIn") == {"@id": ADDRESSES.catalogue(SLUG)}
        assert node["@type"] == expected[iri]["@type"]
        assert set(references(node)) <= {*references(expected[iri]), HERE}
    exact = [iri for iri in written if CARROTS in iri or "AsPlanned" in iri or iri == HERE]
    assert len(exact) == 7
    assert [written[iri] for iri in exact] == [expected[iri] for iri in exact]


def test_a_case_is_a_second_face_of_a_variant() -> None:
    nodes = by_id(WRITER.product(BEANS_CAN))
    case = BEAN + "-case"
    assert nodes[f"{HERE}/CatalogItems/var_{BEANS}"]["dfc-b:stockLimitation"] == 70
    assert nodes[f"{HERE}/CatalogItems/var_{BEANS}-case"]["dfc-b:stockLimitation"] == 5
    assert nodes[f"{HERE}/Offers/var_{BEANS}-case"]["dfc-b:stockLimitation"] == 5
    price = nodes[f"{HERE}/Offers/var_{BEANS}-case"]["dfc-b:hasPrice"]
    assert price["dfc-b:value"] == 25.08
    taken = nodes[f"{BEAN}/AsPlannedConsumptionFlow"]
    assert taken["dfc-b:consumes"] == {"@id": BEAN}
    assert taken["dfc-b:hasQuantity"]["dfc-b:value"] == 12
    made = nodes[f"{BEAN}/AsPlannedProductionFlow"]
    assert made["dfc-b:produces"] == {"@id": case}
    assert made["dfc-b:hasQuantity"]["dfc-b:value"] == 1
    assert nodes[f"{BEAN}/AsPlannedTransformation"]["dfc-b:hasOutput"] == {"@id": made["@id"]}
    assert nodes[case]["dfc-b:referencedBy"] == {"@id": f"{HERE}/CatalogItems/var_{BEANS}-case"}


@pytest.mark.parametrize(
    ("available", "each", "case"),
    [
        (None, -1, -1),
        (Decimal(0), 0, 0),
        (Decimal("11.999"), 11.999, 0),
        (Decimal(-3), 0, 0),
        (Decimal("1E+3"), 1000, 83),
    ],
)
def test_stock_limitation(available: Decimal | None, each: float, case: int) -> None:
    nodes = by_id(WRITER.product(msgspec.structs.replace(BEANS_CAN, available=available)))
    for kind in ("CatalogItems", "Offers"):
        assert nodes[f"{HERE}/{kind}/var_{BEANS}"]["dfc-b:stockLimitation"] == each
        assert nodes[f"{HERE}/{kind}/var_{BEANS}-case"]["dfc-b:stockLimitation"] == case


def test_numbers_are_written_in_full() -> None:
    product = msgspec.structs.replace(
        CARROT_1KG, available=Decimal("999999999999.999"), unit_price=Decimal("0.0001")
    )
    text = encode(WRITER.product(product))
    assert b'"dfc-b:stockLimitation":999999999999.999' in text
    assert b'"dfc-b:value":0.0001' in text
    assert b'"dfc-b:VATrate":5.5' in text
    large = msgspec.structs.replace(CARROT_1KG, available=Decimal("1E+5"))
    assert b'"dfc-b:stockLimitation":100000' in encode(WRITER.product(large))


def test_a_product_without_price_or_in_another_currency() -> None:
    offer = ADDRESSES.offer(SLUG, CARROTS)
    bare = msgspec.structs.replace(CARROT_1KG, unit_price=None)
    assert "dfc-b:hasPrice" not in by_id(WRITER.product(bare))[offer]
    francs = msgspec.structs.replace(CARROT_1KG, currency="CHF", vat_rate=None)
    price = by_id(WRITER.product(francs))[offer]["dfc-b:hasPrice"]
    assert price == {"@type": "dfc-b:Price", "dfc-b:value": 2.5}


@pytest.mark.parametrize(
    ("unit", "measure"),
    [
        ("kg", "Kilogram"),
        ("KG", "Kilogram"),
        ("piece", "Piece"),
        ("stuk", "Piece"),
        ("krat", "Crate"),
        ("wheelbarrow", "Piece"),
    ],
)
def test_a_unit_is_a_measure(unit: str, measure: str) -> None:
    nodes = by_id(WRITER.product(msgspec.structs.replace(CARROT_1KG, unit=unit)))
    assert nodes[CARROT]["dfc-b:hasQuantity"]["dfc-b:hasUnit"] == {"@id": f"dfc-m:{measure}"}


def references(value: object) -> Iterator[str]:
    """Everything that a document refers to, but for concepts."""
    if isinstance(value, dict):
        if value.keys() == {"@id"}:
            if not str(value["@id"]).startswith("dfc-"):
                yield value["@id"]
        else:
            for inner in value.values():
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_whatever_is_referred_to_stands_in_the_document_with_one_type() -> None:
    documents = (
        WRITER.order(ORDER),
        WRITER.orders([ORDER, msgspec.structs.replace(ORDER, id="1002")]),
        WRITER.line("1001", ORDER.lines[0]),
        WRITER.product(BEANS_CAN),
        document_of(WRITER.catalogue(JEAN, [CARROT_1KG, BEANS_CAN])),
    )
    for document in documents:
        nodes = by_id(document)
        assert all(isinstance(node["@type"], str) for node in nodes.values())
        assert set(references(decoded(document)["@graph"])) <= nodes.keys()
        assert decoded(document)["@context"] == CONTEXT


def test_an_order_without_lines_session_or_client() -> None:
    empty = msgspec.structs.replace(ORDER, lines=(), ordered_by=None, session=None)
    document = WRITER.order(empty)
    assert set(by_id(document)) == {f"{HERE}/Orders/1001", HERE}
    assert "dfc-b:hasPart" not in by_id(document)[f"{HERE}/Orders/1001"]
    read = ok(read_replacement(encode(document), ADDRESSES))
    assert (read.id, read.status, read.lines) == (f"{HERE}/Orders/1001", "held", ())


def test_no_orders_at_all() -> None:
    assert decoded(WRITER.orders([])) == {"@context": CONTEXT, "@graph": []}


def test_our_own_statuses_in_the_words_of_the_standard() -> None:
    written = msgspec.structs.replace(
        ORDER, status="complete", fulfilment_status="partly_fulfilled", payment_status="refunded"
    )
    node = by_id(WRITER.order(written))[f"{HERE}/Orders/1001"]
    assert node["dfc-b:hasFulfilmentStatus"] == {"@id": "dfc-v:Unfulfilled"}
    assert node["dfc-b:hasPaymentStatus"] == {"@id": "dfc-v:Cancelled"}


def test_what_is_written_is_read() -> None:
    case = WrittenLine(461, BEANS, Decimal(2), is_case=True, unit_price=Decimal("25.08"))
    written = msgspec.structs.replace(ORDER, lines=(*ORDER.lines, case))
    read = ok(read_order(encode(WRITER.order(written)), ADDRESSES))
    assert (read.status, read.fulfilment_status, read.payment_status) == ("held", "held", "unpaid")
    assert read.ordered_by == HUB
    assert [(each.product, each.quantity) for each in read.lines] == [
        (CARROT, Decimal(6)),
        (BEAN + "-case", Decimal(2)),
    ]
    assert [each.price and each.price.value for each in read.lines] == [
        Decimal("2.5"),
        Decimal("25.08"),
    ]
    assert read.session is not None
    assert ORDER.session is not None
    assert read.session.begins_at == ORDER.session.begins_at
    alone = ok(read_session(encode(WRITER.session(ORDER.session)), ADDRESSES))
    assert (alone.id, alone.ends_at) == (f"{HERE}/SaleSessions/77", ORDER.session.ends_at)


def test_a_moment_is_written_in_utc() -> None:
    there = timezone(timedelta(hours=1))
    written = WRITER.session(WrittenSession("77", datetime(2026, 11, 23, 9, tzinfo=there)))
    assert written["dfc-b:beginDate"] == "2026-11-23T08:00:00Z"
    assert "dfc-b:endDate" not in written


def test_an_enterprise() -> None:
    jean = WrittenEnterprise(SLUG, "Jean", "Farm", "FR00")
    assert WRITER.enterprise(jean) == {
        "@id": HERE,
        "@type": "dfc-b:Enterprise",
        "dfc-b:name": "Jean",
        "dfc-b:hasDescription": "Farm",
        "dfc-b:VATnumber": "FR00",
    }


def test_a_shortage_names_every_short_line() -> None:
    lines = [
        ShortLine(CARROT, Decimal(2), Decimal("1.000"), "Order.hasPart[0].quantity"),
        ShortLine(BEAN, Decimal(7), Decimal(0), "Order.hasPart[1].quantity"),
    ]
    problem = decoded(shortage(lines, "req-1"))
    assert (problem["status"], problem["code"]) == (409, "stock.insufficient_available")
    assert problem["detail"].startswith("Nothing was held: 2 lines ask for more")
    assert [(each["field"], each["facts"]) for each in problem["faults"]] == [
        (
            "Order.hasPart[0].quantity",
            {"product": CARROT, "requested": "2", "available": "1"},
        ),
        ("Order.hasPart[1].quantity", {"product": BEAN, "requested": "7", "available": "0"}),
    ]
    assert decoded(shortage(lines[:1], "req-1"))["detail"].startswith(
        "Nothing was held: 1 line asks"
    )


async def pages(count: int, size: int) -> AsyncIterator[Sequence[WrittenProduct]]:
    for start in range(0, count, size):
        yield [
            msgspec.structs.replace(BEANS_CAN, variant=f"{number:032x}")
            for number in range(start, min(start + size, count))
        ]


@pytest.mark.parametrize(("count", "size"), [(0, 10), (1, 10), (25, 10)])
async def test_a_catalogue_comes_in_chunks_that_are_one_document(count: int, size: int) -> None:
    text = b"".join([chunk async for chunk in WRITER.stream(JEAN, pages(count, size))])
    nodes = [node async for page in pages(count, size) for node in page]
    assert json.loads(text) == decoded(document_of(WRITER.catalogue(JEAN, nodes)))


async def test_an_empty_page_is_no_chunk() -> None:
    async def nothing() -> AsyncIterator[Sequence[WrittenProduct]]:
        yield []

    chunks = [chunk async for chunk in WRITER.stream(JEAN, nothing())]
    assert all(chunks)
    assert json.loads(b"".join(chunks))["@graph"]


async def test_a_catalogue_of_ten_thousand_takes_no_more_memory_than_a_page() -> None:
    async def written(count: int) -> tuple[int, int]:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        length = 0
        async for chunk in WRITER.stream(JEAN, pages(count, 200)):
            length += len(chunk)
        return length, tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    try:
        await written(400)
        small_length, small_peak = await written(1_000)
        length, peak = await written(10_000)
    finally:
        tracemalloc.stop()
    assert length > 9 * small_length
    assert peak < 1.2 * small_peak
