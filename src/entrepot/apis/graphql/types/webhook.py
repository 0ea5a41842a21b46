"""Webhooks, what they are told, and how that was answered."""

from collections.abc import Awaitable
from typing import Final, NamedTuple

from entrepot.apis.graphql.context import context_of
from entrepot.apis.graphql.ids import (
    INVOICE,
    REFUND_REQUEST,
    RESPONSE,
    SHIPMENT,
    TRIES_MAX,
    WEBHOOK,
    WEBHOOK_EVENT,
    write_id,
)
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.connectors.webhooks import HIDDEN, Event, GraphqlPart, TriedRow, Webhook
from entrepot.kernel import ids
from entrepot.orders import ShownInvoice, ShownRefundRequest, ShownShipment
from entrepot.stock import MarketSeller

STATUSES: Final = {
    "waiting": "pending",
    "delivered": "processed",
    "replaced": "skipped",
    "skipped": "skipped",
    "parked": "failed",
}
"""What clients call the states of deliveries."""


class Response(NamedTuple):
    """An answer to an event."""

    event: int
    tried: TriedRow


def part_of(webhook: Webhook) -> GraphqlPart:
    """What a webhook of this door is told."""
    assert webhook.graphql is not None, "only those of this door are shown at it"
    return webhook.graphql


async def _seller(webhook: Webhook, info: Info) -> MarketSeller | None:
    seller = part_of(webhook).seller
    if seller is None:
        return None
    return await context_of(info).sellers.load(seller.removeprefix(ids.ORGANISATION))


def _event_name(webhook: Webhook, _: Info) -> str | None:
    name = part_of(webhook).event_name
    return None if name is None else name.upper()


def _events(webhook: Webhook, info: Info) -> Awaitable[list[Event] | None]:
    return context_of(info).events_of.load(webhook.inner_id)


async def _invoice(event: Event, info: Info) -> ShownInvoice | None:
    number = _number_of(event, INVOICE)
    return None if number is None else await context_of(info).invoices_numbered.load(number)


async def _shipment(event: Event, info: Info) -> ShownShipment | None:
    number = _number_of(event, SHIPMENT)
    if number is None:
        return None
    invoice = await context_of(info).invoices_of_shipments.load(number)
    some = () if invoice is None else invoice.shipments
    return next((each for each in some if each.legacy_id == number), None)


async def _refund_request(event: Event, info: Info) -> ShownRefundRequest | None:
    number = _number_of(event, REFUND_REQUEST)
    if number is None:
        return None
    invoice = await context_of(info).invoices_of_refunds.load(number)
    some = () if invoice is None else invoice.refund_requests
    return next((each for each in some if each.legacy_id == number), None)


def _number_of(event: Event, kind: str) -> int | None:
    """The number of what an event is about, where it is of this type."""
    named, _, number = event.node.partition("-")
    return int(number) if named == kind else None


async def _responses(event: Event, info: Info) -> list[Response]:
    tries = await context_of(info).answered_tries.load((event.webhook, event.act))
    return [Response(event.number, each) for each in tries or ()]


FIELDS: Final[Resolvers] = {
    "id": lambda webhook, _: write_id(WEBHOOK, part_of(webhook).legacy_id),
    "allowSkip": lambda webhook, _: part_of(webhook).allow_skip,
    "concurrentSendLimit": lambda webhook, _: part_of(webhook).at_once_max,
    "enabled": lambda webhook, _: webhook.state == "enabled",
    "eventName": _event_name,
    "events": _events,
    "headers": lambda webhook, _: dict.fromkeys(part_of(webhook).header_names, HIDDEN),
    "legacyFormat": lambda *_: True,
    "maxRetries": lambda webhook, _: part_of(webhook).retries_max,
    "queryString": lambda webhook, _: part_of(webhook).query,
    "seller": _seller,
    "type": lambda webhook, _: part_of(webhook).told_of,
    "url": lambda webhook, _: webhook.url,
}
"""Webhook."""

EVENT_FIELDS: Final[Resolvers] = {
    "id": lambda event, _: write_id(WEBHOOK_EVENT, event.number),
    "createdAt": lambda event, _: event.created_at,
    "eventName": lambda event, _: event.event_name,
    "invoice": _invoice,
    "payload": lambda *_: None,
    "processedAt": lambda event, _: event.ended_at if event.state == "delivered" else None,
    "refundRequest": _refund_request,
    "responses": _responses,
    "retryAfter": lambda event, _: event.retry_at,
    "shipment": _shipment,
    "skipped": lambda event, _: STATUSES[event.state] == "skipped",
    "status": lambda event, _: STATUSES[event.state],
}
"""WebhookEvent."""

RESPONSE_FIELDS: Final[Resolvers] = {
    "id": lambda response, _: write_id(
        RESPONSE, response.event * TRIES_MAX + response.tried.number
    ),
    "body": lambda *_: None,
    "createdAt": lambda response, _: response.tried.at,
    "headers": lambda *_: None,
    "status": lambda response, _: response.tried.status,
}
"""WebhookEventResponse."""
