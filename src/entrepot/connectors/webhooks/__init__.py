"""Webhooks: who is told what happened, by signed requests that are tried until they are taken.

By Standard Webhooks 1.0. Deliveries are made of numbered events; the queue sends them.
"""

from entrepot.connectors.webhooks.actions.change_webhook import change_webhook
from entrepot.connectors.webhooks.actions.create_webhook import create_webhook
from entrepot.connectors.webhooks.actions.deliver_webhook import (
    KIND,
    Post,
    Sender,
    deliver_webhook,
    send_round,
)
from entrepot.connectors.webhooks.actions.purge_deliveries import purge_deliveries
from entrepot.connectors.webhooks.actions.redeliver import redeliver
from entrepot.connectors.webhooks.actions.rotate_secret import rotate_secret
from entrepot.connectors.webhooks.actions.send_ping import send_ping
from entrepot.connectors.webhooks.actions.start_deliveries import start_deliveries
from entrepot.connectors.webhooks.actions.tell_webhooks import tell_webhooks
from entrepot.connectors.webhooks.errors import (
    ADDRESS_NOT_ALLOWED,
    ADDRESS_NOT_FOUND,
    DESCRIPTION_NOT_VALID,
    EVENTS_NOT_VALID,
    NOT_ENABLED,
    PRECEDENCE,
    STATE_NOT_VALID,
    TOO_MANY_WEBHOOKS,
    UNKNOWN_DELIVERY,
    UNKNOWN_WEBHOOK,
    URL_NOT_VALID,
)
from entrepot.connectors.webhooks.model import (
    Attempt,
    Delivery,
    IssuedWebhook,
    NewWebhook,
    Ping,
    Webhook,
    WebhookChanges,
)
from entrepot.connectors.webhooks.views import (
    find_webhook,
    list_attempts,
    list_deliveries,
    list_webhooks,
    who_asks,
)

__all__ = [
    "ADDRESS_NOT_ALLOWED",
    "ADDRESS_NOT_FOUND",
    "DESCRIPTION_NOT_VALID",
    "EVENTS_NOT_VALID",
    "KIND",
    "NOT_ENABLED",
    "PRECEDENCE",
    "STATE_NOT_VALID",
    "TOO_MANY_WEBHOOKS",
    "UNKNOWN_DELIVERY",
    "UNKNOWN_WEBHOOK",
    "URL_NOT_VALID",
    "Attempt",
    "Delivery",
    "IssuedWebhook",
    "NewWebhook",
    "Ping",
    "Post",
    "Sender",
    "Webhook",
    "WebhookChanges",
    "change_webhook",
    "create_webhook",
    "deliver_webhook",
    "find_webhook",
    "list_attempts",
    "list_deliveries",
    "list_webhooks",
    "purge_deliveries",
    "redeliver",
    "rotate_secret",
    "send_ping",
    "send_round",
    "start_deliveries",
    "tell_webhooks",
    "who_asks",
]
