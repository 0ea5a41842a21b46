"""Who may do what at the GraphQL door: one row a field at the root; one without fails the build.

As in `table`, nothing here is read from the code that it judges. `{...}` stands for an id on the
wire: in turn that of what is one's own, of what is somebody else's, and of nothing at all.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from entrepot.kernel.caller import Scope

READ = (Scope.CATALOGUE_READ,)
MARKET = (Scope.MARKETPLACE_READ,)
ACTS = (Scope.CATALOGUE_WRITE, Scope.CATALOGUE_READ)


ITS_MAKERS = "not found: a webhook is its maker's alone"


class Foreign(Enum):
    """How somebody else's thing is answered: always exactly like what is not there."""

    NULL = "null"
    REFUSED = "an error that nothing was found"
    LEFT_OUT = "left out"
    EMPTY = "a list without it"
    UNNAMED = "nothing is named"
    NOT_PERMITTED = "an error that only a marketplace's key may do this, whatever is named"


class GraphqlRow(NamedTuple):
    """A field, the scopes it asks for (none: any key that holds), and how it is asked."""

    field: str
    scopes: tuple[Scope, ...]
    document: str
    foreign: Foreign
    operator: str = "its sellers' too"
    """What a marketplace's key does with what its sellers have."""
    by: str = "either"
    """Whose key may do it to what a seller has: `either` its own or its `marketplace`'s, or one."""


