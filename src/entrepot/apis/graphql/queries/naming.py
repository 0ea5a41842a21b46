"""What filters name: ids, numbers, skus, barcodes."""

from collections.abc import Sequence
from typing import Final, TypeVar

from graphql import GraphQLError

from entrepot.apis.graphql.failures import LIMIT_PASSED
from entrepot.apis.graphql.ids import SELLER, number_in

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


def numbers_in(given: Sequence[str] | None, kind: str) -> tuple[int, ...] | None:
    """The numbers in the ids of a filter; an id that is none of this kind names nothing."""
    named = names_of(given)
    if named is None:
        return None
    return tuple(number for each in named if (number := number_in(each, kind)) is not None)


def sellers_in(given: Sequence[str] | None) -> tuple[int, ...] | None:
    """The numbers of the sellers that a filter names."""
    return numbers_in(given, SELLER)
