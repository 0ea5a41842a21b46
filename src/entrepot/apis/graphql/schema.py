"""The schema that is served: the SDL file beside this, with a resolver for each of its fields.

A type or an act that is new has a file of its own, and a line here. A field without a resolver is
a mistake that is found when the server starts.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
)

from entrepot.apis.graphql import connections
from entrepot.apis.graphql.mutations import (
    advert_delete,
    advert_upsert,
    click_and_collect,
    order_create,
    order_update,
    refund_request_create,
    refund_request_steps,
    shipment_create,
    variant_update,
    webhook_create,
    webhook_update,
)
from entrepot.apis.graphql.queries import (
    adverts,
    external_ids,
    fulfilment,
    invoices,
    nodes,
    orders,
    sellers,
    site,
    variants,
    webhooks,
)
from entrepot.apis.graphql.resolving import Resolvers
from entrepot.apis.graphql.scalars import bind_scalars
from entrepot.apis.graphql.types import (
    address,
    adjustment,
    advert,
    invoice,
    line_item,
    money,
    naming,
    order,
    refund_request,
    seller,
    shipment,
    variant,
    webhook,
)

RESOLVERS: Final[Mapping[str, Resolvers]] = {
    "Address": address.FIELDS,
    "Adjustment": adjustment.FIELDS,
    "Advert": advert.FIELDS,
    "Country": address.COUNTRY_FIELDS,
    "DeletedAdvert": advert.DELETED_FIELDS,
    "ExternalID": naming.FIELDS,
    "Inventory": variant.INVENTORY_FIELDS,
    "Invoice": invoice.FIELDS,
    "LineItem": line_item.FIELDS,
    "Money": money.FIELDS,
    "Mutation": {
        **advert_delete.FIELDS,
        **advert_upsert.FIELDS,
        **click_and_collect.FIELDS,
        **order_create.FIELDS,
        **order_update.FIELDS,
        **refund_request_create.FIELDS,
        **refund_request_steps.FIELDS,
        **shipment_create.FIELDS,
        **variant_update.FIELDS,
        **webhook_create.FIELDS,
        **webhook_update.FIELDS,
    },
    "Order": order.FIELDS,
    "Query": {
        **adverts.FIELDS,
        **external_ids.FIELDS,
        **fulfilment.FIELDS,
        **invoices.FIELDS,
        **nodes.FIELDS,
        **orders.FIELDS,
        **sellers.FIELDS,
        **site.FIELDS,
        **variants.FIELDS,
        **webhooks.FIELDS,
    },
    "RefundRequest": refund_request.FIELDS,
    "RefundRequestLineItem": refund_request.ITEM_FIELDS,
    "Seller": seller.FIELDS,
    "Shipment": shipment.FIELDS,
    "ShipmentCarrier": shipment.CARRIER_FIELDS,
    "ShippedItem": shipment.ITEM_FIELDS,
    "State": address.STATE_FIELDS,
    "UnpublishedAdvert": advert.UNPUBLISHED_FIELDS,
    "Variant": variant.FIELDS,
    "Webhook": webhook.FIELDS,
    "WebhookEvent": webhook.EVENT_FIELDS,
    "WebhookEventResponse": webhook.RESPONSE_FIELDS,
}
"""Resolvers by type and field. Connections have theirs in common."""

PLAIN: Final = frozenset(
    {
        "APIKeyPrincipal",
        "HealthCheck",
        "HealthCheckResult",
        "Metadatum",
        "PageInfo",
        "RefundRequestNote",
        "SiteConfig",
        "ValidationError",
    }
)
"""Types whose values are dictionaries with their fields; payloads and edges are so too."""


def read_contract() -> str:
    """The SDL file: the contract of the door."""
    return files("entrepot.apis.graphql").joinpath("schema.graphql").read_text(encoding="utf-8")


@cache
def open_schema() -> GraphQLSchema:
    """Build the schema and bind it; the same one for all who ask."""
    schema = build_schema(read_contract())
    bind_scalars(schema)
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            _bind(kind)
        elif isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = lambda value, *_: nodes.node_type(value)
        elif isinstance(kind, GraphQLUnionType):
            kind.resolve_type = lambda value, *_: advert.type_of(value)
    return schema


def _bind(kind: GraphQLObjectType) -> None:
    name = kind.name
    if name in PLAIN or name.endswith(("Payload", "Edge")):
        return
    resolvers: Resolvers = RESOLVERS.get(name, {})
    if name.endswith("Connection"):
        resolvers = connections.FIELDS
    lacking = set(kind.fields) ^ set(resolvers)
    assert not lacking, f"{name}: the contract and the resolvers differ in {sorted(lacking)}"
    for field, resolve in resolvers.items():
        kind.fields[field].resolve = resolve