GRAPHQL_TABLE = (
    GraphqlRow(
        "Query.advertsWhere",
        READ,
        '{ it: advertsWhere(retailerIds: ["{seller}"], legacyIds: {number})'
        " { totalCount nodes { id } } }",
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
        "Query.externalIds",
        MARKET,
        '{ it: externalIds(key: "till", value: "{till}") { key owner { __typename } } }',
        Foreign.EMPTY,
    ),
    GraphqlRow(
        "Query.healthCheck", (), "{ it: healthCheck { success } }", Foreign.UNNAMED, "the server's"
    ),
    GraphqlRow(
        "Query.invoices",
        (*MARKET, *READ),
        "{ it: invoices(filters: { legacyId: {invoice_number} }) { totalCount nodes { id } } }",
        Foreign.LEFT_OUT,
    ),
    GraphqlRow("Query.node", READ, '{ it: node(id: "{variant}") { __typename } }', Foreign.NULL),
    GraphqlRow(
        "Query.nodes",
        (*READ, *MARKET),
        '{ it: nodes(ids: ["{variant}", "{advert}", "{inventory}", "{seller}", "{invoice}",'
        ' "{line}", "{adjustment}", "{address}"]) { __typename } }',
        Foreign.NULL,
    ),
    GraphqlRow(
        "Query.order",
        MARKET,
        '{ it: order(orderId: "{order}") { id } }',
        Foreign.REFUSED,
        "its own",
        by="marketplace",
    ),
    GraphqlRow(
        "Query.refundRequests",
        (*MARKET, *READ),
        "{ it: refundRequests(filters: { legacyId: {refund_number} })"
        " { totalCount nodes { id } } }",
        Foreign.LEFT_OUT,
    ),
    GraphqlRow(
        "Query.sellersWhere",
        READ,
        '{ it: sellersWhere(retailerIds: "{seller}") { totalCount nodes { businessName } } }',
        Foreign.LEFT_OUT,
    ),
    GraphqlRow(
        "Query.shipmentCarriers",
        MARKET,
        "{ it: shipmentCarriers { nodes { name } } }",
        Foreign.UNNAMED,
        "the server's",
    ),
    GraphqlRow("Query.siteConfig", (), "{ it: siteConfig { name } }", Foreign.UNNAMED, "its own"),
    GraphqlRow(
        "Query.updatedOrders",
        MARKET,
        '{ it: updatedOrders(updatedSince: "{since}") { totalCount nodes { id } } }',
        Foreign.LEFT_OUT,
        "its own",
        by="marketplace",
    ),
    GraphqlRow(
        "Query.variantsWhere",
        READ,
        "{ it: variantsWhere(advertFilters: { legacyIds: {number} }) { totalCount nodes { id } } }",
        Foreign.LEFT_OUT,
    ),
    GraphqlRow(
        "Query.webhookEvents",
        (Scope.WEBHOOKS_WRITE,),
        '{ it: webhookEvents(webhookId: "{webhook}") { totalCount nodes { id } } }',
        Foreign.REFUSED,
        ITS_MAKERS,
    ),
    GraphqlRow(
        "Query.webhooks",
        (Scope.WEBHOOKS_WRITE,),
        "{ it: webhooks { totalCount nodes { url } } }",
        Foreign.UNNAMED,
        "its own",
    ),
    GraphqlRow(
        "Mutation.advertDelete",
        ACTS,
        'mutation { it: advertDelete(input: { id: "{doomed}" })'
        " { errors { field messages } advert { published } } }",
        Foreign.REFUSED,
        "deletes its sellers', in their name",
    ),
    GraphqlRow(
        "Mutation.advertUpsert",
        ACTS,
        'mutation { it: advertUpsert(input: { advertId: "{advert}", attributes: { title: "T" } })'
        " { errors { field messages } advert { title } } }",
        Foreign.REFUSED,
        "changes its sellers', in their name",
    ),
    GraphqlRow(
        "Mutation.clickAndCollectStatusUpdate",
        (Scope.MARKETPLACE_WRITE, *MARKET),
        'mutation { it: clickAndCollectStatusUpdate(input: { invoiceId: "{pickup}",'
        " status: READY }) { errors { field messages } invoice { statusFlags } } }",
        Foreign.REFUSED,
        "those of its sellers' invoices",
    ),
    GraphqlRow(
        "Mutation.orderCreate",
        (Scope.MARKETPLACE_WRITE, *MARKET, *READ),
        'mutation { it: orderCreate(input: { order: {}, lineItems: { variantId: "{variant}",'
        " quantity: 1 } }) { errors { field } order { id } } }",
        Foreign.NOT_PERMITTED,
        "orders its sellers' goods",
        by="marketplace",
    ),
    GraphqlRow(
        "Mutation.orderUpdate",
        (Scope.MARKETPLACE_WRITE, *MARKET, *READ),
        'mutation { it: orderUpdate(input: { orderId: "{order}", status: COMPLETE,'
        ' attributes: { phone: "1" } }) { errors { field messages } order { phone } } }',
        Foreign.NOT_PERMITTED,
        "its own",
        by="marketplace",
    ),
    GraphqlRow(
        "Mutation.refundRequestCreate",
        (Scope.MARKETPLACE_WRITE, *MARKET),
        'mutation { it: refundRequestCreate(input: { invoiceId: "{invoice}", notes: [],'
        ' lineItems: { lineItemId: "{line}", quantity: 1 } }) { errors { field messages }'
        " refundRequest { status } } }",
        Foreign.REFUSED,
        "those of its sellers' invoices",
    ),
    GraphqlRow(
        "Mutation.refundRequestDeny",
        (Scope.MARKETPLACE_WRITE, *MARKET, *READ),
        'mutation { it: refundRequestDeny(input: { refundRequestId: "{refund_to_deny}"'
        ", notes: [] }) { errors { field messages } refundRequest { status } } }",
        Foreign.NOT_PERMITTED,
        "those of its sellers' invoices",
        by="marketplace",
    ),
    GraphqlRow(
        "Mutation.refundRequestRefund",
        (Scope.MARKETPLACE_WRITE, *MARKET, *READ),
        'mutation { it: refundRequestRefund(input: { refundRequestId: "{refund_returned}"'
        ", notes: [] }) { errors { field messages } refundRequest { status } } }",
        Foreign.NOT_PERMITTED,
        "those of its sellers' invoices",
        by="marketplace",
    ),
    GraphqlRow(
        "Mutation.refundRequestReturn",
        (Scope.MARKETPLACE_WRITE, *MARKET),
        'mutation { it: refundRequestReturn(input: { refundRequestId: "{refund}"'
        ", notes: [] }) { errors { field messages } refundRequest { status } } }",
        Foreign.REFUSED,
        "those of its sellers' invoices",
    ),
    GraphqlRow(
        "Mutation.refundRequestRevertDenial",
        (Scope.MARKETPLACE_WRITE, *MARKET, *READ),
        'mutation { it: refundRequestRevertDenial(input: { refundRequestId: "{refund_denied}"'
        ", notes: [] }) { errors { field messages } refundRequest { status } } }",
        Foreign.NOT_PERMITTED,
        "those of its sellers' invoices",
        by="marketplace",
    ),
    GraphqlRow(
        "Mutation.shipmentCreate",
        (Scope.MARKETPLACE_WRITE, *MARKET),
        'mutation { it: shipmentCreate(input: { invoiceId: "{invoice}", dispatchedAt: "{day}",'
        ' postageCarrierId: "{carrier}", trackingNumber: "T",'
        ' shippedItems: { lineItemId: "{line}", quantity: 1 } }) { errors { field messages }'
        " shipment { carrier } } }",
        Foreign.REFUSED,
        "those of its sellers' invoices",
    ),
    GraphqlRow(
        "Mutation.variantUpdate",
        (*ACTS, Scope.STOCK_WRITE, Scope.STOCK_READ),
        'mutation { it: variantUpdate(input: { variantId: "{variant}",'
        " attributes: { countOnHand: 4 } }) { errors { field } variant { countOnHand } } }",
        Foreign.REFUSED,
        "changes its sellers', in their name",
    ),
    GraphqlRow(
        "Mutation.webhookCreate",
        (Scope.WEBHOOKS_WRITE, Scope.CATALOGUE_READ),
        'mutation { it: webhookCreate(input: { attributes: { sellerId: "{seller}", type: VARIANT,'
        ' url: "https://93.184.216.34/hook" } }) { errors { field } webhook { id } } }',
        Foreign.REFUSED,
        "a webhook of its own, told of its sellers' too",
    ),
    GraphqlRow(
        "Mutation.webhookUpdate",
        (Scope.WEBHOOKS_WRITE,),
        'mutation { it: webhookUpdate(input: { webhookId: "{webhook}",'
        " attributes: { enabled: false } }) { errors { field } webhook { id } } }",
        Foreign.REFUSED,
        ITS_MAKERS,
    ),
)
"""Every field at the root of the GraphQL door."""
