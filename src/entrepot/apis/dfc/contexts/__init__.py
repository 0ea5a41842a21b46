"""The JSON-LD contexts that documents may name. They are shipped here; none is ever fetched.

Clients name the one context of ontology 1.16 by many addresses. The bare address of the
consortium's site is among them: it answers with context 2.0 today, while everybody who sends it
still writes the terms of 1.16.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

CONTEXT: Final = "https://w3id.org/dfc/ontology/context/context_1.16.0.json"
"""The address by which our own documents name the context."""

_PLUGIN: Final = "www.datafoodconsortium.org/wp-content/plugins/wordpress-context-jsonld/"
_ALIASES: Final = frozenset(
    {
        "w3id.org/dfc/ontology/context/context_1.16.0.json",
        "w3id.org/dfc/ontology/contexts/context.v1.16.0.json",
        _PLUGIN + "context_1.16.0.jsonld",
        _PLUGIN + "context.jsonld",
        "www.datafoodconsortium.org",
        "datafoodconsortium.org",
        "static.datafoodconsortium.org/ontologies/context.json",
    }
)
"""What stands for context 1.16, without scheme and last slash."""


def is_shipped(address: str) -> bool:
    """Whether an address names a context that is shipped, over http or https."""
    scheme, _, rest = address.partition("://")
    return scheme.lower() in {"http", "https"} and rest.removesuffix("/") in _ALIASES


@cache
def shipped() -> dict[str, Any]:
    """The document of context 1.16, `{"@context": {...}}`."""
    text = (Path(__file__).parent / "context_1.16.0.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def load(address: str, _options: object) -> dict[str, Any]:
    """Load a context for pyld: one that is shipped, or none at all."""
    if not is_shipped(address):
        raise LookupError(f"{address} is not shipped, and nothing is fetched")
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": CONTEXT,
        "document": shipped(),
        "tag": "static",
    }
