"""Limits of documents: what is counted, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse

from entrepot.apis.graphql.limits import DEPTH_MAX, PAGE_MAX, LimitError, Measure


def check(text: str, **variables: Any) -> None:  # noqa: ANN401 - values of variables
    """Measure a document."""
    Measure(parse(text)).check(variables)


def refusal(text: str, **variables: Any) -> str:  # noqa: ANN401 - as above
    """Why a document is refused."""
    with pytest.raises(LimitError) as refused:
        check(text, **variables)
    return str(refused.value)


def test_depth_counts_fields_also_in_fragments() -> None:
    def nested(depth: int) -> str:
        return "{ a" * depth + " }" * depth

    check(nested(DEPTH_MAX))
    assert "31 fields deep" in refusal(nested(DEPTH_MAX + 1))
    half = DEPTH_MAX // 2
    inner = "{ b" * half + " }" * half
    check("{ a" * half + " ...f" + " }" * half + f" fragment f on T {inner}")
    assert "deep" in refusal(
        "{ a" * (half + 2) + " ...f" + " }" * (half + 2) + f" fragment f on T {inner}"
    )


def test_pages_are_multiplied() -> None:
    pages = "{ a(first: %d) { nodes { b(last: %d) { nodes { c } } } } }"
    check(pages % (500, 100))
    assert "can ask for" in refusal(pages % (500, 500))
    check("{ a(first: 500) { nodes { " + " ".join(f"f{n}" for n in range(100)) + " } } }")


def test_a_page_that_says_no_size_is_counted_too() -> None:
    inner = "id"
    for _ in range(5):
        inner = f"a {{ nodes {{ {inner} }} }}"
    assert "can ask for" in refusal("{ " + inner + " }")


@pytest.mark.parametrize("size", [PAGE_MAX + 1, 2**31])
def test_a_page_has_a_greatest_size(size: int) -> None:
    assert "at most 500" in refusal(f"{{ a(first: {size}) {{ nodes {{ b }} }} }}")
    assert "at most 500" in refusal("query($n: Int) { a(first: $n) { b } }", n=size)
    assert "at most 500" in refusal(f"query($n: Int = {size}) {{ a(last: $n) {{ b }} }}")
    check("query($n: Int) { a(first: $n) { b } }", n="many")  # which the schema will refuse
    check("query($n: Int) { a(first: $n) { b } }")


def test_aliases_are_counted_where_they_are_used() -> None:
    inner = " ".join(f"a{n}: b" for n in range(50))
    check(f"{{ x {{ {inner} }} y {{ {inner} }} }}")
    assert "150 aliases" in refusal(
        f"{{ x {{ ...f }} y {{ ...f }} z {{ ...f }} }} fragment f on T {{ {inner} }}"
    )


def test_every_operation_of_a_document_is_measured() -> None:
    deep = "{ a" * 40 + " }" * 40
    assert refusal(f"query A {{ a }} query B {deep}")


@pytest.mark.parametrize(
    "text",
    [
        "{ ...a } fragment a on T { ...a }",
        "{ ...a } fragment a on T { x { ...b } } fragment b on T { ... on T { ...a } }",
        "fragment a on T { ...b } fragment b on T { ...c } fragment c on T { ...b }",
    ],
)
def test_fragments_do_not_use_themselves(text: str) -> None:
    assert "uses itself" in refusal(text)


def test_fragments_are_measured_once() -> None:
    """A document whose fragments double at each step is measured as fast as it was written."""
    text = "{ ...f0 } " + " ".join(
        f"fragment f{n} on T {{ ...f{n + 1} ...f{n + 1} }}" for n in range(28)
    )
    assert "can ask for" in refusal(text + " fragment f28 on T { a }")
    check("{ ...missing }")
