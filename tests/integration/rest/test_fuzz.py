"""Whatever is sent, the server keeps to its document and never fails.

Requests are generated from the served document; every other one names goods, orders and places
that are really there, so that acts happen too. Afterwards the invariants of the database hold.
"""

from __future__ import annotations

import re
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias

import httpx
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

from tests.factories.served import environ_of, read_until, served

AnyCase: TypeAlias = schemathesis.Case[Any]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES_QUICK = 20
EXAMPLES_FULL = 200
FRUITLESS_QUICK_MAX = 60
FRUITLESS_FULL_MAX = 5
CLOSED = frozenset({"People", "Tokens"})
"""Topics of owners, and of passwords and keys that no chance finds: nothing opens to these."""
GOODS = frozenset(
    {
        "gtin",
        "unit",
        "pricing_model",
        "wholesale_price",
        "purchase_price",
        "unlimited",
        "order_quantity_min",
        "order_quantity_multiple",
        "state",
        "email",
    }
)
"""Fields of goods and suppliers that a request which is to succeed leaves out."""
SHEETS = {
    "products": "sku,name\nfuzz {0},Fuzz {0}\n",
    "suppliers": "name\nFuzz {0}\n",
    "stock": "sku,on_hand\nfuzz {0},5\n",
}
ID = re.compile(r"^(org|var|loc|ord)_")


