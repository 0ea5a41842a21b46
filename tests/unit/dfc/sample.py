"""Documents as clients send them, small enough to read, to be changed by each test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from entrepot.apis.dfc.addresses import Addresses
from entrepot.kernel.refusal import Fault, Refusal

CONTEXT = "https://w3id.org/dfc/ontology/context/context_1.16.0.json"
ADDRESSES = Addresses("https://platform.example")
EXAMPLES = Path(__file__).parent / "examples"

CARROTS = "0198c0ffee0000000000000000000001"
BEANS = "0198c0ffee0000000000000000000002"
SLUG = "jean"
HERE = ADDRESSES.enterprise(SLUG)
ORDERS = ADDRESSES.orders(SLUG)
CARROT = ADDRESSES.product(SLUG, CARROTS)
BEAN = ADDRESSES.product(SLUG, BEANS)
CARROT_OFFER = ADDRESSES.offer(SLUG, CARROTS)
BEAN_OFFER = ADDRESSES.offer(SLUG, BEANS)
HUB = "https://hub.example/api/dfc/enterprises/7"

Read = TypeVar("Read")
Node = dict[str, Any]


def document(*nodes: Node, context: object = CONTEXT) -> bytes:
    """A document of these nodes."""
    return json.dumps({"@context": context, "@graph": list(nodes)}).encode()


def order(*lines: str, **more: object) -> Node:
    """An order of lines by their ids, as Open Food Network posts it."""
    node: Node = {"@id": ORDERS, "@type": "dfc-b:Order", "dfc-b:hasOrderStatus": "dfc-v:Held"}
    if lines:
        node["dfc-b:hasPart"] = lines[0] if len(lines) == 1 else list(lines)
    return node | {f"dfc-b:{name}": value for name, value in more.items()}


def line(identifier: str, quantity: object, concerns: object, **more: object) -> Node:
    """A line of an order."""
    node: Node = {"@id": identifier, "@type": "dfc-b:OrderLine"}
    node |= {"dfc-b:quantity": quantity, "dfc-b:concerns": concerns}
    return node | {f"dfc-b:{name}": value for name, value in more.items()}


def offer(identifier: str, offered: object, **more: object) -> Node:
    """An offer of a product."""
    node: Node = {"@id": identifier, "@type": "dfc-b:Offer", "dfc-b:offeredItem": offered}
    return node | {f"dfc-b:{name}": value for name, value in more.items()}


def session(identifier: str = f"{HERE}/SalesSession/#", **more: object) -> Node:
    """A sales session; by its usual address it is nobody's in particular."""
    node: Node = {"@id": identifier, "@type": "dfc-b:SaleSession"}
    return node | {f"dfc-b:{name}": value for name, value in more.items()}


def simple(**more: object) -> bytes:
    """An order of six carrots, with anything else said of the order."""
    return document(
        order(f"{ORDERS}/OrderLines/1", **more), line(f"{ORDERS}/OrderLines/1", 6, CARROT_OFFER)
    )


def example(name: str) -> bytes:
    """A recorded document."""
    return (EXAMPLES / f"{name}.json").read_bytes()


def ok(read: Read | Refusal) -> Read:
    """What was read, when it was."""
    assert not isinstance(read, Refusal), read
    return read


def faults(read: object) -> tuple[Fault, ...]:
    """Why a document was refused."""
    assert isinstance(read, Refusal), read
    return read.faults


def fault(read: object) -> Fault:
    """The one reason why a document was refused."""
    (only,) = faults(read)
    assert len(only.message) > 20
    assert only.message.endswith(".")
    return only
