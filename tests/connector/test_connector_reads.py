"""What we write, as the official npm connector and an RDF library understand it: the same facts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
import rdflib

from entrepot.apis.dfc.contexts import shipped
from entrepot.apis.dfc.writing import (
    Document,
    Writer,
    WrittenEnterprise,
    WrittenLine,
    WrittenOrder,
    WrittenProduct,
    WrittenSession,
    document_of,
    encode,
)
from tests.connector.conftest import Connector
from tests.unit.dfc.sample import ADDRESSES, BEAN, BEANS, CARROT, CARROTS, HERE, HUB, SLUG

# rdflib's own reader of JSON-LD still uses a class that rdflib calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")

ONTOLOGY: Final = "https://github.com/datafoodconsortium/ontology/releases/latest/download/"
TAXONOMIES: Final = "https://github.com/datafoodconsortium/taxonomies/releases/latest/download/"
B: Final = rdflib.Namespace(ONTOLOGY + "DFC_BusinessOntology.owl#")
M: Final = rdflib.Namespace(TAXONOMIES + "measures.rdf#")
V: Final = TAXONOMIES + "vocabulary.rdf#"

WRITER: Final = Writer(ADDRESSES, SLUG)
PRODUCTS: Final = (
    WrittenProduct(
        CARROTS,
        "Carrots, 1 kg",
        "CAR-1",
        "kg",
        Decimal("10.125"),
        Decimal("2.5000"),
        vat_rate=Decimal("5.50"),
    ),
    WrittenProduct(
        BEANS,
        "Beans",
        "BEAN-1",
        "piece",
        None,
        Decimal("2.09"),
        vat_rate=Decimal(9),
        units_per_case=12,
    ),
)
ORDER: Final = WrittenOrder(
    "ord_1001",
    "1001",
    datetime(2026, 11, 23, 9, tzinfo=UTC),
    "complete",
    "unfulfilled",
    "unpaid",
    (
        WrittenLine(
            1, CARROTS, Decimal("6.125"), unit_price=Decimal("2.5000"), vat_rate=Decimal("5.5")
        ),
        WrittenLine(
            2,
            BEANS,
            Decimal(1000),
            is_case=True,
            unit_price=Decimal("25.08"),
            vat_rate=Decimal(9),
        ),
    ),
    ordered_by=HUB,
    session=WrittenSession(
        "77", datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 27, 18, tzinfo=UTC)
    ),
)
EMPTY: Final = msgspec.structs.replace(ORDER, lines=(), session=None, ordered_by=None)
JEAN: Final = WrittenEnterprise(SLUG, "Jean", "Farm", "FR00")


def sent(document: Document) -> Any:  # noqa: ANN401 - JSON as it is
    return json.loads(encode(document))


def catalogue() -> Any:  # noqa: ANN401 - JSON as it is
    return sent(document_of(WRITER.catalogue(JEAN, PRODUCTS)))


def graph_of(document: Any) -> rdflib.Graph:  # noqa: ANN401 - JSON as it is
    """A document as RDF, with the context in place so that nothing is fetched."""
    graph = rdflib.Graph()
    graph.parse(data=json.dumps(document | shipped()), format="json-ld")
    return graph


def value(graph: rdflib.Graph, subject: rdflib.term.Node, predicate: rdflib.URIRef) -> Any:  # noqa: ANN401 - of whatever type RDF says
    found = graph.value(subject, predicate, any=False)
    return found.toPython() if isinstance(found, rdflib.URIRef | rdflib.Literal) else None


def price_in(graph: rdflib.Graph, subject: rdflib.term.Node) -> dict[str, Any] | None:
    price = graph.value(subject, B.hasPrice, any=False)
    if price is None:
        return None
    unit = value(graph, price, B.hasUnit)
    return {
        "value": float(value(graph, price, B.value)),
        "vat": float(value(graph, price, B.VATrate)),
        "unit": unit and str(unit).replace(str(M), "dfc-m:"),
    }


def lines_in(graph: rdflib.Graph) -> list[dict[str, Any]]:
    lines = []
    for line in graph.subjects(rdflib.RDF.type, B.OrderLine):
        offer = graph.value(line, B.concerns, any=False)
        assert offer is not None
        lines.append(
            {
                "id": str(line),
                "quantity": float(value(graph, line, B.quantity)),
                "order": str(value(graph, line, B.partOf)),
                "offer": str(offer),
                "product": str(value(graph, offer, B.offeredItem)),
                "price": price_in(graph, line),
            }
        )
    return sorted(lines, key=lambda each: each["id"])


def offers_in(graph: rdflib.Graph) -> list[dict[str, Any]]:
    offers = [
        {
            "id": str(offer),
            "product": str(value(graph, offer, B.offeredItem)),
            "stock": float(value(graph, offer, B.stockLimitation)),
            "price": price_in(graph, offer),
        }
        for offer in graph.subjects(rdflib.RDF.type, B.Offer)
    ]
    return sorted(offers, key=lambda each: each["id"])


def test_the_context_that_is_shipped_is_the_connectors(connector: Connector) -> None:
    assert shipped() == {"@context": connector.context()}


def test_an_order_is_understood_alike(connector: Connector) -> None:
    document = sent(WRITER.order(ORDER))
    (facts,) = connector.read(document)
    (order,) = facts["orders"]
    lines = sorted(order.pop("lines"), key=lambda each: each["id"])
    iri = f"{HERE}/Orders/ord_1001"
    assert order == {
        "id": iri,
        "number": "1001",
        "date": "2026-11-23T09:00:00Z",
        "status": V + "Complete",
        "fulfilment": V + "Unfulfilled",
        "payment": V + "Unpaid",
        "client": HUB,
        "seller": HERE,
        "session": f"{HERE}/SaleSessions/77",
    }
    assert [(each["product"], each["quantity"], each["price"]) for each in lines] == [
        (CARROT, 6.125, {"value": 2.5, "vat": 5.5, "unit": "dfc-m:Euro"}),
        (BEAN + "-case", 1000, {"value": 25.08, "vat": 9, "unit": "dfc-m:Euro"}),
    ]
    assert facts["sessions"] == [
        {
            "id": f"{HERE}/SaleSessions/77",
            "begin": "2026-11-23T08:00:00Z",
            "end": "2026-11-27T18:00:00Z",
        }
    ]
    assert facts["count"] == len(document["@graph"])

    graph = graph_of(document)
    assert lines_in(graph) == lines
    subject = rdflib.URIRef(iri)
    for name, predicate in (
        ("number", B.orderNumber),
        ("date", B.date),
        ("status", B.hasOrderStatus),
        ("fulfilment", B.hasFulfilmentStatus),
        ("payment", B.hasPaymentStatus),
        ("client", B.orderedBy),
        ("seller", B.soldBy),
        ("session", B.belongsTo),
    ):
        assert str(value(graph, subject, predicate)) == order[name]


def test_a_catalogue_is_understood_alike(connector: Connector) -> None:
    document = catalogue()
    (facts,) = connector.read(document)
    assert facts["count"] == len(document["@graph"])
    offers = sorted(facts["offers"], key=lambda each: each["id"])
    assert [(each["product"], each["stock"], each["price"]["value"]) for each in offers] == [
        (CARROT, 10.125, 2.5),
        (BEAN, -1, 2.09),
        (BEAN + "-case", -1, 25.08),
    ]
    graph = graph_of(document)
    assert offers_in(graph) == offers

    items = {each["product"]: each for each in facts["items"]}
    assert [items[iri]["sku"] for iri in (CARROT, BEAN, BEAN + "-case")] == [
        "CAR-1",
        "BEAN-1",
        None,
    ]
    for product in facts["products"]:
        item = items[product["id"]]
        assert product["items"] == [item["id"]]
        assert item["catalogues"] == [ADDRESSES.catalogue(SLUG)]
        (offer,) = [each for each in offers if each["product"] == product["id"]]
        assert item["offers"] == [offer["id"]]
        assert item["stock"] == offer["stock"]
        subject = rdflib.URIRef(product["id"])
        assert product["name"] == value(graph, subject, B.name)
        assert [str(each) for each in graph.objects(subject, B.referencedBy)] == product["items"]


def test_a_case_is_found_by_its_flows(connector: Connector) -> None:
    document = catalogue()
    (facts,) = connector.read(document)
    (taken,), (made,) = facts["takes"], facts["makes"]
    assert taken == {
        "id": BEAN + "/AsPlannedConsumptionFlow",
        "product": BEAN,
        "measure": {"value": 12, "unit": "dfc-m:Piece"},
    }
    assert made == {
        "id": BEAN + "/AsPlannedProductionFlow",
        "product": BEAN + "-case",
        "measure": {"value": 1, "unit": "dfc-m:Piece"},
    }
    graph = graph_of(document)
    flow = rdflib.URIRef(taken["id"])
    measure = graph.value(flow, B.hasQuantity, any=False)
    assert measure is not None
    assert value(graph, measure, B.value) == 12
    (change,) = graph.subjects(B.hasInput, flow)
    assert str(value(graph, change, B.hasOutput)) == made["id"]


def test_all_other_documents_are_understood(connector: Connector) -> None:
    assert ORDER.session is not None
    documents = [
        sent(WRITER.order(EMPTY)),
        sent(WRITER.session(ORDER.session)),
        sent(document_of([WRITER.enterprise(JEAN)])),
        sent(WRITER.line("ord_1001", ORDER.lines[0])),
        sent(document_of(WRITER.catalogue(JEAN, ()))),
        sent(WRITER.product(PRODUCTS[0])),
    ]
    empty, session, enterprise, line, nothing, product = connector.read(*documents)
    assert [(each["id"], each["lines"]) for each in empty["orders"]] == [
        (f"{HERE}/Orders/ord_1001", [])
    ]
    assert [each["end"] for each in session["sessions"]] == ["2026-11-27T18:00:00Z"]
    assert enterprise["enterprises"] == [{"id": HERE, "name": "Jean"}]
    assert [(each["product"], each["quantity"]) for each in line["lines"]] == [(CARROT, 6.125)]
    assert nothing["count"] == 2
    assert [each["id"] for each in product["products"]] == [CARROT]
    for document in documents:
        assert len(graph_of(document))