class Known:
    """Ids that are really there, by what they name."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.ids: dict[str, list[str]] = {
            "variant": self.loose_goods(),
            "location": self.listed("/locations"),
            "organisation": self.listed("/organisations"),
            "product": self.listed("/products"),
            "supplier": [self.supplier()],
            "act": self.listed("/audit"),
        }
        self.ids["order"] = self.place()

    def loose_goods(self) -> list[str]:
        """Variants of which any quantity may be ordered, and plenty is there."""
        loose = [
            each["id"]
            for each in self.http.get("/api/v1/variants").json()["data"]
            if {each["order_quantity_min"], each["order_quantity_multiple"]} == {"0"}
            and not each["whole_units"]
        ]
        lines = [{"variant": each, "quantity": "1000"} for each in loose]
        key = {"Idempotency-Key": "fuzz goods"}
        answer = self.http.post("/api/v1/stock/receipts", json={"lines": lines}, headers=key)
        assert answer.status_code in {200, 201}, answer.text
        return loose

    def listed(self, path: str) -> list[str]:
        return [each["id"] for each in self.http.get(f"/api/v1{path}").json()["data"]]

    def supplier(self) -> str:
        key = {"Idempotency-Key": "fuzz supplier"}
        answer = self.http.post("/api/v1/suppliers", json={"name": "Fuzz"}, headers=key)
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made

    def place(self) -> list[str]:
        """Orders in each state that an act may find."""
        orders = []
        for number, (quantity, fields) in enumerate(
            [
                ("1", {"draft": True}),
                ("1", {}),
                ("1", {"paid": True}),
                ("1", {"paid": True}),
                ("9000", {}),
            ]
        ):
            lines = [{"variant": self.ids["variant"][0], "quantity": quantity}]
            body: dict[str, object] = {"reference": f"fuzz {number}", "lines": lines, **fields}
            answer = self.http.post("/api/v1/orders", json=body)
            assert answer.status_code == 201, answer.text
            orders.append(answer.json()["id"])
        return orders

    def put_into(self, case: AnyCase, data: st.DataObject) -> None:
        """Let a request name what is there."""
        for parameters in (case.path_parameters, case.query):
            for name in parameters or {}:
                if name in self.ids:
                    parameters[name] = data.draw(st.sampled_from(self.ids[name]))
        if isinstance(case.body, dict | list):
            case.body = self.named(case.body, data)
        if case.headers and "Idempotency-Key" in case.headers:
            # Drawn keys are often alike, and an act with a known key is not done again.
            case.headers["Idempotency-Key"] = f"fuzz {data.draw(st.integers(0, 10**9))}"
        if case.media_type == "text/csv":
            # Whatever else is sent as a sheet is refused; every other one has a row that passes.
            kind = case.path.rpartition("/")[2]
            case.body = SHEETS[kind].format(data.draw(st.integers(0, 10**9)))
            case.query.pop("map", None)

    def named(self, value: Any, data: st.DataObject) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, list):
            return [self.named(each, data) for each in value]
        if not isinstance(value, dict):
            return value
        named = {name: self.named(each, data) for name, each in value.items()}
        if "quantity" in named and "line" not in named:
            named["variant"] = data.draw(st.sampled_from(self.ids["variant"]))
            named.pop("sku", None)
            named.pop("seller", None)
            named["quantity"] = data.draw(st.sampled_from(["1", 2, "0.5", "-1"]))
        if "reference" in named:
            named["reference"] = f"fuzz {data.draw(st.integers(0, 10**9))}"
            named |= {"kind": "own", "policy": None, "priority": 1, "hold_minutes": 5}
        if "variants" in named:
            sku = f"fuzz {data.draw(st.integers(0, 10**9))}"
            named["variants"] = [{"sku": sku, "name": "Fuzz"}]
        if {"sku", "name"} & named.keys() and "quantity" not in named:
            self.name_goods(named, data.draw(st.integers(0, 10**9)))
        if "location" in named:
            named["location"] = data.draw(st.sampled_from(self.ids["location"]))
        return named

    def name_goods(self, named: dict[str, Any], number: int) -> None:
        """Let what is made or changed in the catalogue have names, figures and codes that pass."""
        fitting = {
            "sku": f"fuzz {number}",
            "code": f"fuzz {number}",
            "name": f"Fuzz {number}",
            "supplier": self.ids["supplier"][0],
            "supplier_sku": f"theirs {number}",
            "retail_price": "2.5",
            "vat_rate": 21,
            "units_per_case": 6,
            "backorder_threshold": 1,
            "rank": 3,
        }
        for name in [each for each in named if each in GOODS]:
            del named[name]
        named |= {name: value for name, value in fitting.items() if name in named}


def test_the_server_keeps_to_its_document(
    database: str,
    tmp_path: Path,
    full_size: bool,  # noqa: FBT001 - fixtures come in so
) -> None:
    with served(environ_of(database, tmp_path)) as process:
        lines = read_until(process, "-d '{")
        assert process.stdout is not None
        (address,) = [
            line.removeprefix("Entrepot is at ") for line in lines if line.startswith("Entrepot is")
        ]
        token = next(word for line in lines for word in line.split() if word.startswith("ent_app_"))
        # A pipe that nobody reads would stop the server at its next log line.
        Thread(target=process.stdout.read, daemon=True).start()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address, headers=headers) as http:
            known = Known(http)
            schema = schemathesis.openapi.from_dict(http.get("/openapi.json").json())
            fruitless = []
            operations = []
            for result in schema.get_all_operations():
                assert isinstance(result, Ok), result
                operations.append(result.ok())
            # Changes to the catalogue come last: they spoil the goods that others order.
            for operation in sorted(operations, key=lambda each: each.method.upper() == "PATCH"):
                statuses = try_operation(operation, known, address, headers, full_size=full_size)
                is_closed = CLOSED.issuperset(operation.definition.raw["tags"])
                if not (is_closed or statuses & {200, 201}):
                    fruitless.append(operation.label)
            # Each state of an order allows one act at most once, and twenty examples are few.
            most = FRUITLESS_FULL_MAX if full_size else FRUITLESS_QUICK_MAX
            assert len(fruitless) <= most, "\n".join(fruitless)


def try_operation(
    operation: Any,  # noqa: ANN401 - a library's own type
    known: Known,
    address: str,
    headers: dict[str, str],
    *,
    full_size: bool,
) -> set[int]:
    """Send generated requests to one route; return the statuses of its answers."""
    statuses = set()

    @settings(
        max_examples=EXAMPLES_FULL if full_size else EXAMPLES_QUICK,
        deadline=None,
        derandomize=not full_size,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), named=st.booleans(), data=st.data())
    def send(case: AnyCase, named: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn by name
        if named:
            known.put_into(case, data)
        response = case.call_and_validate(base_url=address, headers=headers, checks=CHECKS)
        statuses.add(response.status_code)

    send()
    return statuses
