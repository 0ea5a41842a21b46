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
FRUITLESS_MAX = 5
ID = re.compile(r"^(org|var|loc|ord)_")


class Known:
    """Ids that are really there, by what they name."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.ids: dict[str, list[str]] = {
            "variant": self.listed("/variants"),
            "location": self.listed("/locations"),
            "organisation": self.listed("/organisations"),
        }
        self.ids["order"] = self.place()

    def listed(self, path: str) -> list[str]:
        return [each["id"] for each in self.http.get(f"/api/v1{path}").json()["data"]]

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
        if "location" in named:
            named["location"] = data.draw(st.sampled_from(self.ids["location"]))
        return named


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
            for result in schema.get_all_operations():
                assert isinstance(result, Ok), result
                operation = result.ok()
                statuses = try_operation(operation, known, address, headers, full_size=full_size)
                if not statuses & {200, 201}:
                    fruitless.append(operation.label)
            # Each state of an order allows one act at most once.
            assert len(fruitless) <= FRUITLESS_MAX, fruitless


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
