"""Documents that a fuzzer draws from the contract: each is answered, and none breaks the server.

Each root field is asked in turn, with whatever its arguments may be. What is drawn fits the schema,
so a document that is not executed would be refused without need.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import schemathesis
from graphql.language import ast
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.graphql import nodes

import entrepot.apis.graphql
from tests.factories.graphql import Mall

SDL: Final = Path(entrepot.apis.graphql.__file__).with_name("schema.graphql")
EXAMPLES_QUICK: Final = 4
EXAMPLES_FULL: Final = 200
MOMENTS: Final = ("2026-11-22", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123+11:00", "1", "")


def _texts(*values: str) -> st.SearchStrategy[ast.StringValueNode]:
    return st.sampled_from(values).map(nodes.String)


def operations() -> list[Any]:
    """The root fields of the contract."""
    schemathesis.graphql.scalar("ISO8601DateTime", _texts(*MOMENTS))
    schemathesis.graphql.scalar("ISO8601Date", _texts(*MOMENTS))
    schemathesis.graphql.scalar("Decimal", _texts("0", "1.5", "-1", "NaN", "1e9", ""))
    schemathesis.graphql.scalar("BigInt", _texts("0", "99999999999999999999", "x"))
    schemathesis.graphql.scalar("JSON", st.integers().map(nodes.Int))
    drawn = []
    for result in schemathesis.graphql.from_file(SDL.read_text("utf-8")).get_all_operations():
        assert isinstance(result, Ok), result
        drawn.append(result.ok())
    return drawn


OPERATIONS: Final = operations()


def drawn(operation: Any, most: int) -> list[str]:  # noqa: ANN401 - a library's own type
    """Documents that ask a root field, drawn by the fuzzer."""
    documents: list[str] = []

    @settings(
        max_examples=most,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def draw(case: schemathesis.Case[Any]) -> None:
        assert isinstance(case.body, str)
        documents.append(case.body)

    draw()
    return documents


async def test_the_contract_is_fuzzed(mall: Mall, full_size: bool) -> None:  # noqa: FBT001 - a fixture's value
    asked = [
        (each.label, document)
        for each in OPERATIONS
        for document in drawn(each, EXAMPLES_FULL if full_size else EXAMPLES_QUICK)
    ]
    answered = 0
    for number, (name, document) in enumerate(asked):
        key = (mall.market, mall.seller)[number % 2]
        answer = await key.post({"query": document})
        holds_nul = "\\u0000" in document
        assert answer.status_code == (400 if holds_nul else 200), (name, document, answer.text)
        said = answer.json()
        for error in said.get("errors", ()):
            assert error.get("extensions") != {"code": "FAILED"}, (name, document)
        answered += "data" in said
    assert {name for name, _ in asked} == {each.label for each in OPERATIONS}
    assert answered > len(asked) // 3
