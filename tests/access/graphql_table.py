"""Who may do what at the GraphQL door: one row a field at the root; one without fails the build.

As in `table`, nothing here is read from the code that it judges. `{...}` stands for an id on the
wire: in turn that of what is one's own, of what is somebody else's, and of nothing at all.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from entrepot.kernel.caller import Scope

READ = (Scope.CATALOGUE_READ,)
ACTS = (Scope.CATALOGUE_WRITE, Scope.CATALOGUE_READ)


class Foreign(Enum):
    """How somebody else's thing is answered: always exactly like what is not there."""

    NULL = "null"
    REFUSED = "an error that nothing was found"
    LEFT_OUT = "left out"
    UNNAMED = "nothing is named"


class GraphqlRow(NamedTuple):
    """A field, the scopes it asks for (none: any key that holds), and how it is asked."""

    field: str
    scopes: tuple[Scope, ...]
    document: str
    foreign: Foreign
    operator: str = "its sellers' too"
    """What a marketplace's key does with what its sellers have."""


GRAPHQL_TABLE = (
    GraphqlRow(
        "Query.advertsWhere",
        READ,
        '{ it: advertsWhere(retailerIds: ["{seller}"]) { totalCount nodes { id } } }',
        Foreign.LEFT_OUT,
    ),
    GraphqlRow(
        "Query.allAdverts",
        READ,
        "{ it: allAdverts { totalCount nodes { ... on Advert { title } } } }",
        Foreign.UNNAMED,
    ),
    GraphqlRow(
        "Query.allSellers",
        READ,
        "{ it: allSellers { totalCount nodes { businessName } } }",
        Foreign.UNNAMED,
    ),
    GraphqlRow(
        "Query.apiKeyPrincipal",
        (),
        "{ it: apiKeyPrincipal { name } }",
        Foreign.UNNAMED,
        "its own",
    ),
    GraphqlRow(
        "Query.healthCheck", (), "{ it: healthCheck { success } }", Foreign.UNNAMED, "the server's"
    ),
    GraphqlRow("Query.node", READ, '{ it: node(id: "{variant}") { __typename } }', Foreign.NULL),
    GraphqlRow(
        "Query.nodes",
        READ,
        '{ it: nodes(ids: ["{variant}", "{advert}", "{inventory}", "{seller}"]) { __typename } }',
        Foreign.NULL,
    ),
    GraphqlRow(
        "Query.sellersWhere",
        READ,
        '{ it: sellersWhere(retailerIds: "{seller}") { totalCount nodes { businessName } } }',
        Foreign.LEFT_OUT,
    ),
    GraphqlRow("Query.siteConfig", (), "{ it: siteConfig { name } }", Foreign.UNNAMED, "its own"),
    GraphqlRow(
        "Query.variantsWhere",
        READ,
        "{ it: variantsWhere(advertFilters: { legacyIds: {number} }) { totalCount nodes { id } } }",
        Foreign.LEFT_OUT,
    ),
    GraphqlRow(
        "Mutation.advertUpsert",
        ACTS,
        'mutation { it: advertUpsert(input: { advertId: "{advert}", attributes: { title: "T" } })'
        " { errors { field messages } advert { title } } }",
        Foreign.REFUSED,
        "refused: only the seller's own key changes it",
    ),
    GraphqlRow(
        "Mutation.variantUpdate",
        (*ACTS, Scope.STOCK_WRITE, Scope.STOCK_READ),
        'mutation { it: variantUpdate(input: { variantId: "{variant}",'
        " attributes: { countOnHand: 4 } }) { errors { field } variant { countOnHand } } }",
        Foreign.REFUSED,
        "refused: only the seller's own key changes it",
    ),
)
"""Every field at the root of the GraphQL door."""
