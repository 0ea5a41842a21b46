"""The standard's scopes as platforms ask for them, and which of ours they are.

They are spelt in the singular and in the plural, as names and as IRIs, and in drafts with dots:
`ReadOrders`, `ReadOrder`, `https://.../scopes.rdf#ReadOrders`, `dfc:orders.read`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from entrepot.kernel.caller import Scope

_KNOWN: Final[Mapping[tuple[str, str], Scope | None]] = {
    ("read", "product"): Scope.CATALOGUE_READ,
    ("read", "catalog"): Scope.CATALOGUE_READ,
    ("read", "price"): Scope.CATALOGUE_READ,
    ("read", "order"): Scope.ORDERS_READ,
    ("write", "order"): Scope.ORDERS_WRITE,
    ("delete", "order"): Scope.ORDERS_WRITE,
    # Anybody who is known here may see which enterprises there are for them.
    ("read", "enterprise"): None,
    # Of these nothing is offered here: what is in the catalogue and who sells it is said elsewhere.
    ("write", "enterprise"): None,
    ("delete", "enterprise"): None,
    ("write", "product"): None,
    ("delete", "product"): None,
    ("write", "catalog"): None,
    ("delete", "catalog"): None,
    ("write", "price"): None,
    ("delete", "price"): None,
}
_WORD: Final = re.compile(r"(?:.*[#/:])?(read|write|delete)([a-z]+?)s?", re.IGNORECASE)
_DOTTED: Final = re.compile(r"dfc:([a-z]+?)s?\.(read|write|delete)", re.IGNORECASE)


def scopes_of(named: Iterable[str]) -> frozenset[str] | None:
    """Our scopes for those that a token names; None when it names none of the standard's.

    A token for a person who logged in names none: then what was agreed for them here counts alone.
    """
    ours: set[str] = set()
    is_any = False
    for name in named:
        act, thing = "", ""
        if dotted := _DOTTED.fullmatch(name):
            thing, act = dotted[1].lower(), dotted[2].lower()
        elif word := _WORD.fullmatch(name):
            act, thing = word[1].lower(), word[2].lower()
        if (act, thing) in _KNOWN:
            is_any = True
            scope = _KNOWN[act, thing]
            if scope is not None:
                ours.add(scope.value)
    return frozenset(ours) if is_any else None
