"""Whatever is sent, the server keeps to its document and never fails.

Requests are generated from the served document. Each is sent as it was drawn, and again naming
goods, orders and partners that are really there, so that acts happen too; an act that is accepted
is sent once more, which changes nothing. Afterwards the invariants of the database hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.factories.demo import Demo
from tests.factories.known import Known, grant_rights, open_known
from tests.factories.served import environ_of, served

AnyCase: TypeAlias = schemathesis.Case[Any]
Choice = TypeVar("Choice")

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES_QUICK = 5
EXAMPLES_FULL = 100
SHARE_OF_READS = 0.6
SHARE_OF_PLAIN = 0.3
"""How many of the examples are for routes that are only told what to show, or only of what."""
GUESSED = frozenset({"/partnership-invitations/accept", "/partnership-invitations/preview"})
"""Routes that ten wrong keys close for an hour."""
FRUITLESS_MAX = 4
"""Routes that chance may leave without one request that passes."""
API = "/api/v1"
DONE = frozenset({200, 201})
CLOSED = frozenset({"People", "Tokens"})
"""Topics of owners, and of passwords and keys that no chance finds: nothing opens to these."""

ENDING = (
    "/sales-sessions/{sales_session}/close",
    "/allocations/{allocation}/close",
    "/matches/{match}/end",
    "/partnerships/{partnership}/pause",
    "/partnerships/{partnership}/resume",
    "/partnerships/{partnership}/begin-ending",
    "/partnerships/{partnership}/end",
)
"""Acts after which others find nothing to do any more, in the order in which they are tried."""
FITTING: Mapping[str, Sequence[object]] = MappingProxyType(
    {
        "adjustments quantity": ["1", "-1"],
        "backorder_threshold": [1],
        "buffer": ["0", 1.5],
        "amount_per_item": [None, 0],
        "cap": [None, "5"],
        "carrier": [1, 9],
        "cash_amount": [None, 0],
        "custom": [None],
        "description": ["Fuzz"],
        "dispatched": [False],
        "dispatched_on": ["2090-01-01"],
        "email": ["fuzz@example.com"],
        "events": [["settlement.*"]],
        "factor": [1, 2],
        "hold_minutes": [5],
        "kind": ["own"],
        "line": [1],
        "marketplace-orders adjustments": [[]],
        "marketplace-orders buyer": [None, {"first_name": "Fuzz"}],
        "marketplace-orders cost": [None, {"amount": 1000}],
        "marketplace-orders external_ids": [[]],
        "marketplace-orders invoices": [[]],
        "marketplace-orders metadata": [[]],
        "marketplace-orders postage": [None, {"amount": 100}],
        "marketplace-orders quantity": ["1", 2],
        "note": ["Fuzz"],
        "notes": [[], ["Fuzz"]],
        "on_hand": ["900", 1000],
        "order_quantity_min": ["0"],
        "order_quantity_multiple": [0],
        "price_percentage": [90, "100"],
        "priority": [0, 1],
        "purchase_price": ["1.25"],
        "quantity": ["1", 2, "0.5"],
        "quantity_max": ["900", 1000, None],
        "rank": [0, 3],
        "reason": ["Fuzz"],
        "retail_price": [2.5, None],
        "seller-invoices quantity": ["1", 2],
        "terms": ["Fuzz"],
        "time_zone": ["Europe/Amsterdam"],
        "tracking_number": ["T1"],
        "unit_price": ["2.5", None],
        "units_per_case": [6],
        "valid_days": [14],
        "valid_from": ["2090-01-01T00:00:00Z"],
        "valid_until": ["2090-01-01T00:00:00Z", None],
        "vat_rate": [21],
        "webhooks state": ["enabled", "disabled", "deleted"],
        "wholesale_price": ["1.5"],
    }
)
"""Values that pass, of fields that may be drawn; a word of the path before it narrows a name."""
OWN = frozenset({"code", "name", "reference", "sku", "supplier_sku"})
"""Fields whose value nobody else may have."""
TEXTS = frozenset({"description", "name", "note", "reason", "reference", "terms"})
AMOUNTS = frozenset(
    {
        "buffer",
        "cap",
        "factor",
        "line",
        "on_hand",
        "price_percentage",
        "priority",
        "quantity",
        "quantity_max",
        "rank",
        "unit_price",
        "valid_until",
    }
)
AS_DRAWN = (frozenset[str](), TEXTS, frozenset[str](), AMOUNTS)
"""Fields that keep what was drawn in requests that name what is there, by turns."""
LEFT_OUT = frozenset({"gtin", "pricing_model", "prices_include_vat", "state", "unit", "unlimited"})
"""Fields that a request which is to succeed leaves out, unless there is a value that fits."""
LINES = ("quantity", "on_hand", "unit_price")
"""Fields of which a line about a variant has one."""
FIRST: Mapping[str, Sequence[dict[str, object]]] = MappingProxyType(
    {
        "lines": [{"quantity": 0}],
        "cancel lines": [{"line": 0, "quantity": 0}],
        "prices": [{"unit_price": 0}],
        "refund-requests lines": [{"line": 0, "quantity": 0}],
        "returns lines": [{"line": 0, "quantity": 0}],
        "shipments lines": [{"line": 0, "quantity": 0}],
        "ship lines": [{"line": 0, "quantity": 0}],
        "products": [{"name": "", "variants": []}],
        "sales-sessions products": [{"quantity_max": 0}],
        "variants": [{"sku": "", "name": ""}],
    }
)
"""What lists begin with that were drawn empty, with which nothing is done."""
SHEETS = {
    "products": "sku,name\nfuzz {0},Fuzz {0}\n",
    "suppliers": "name\nFuzz {0}\n",
    "stock": "sku,on_hand\nfuzz {0},5\n",
}

_numbers = count(1)


class Naming:
    """Lets one request name what is there, and otherwise say what may pass."""

    def __init__(self, known: Known, case: AnyCase, data: st.DataObject) -> None:
        self.known = known
        self.case = case
        self.data = data
        self.words = [*case.path.split("/"), case.method.upper()]
        self.as_drawn = self.draw(AS_DRAWN)

    def put(self) -> None:
        """Change the request."""
        case = self.case
        for parameters in (case.path_parameters, case.query):
            for name in list(parameters):
                if found := self.choices(self.known.ids, name):
                    parameters[name] = self.draw(found)
        if "cursor" in case.query:
            self.put_cursor()
        if isinstance(case.body, dict):
            case.body = self.named(case.body)
        if case.media_type == "text/csv":
            # Whatever else is sent as a sheet is refused; these have a row that passes.
            case.body = SHEETS[self.words[-2]].format(next(_numbers))
            case.query.pop("map", None)

    def put_cursor(self) -> None:
        """Go on where there is something to go on to; a cursor that was drawn is refused."""
        case = self.case
        cursor = self.known.cursor(case.formatted_path, case.query)
        if cursor is None:
            del case.query["cursor"]
        else:
            case.query["cursor"] = cursor

    def choices(self, table: Mapping[str, Sequence[object]], name: str) -> Sequence[object]:
        """What a table has for a name: where this request narrows it, that."""
        narrowed = [f"{word} {name}" for word in self.words]
        return next((table[each] for each in [*narrowed, name] if each in table), ())

    def draw(self, choices: Sequence[Choice]) -> Choice:
        return self.data.draw(st.sampled_from(choices))

    def put_session(self, order: dict[str, Any]) -> None:
        """Let an order that names a sales session be one of what a session sells."""
        if order["sales_session"] is not None:
            order["sales_session"] = self.draw(self.choices(self.known.ids, "sales_session"))
            for line in order["lines"]:
                line["variant"] = self.draw(self.known.ids["sales-sessions variant"])

    def sold(self, products: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The same products of a sales session, each about another variant."""
        goods = self.known.ids["sales-sessions variant"]
        first = self.draw(range(len(goods)))
        kept = [
            {name: each[name] for name in each if name not in {"sku", "seller"}}
            for each in products[: len(goods)]
        ]
        return [
            {**each, "variant": goods[(first + number) % len(goods)]}
            for number, each in enumerate(kept)
        ]

    def is_line(self, fields: Mapping[str, object]) -> bool:
        """Whether these are about some units of a variant, which they then name by its id."""
        is_of_order = "line" in fields
        is_change = self.case.method.upper() == "PATCH"
        return not is_of_order and not is_change and any(name in fields for name in LINES)

    def named(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """A body, or a part of one, that names what is there."""
        if isinstance(value, list):
            return [self.named(each) for each in value]
        if not isinstance(value, dict):
            return value
        named = {
            name: self.named(self.choices(FIRST, name) if each == [] else each)
            for name, each in value.items()
        }
        if self.is_line(named):
            named = {name: named[name] for name in named if name not in {"sku", "seller"}}
            named["variant"] = None
        number = next(_numbers)
        for name in list(named):
            fitting = self.choices(self.known.ids, name) or self.choices(FITTING, name)
            if name in OWN:
                drawn = named[name] if name in self.as_drawn else "fuzz"
                named[name] = f"{drawn} {number}"
            elif name == "variants" and fitting:
                named[name] = [self.draw(fitting)]
            elif name == "products" and "sales-sessions" in self.words:
                named[name] = self.sold(named[name])
            elif name == "sales_session":
                self.put_session(named)
            elif fitting and name not in self.as_drawn:
                named[name] = self.draw(fitting)
            elif name in LEFT_OUT:
                del named[name]
        if "expected_version" in named:
            named["location"] = self.draw(self.known.ids["location"])
            version = self.known.version(named["variant"], named["location"])
            named["expected_version"] = version
        return named


def test_the_server_keeps_to_its_document(
    demo: Demo,
    full_size: bool,  # noqa: FBT001 - fixtures come in so
) -> None:
    environ = {**environ_of(demo.database, demo.data_dir), "ENTREPOT_WEBHOOKS_INSIDE": "on"}
    grant_rights(environ)
    with served(environ) as process:
        process.read_until("-d '{")
        with open_known(demo.network) as known, requests.Session() as session:
            # Looking into the environment for proxies takes longer than many an answer.
            session.trust_env = False
            session.headers["Authorization"] = known.shop.http.headers["Authorization"]
            document = known.shop.http.get("/openapi.json").json()
            fruitless = []
            for operation in operations_of(document):
                statuses = try_operation(operation, known, session, full_size=full_size)
                is_closed = CLOSED.issuperset(operation.definition.raw["tags"])
                if not (is_closed or statuses & DONE):
                    fruitless.append(operation.label)
        # Jobs that follow what was done answer nobody; when one fails, only the log says so.
        failed = [line for line in process.said if "failed" in line]
    assert len(fruitless) <= FRUITLESS_MAX, "\n".join(fruitless)
    assert not failed, "\n".join(failed)


def operations_of(document: dict[str, Any]) -> list[Any]:
    """The operations of a document in the order in which they are tried."""
    operations = []
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(result, Ok), result
        operations.append(result.ok())
    return sorted(operations, key=turn_of)


def turn_of(operation: Any) -> tuple[int, int]:  # noqa: ANN401 - a library's own type
    """When to try it: acts, changes of goods, reading all that was made, and what ends things."""
    path = path_of(operation)
    if path in ENDING:
        return 3, ENDING.index(path)
    return {"PATCH": 1, "GET": 2}.get(operation.method.upper(), 0), 0


def share_of(operation: Any) -> float:  # noqa: ANN401 - a library's own type
    """How many of the examples an operation gets: all of them where much can be said."""
    is_closed = CLOSED.issuperset(operation.definition.raw["tags"])
    if is_closed or path_of(operation) in GUESSED:
        return SHARE_OF_PLAIN
    if operation.body:
        return 1.0
    asked = {each.name for each in operation.query} - {"cursor", "limit"}
    return SHARE_OF_READS if asked else SHARE_OF_PLAIN


def path_of(operation: Any) -> str:  # noqa: ANN401 - a library's own type
    """The path of an operation below the interface's own."""
    path: str = operation.path.removeprefix(API)
    return path


def try_operation(
    operation: Any,  # noqa: ANN401 - a library's own type
    known: Known,
    session: requests.Session,
    *,
    full_size: bool,
) -> set[int]:
    """Send generated requests to one route; return the statuses of its answers."""
    statuses: set[int] = set()
    examples = EXAMPLES_FULL if full_size else EXAMPLES_QUICK

    @settings(
        max_examples=int(examples * share_of(operation)),
        deadline=None,
        derandomize=not full_size,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), data=st.data())
    def send(case: AnyCase, data: st.DataObject) -> None:
        statuses.add(status_of(case, known, session))
        Naming(known, case, data).put()
        statuses.add(status_of(case, known, session))

    send()
    return statuses


def status_of(case: AnyCase, known: Known, session: requests.Session) -> int:
    """The status of what a request is answered with; an act that is accepted is sent once more."""
    if "Idempotency-Key" in case.headers:
        # Drawn keys are often alike, and an act with a known key is not done again.
        key = case.headers["Idempotency-Key"]
        case.headers["Idempotency-Key"] = f"{key:.200}{next(_numbers)}"
    answer = case.call_and_validate(base_url=known.address, session=session, checks=CHECKS)
    if answer.status_code in DONE and is_remembered(case):
        again = case.call_and_validate(base_url=known.address, session=session, checks=CHECKS)
        assert again.status_code == answer.status_code, again.content
        assert again.headers["idempotent-replayed"] == ["true"], again.content
    return int(answer.status_code)


def is_remembered(case: AnyCase) -> bool:
    """Whether a request is one act, which is known again by its key."""
    is_act = any(each.name == "Idempotency-Key" for each in case.operation.headers)
    return is_act and case.path != f"{API}/orders/bulk" and not case.query.get("dry_run")
