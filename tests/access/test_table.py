"""The table of the access matrix says something about every route and every identifier it takes."""

from __future__ import annotations

import pytest

from entrepot.identity import ROLE_SCOPES
from tests.access.probing import places_of
from tests.access.served import SERVED, fields_of
from tests.access.table import ROLES, SAYS, TABLE, Row, Who


def test_every_route_has_one_row_and_every_row_a_route() -> None:
    assert sorted(row.route for row in TABLE) == sorted(SERVED)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.route)
def test_a_row_names_the_scope_and_every_identifier(row: Row) -> None:
    served = SERVED[row.route]
    who = served.scope or (Who.ANY_CALLER if served.needs_token else Who.ANYBODY)
    assert who == row.who
    fields = set(fields_of(row.route))
    naming = {field for field in fields if not {field, last_name(field)} & SAYS}
    assert naming <= set(row.names), "name it in the row, or list it in SAYS"
    assert set(row.names) <= fields
    tried = {place.field for example in row.examples for place in places_of(row, example)}
    untried = set(row.names) - tried - {"query.cursor"}
    assert not untried, "no example of the row names these"


def test_roles_may_what_the_table_says() -> None:
    said = {role: {scope.value for scope in scopes} for role, scopes in ROLES.items()}
    assert said == {role: set(scopes) for role, scopes in ROLE_SCOPES.items()}


def last_name(field: str) -> str:
    """The name of a field without its place: `scopes` of `body.scopes[]`."""
    return field.rpartition(".")[2].removesuffix("[]")
