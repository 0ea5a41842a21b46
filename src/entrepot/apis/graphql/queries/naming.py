"""What filters name: ids, numbers, skus, barcodes."""

from collections.abc import Sequence
from typing import Final, TypeVar

from graphql import GraphQLError

from entrepot.apis.graphql.failures import LIMIT_PASSED
from entrepot.apis.graphql.ids import seller_in
from entrepot.kernel.ids import Id

Name = TypeVar("Name", str, int)

NAMES_MAX: Final = 500
"""How many one filter names."""


def names_of(given: Sequence[Name] | None) -> tuple[Name, ...] | None:
    """What a filter names, each once; None where it names nothing, for then it asks for nothing."""
    if not given:
        return None
    if len(given) > NAMES_MAX:
        raise GraphQLError(
            f"Name at most {NAMES_MAX} things in one list.", extensions={"code": LIMIT_PASSED}
        )
    return tuple(dict.fromkeys(given))


def sellers_in(given: Sequence[str] | None) -> tuple[Id, ...] | None:
    """The sellers that a filter names; an id that is none is nobody's."""
    named = names_of(given)
    if named is None:
        return None
    return tuple(seller for each in named if (seller := seller_in(each)) is not None)
