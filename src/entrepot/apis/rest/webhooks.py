"""Webhooks: who is told what happened, and what became of it."""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.apis.rest.bodies import Text
from entrepot.apis.rest.problems import CREATED, OK, Reply
from entrepot.apis.rest.routes import (
    API,
    REPLAYED,
    Call,
    NoQuery,
    PageQuery,
    Route,
    do_once,
    granted,
    page_of,
    page_type,
    sent_with,
    show,
    show_page,
)
from entrepot.apis.rest.wire import HexId, WireInt
from entrepot.connectors import webhooks
from entrepot.connectors.webhooks import (
    Attempt,
    Delivery,
    IssuedWebhook,
    NewWebhook,
    Ping,
    Webhook,
    WebhookChanges,
)
from entrepot.infra.errors import KEY_REUSED
from entrepot.infra.outgoing import URL_LENGTH_MAX, open_guard
from entrepot.infra.secrets import open_box
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import cut
from entrepot.kernel.refusal import Refusal, RefusedError

Url: TypeAlias = Annotated[
    str, msgspec.Meta(max_length=URL_LENGTH_MAX, examples=["https://example.com/hook"])
]
Events: TypeAlias = Annotated[
    list[Text],
    msgspec.Meta(
        max_length=100,
        description="Names such as `orders.placed`, `orders.*` for all of an area, or `*`.",
    ),
]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
State: TypeAlias = Literal["waiting", "delivered", "replaced", "skipped", "parked"]

_NOT_VALID: Final = (
    webhooks.URL_NOT_VALID,
    webhooks.ADDRESS_NOT_FOUND,
    webhooks.ADDRESS_NOT_ALLOWED,
    webhooks.EVENTS_NOT_VALID,
    webhooks.DESCRIPTION_NOT_VALID,
    KEY_REUSED,
)


class WebhookBody(msgspec.Struct, forbid_unknown_fields=True):
    """A webhook to make. One needs the scopes that read what its `events` tell."""

    url: Url
    events: Events
    description: Text = ""


class ChangeWebhookBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a webhook; what is left out stays. A deleted one is gone for good."""

    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    state: Literal["enabled", "disabled", "deleted"] | UnsetType = UNSET


class WebhookAnswer(msgspec.Struct, frozen=True):
    """A webhook, with its secret where it has just been made; sent again, without."""

    webhook: Webhook
    secret: Annotated[
        str | None, msgspec.Meta(description="What it signs with (`whsec_...`). Shown this once.")
    ]


class DeliveryQuery(PageQuery, forbid_unknown_fields=True, kw_only=True):
    """Which deliveries to show."""

    state: State | None = None


async def list_webhooks(call: Call[PageQuery, None]) -> Reply:
    """Show the caller's webhooks, without their secrets."""
    page = page_of(call.query, tuple[HexId])
    rows = granted(await webhooks.list_webhooks(call.services.database, call.caller, page))
    return show_page(rows, page, lambda row: (row.inner_id,))


async def find_webhook(call: Call[NoQuery, None]) -> Reply:
    """Show one of the caller's webhooks."""
    return show(
        granted(
            await webhooks.find_webhook(call.services.database, call.caller, _webhook_of(call.path))
        )
    )


async def create_webhook(call: Call[NoQuery, WebhookBody]) -> Reply:
    """Make a webhook."""
    services, body = call.services, call.body
    answer = await webhooks.create_webhook(
        services.database,
        services.desk.new_id,
        call.caller,
        NewWebhook(body.url, tuple(body.events), body.description),
        open_guard(services.settings),
        open_box(services.settings),
        sent=sent_with(call, "create_webhook"),
    )
    return _issued(answer, CREATED)


async def change_webhook(call: Call[NoQuery, ChangeWebhookBody]) -> Reply:
    """Change a webhook."""
    services, body = call.services, call.body
    events = body.events if isinstance(body.events, UnsetType) else tuple(body.events)
    changes = WebhookChanges(body.url, events, body.description, body.state)
    return await do_once(
        call,
        "change_webhook",
        webhooks.change_webhook,
        _webhook_of(call.path),
        changes,
        open_guard(services.settings),
    )


async def rotate_secret(call: Call[NoQuery, None]) -> Reply:
    """Give a webhook a new secret."""
    services = call.services
    answer = await webhooks.rotate_secret(
        services.database,
        services.desk.new_id,
        call.caller,
        _webhook_of(call.path),
        open_box(services.settings),
        sent=sent_with(call, "rotate_secret"),
    )
    return _issued(answer, OK)


async def send_ping(call: Call[NoQuery, None]) -> Reply:
    """Send a test delivery."""
    return await do_once(call, "send_ping", webhooks.send_ping, _webhook_of(call.path))


async def list_deliveries(call: Call[DeliveryQuery, None]) -> Reply:
    """Show what a webhook was, or is to be, told of."""
    page = page_of(call.query, tuple[WireInt, HexId])
    rows = granted(
        await webhooks.list_deliveries(
            call.services.database, call.caller, _webhook_of(call.path), page, call.query.state
        )
    )
    shown, more = cut(rows, page)
    # The number of an event says how much happens on the whole network, so only a cursor holds it.
    last = [(seq, row.id.removeprefix(ids.ACT)) for seq, row in shown[-1:] if more]
    return show_page([row for _, row in rows], page, lambda _: last[0])


async def list_attempts(call: Call[PageQuery, None]) -> Reply:
    """Show the tries to tell a webhook something."""
    page = page_of(call.query, tuple[WireInt, HexId, Number])
    rows = granted(
        await webhooks.list_attempts(
            call.services.database, call.caller, _webhook_of(call.path), page
        )
    )
    return show_page(rows, page, lambda row: row.place)


async def redeliver(call: Call[NoQuery, None]) -> Reply:
    """Send a delivery again."""
    return await do_once(
        call,
        "redeliver",
        webhooks.redeliver,
        _webhook_of(call.path),
        ids.from_wire(ids.ACT, call.path["delivery"]) or "",
    )


def _webhook_of(path: dict[str, str]) -> Id:
    return ids.from_wire(ids.WEBHOOK, path["webhook"]) or ""


def _issued(answer: IssuedWebhook | Webhook | Refusal, status: int) -> Reply:
    """Answer with a webhook and its secret; sent again, without the secret."""
    if isinstance(answer, Refusal):
        raise RefusedError(answer)
    if isinstance(answer, IssuedWebhook):
        return show(WebhookAnswer(answer.webhook, answer.secret))._replace(status=status)
    return show(WebhookAnswer(answer, None))._replace(status=status, headers=REPLAYED)


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/webhooks",
        topic="Webhooks",
        summary="List your webhooks",
        detail=(
            "Oldest first, with the health of each, without their secrets. Of those of the GraphQL"
            " door `graphql` says more."
        ),
        handler=list_webhooks,
        query=PageQuery,
        answer=page_type("Webhook", Webhook),
        scope=Scope.WEBHOOKS_WRITE,
    ),
    Route(
        method="POST",
        path=f"{API}/webhooks",
        topic="Webhooks",
        summary="Make a webhook",
        detail=(
            "From now on `url` is told what happens, by signed requests (Standard Webhooks 1.0)."
            " The `secret` is shown this once. The host must be on the public internet, and"
            " is checked again at each delivery."
        ),
        handler=create_webhook,
        body=WebhookBody,
        is_act=True,
        status=CREATED,
        answer=WebhookAnswer,
        scope=Scope.WEBHOOKS_WRITE,
        refusals=(*_NOT_VALID, webhooks.TOO_MANY_WEBHOOKS),
    ),
    Route(
        method="GET",
        path=f"{API}/webhooks/{{webhook}}",
        topic="Webhooks",
        summary="Show one webhook",
        handler=find_webhook,
        answer=Webhook,
        scope=Scope.WEBHOOKS_WRITE,
        refusals=(webhooks.UNKNOWN_WEBHOOK,),
    ),
    Route(
        method="PATCH",
        path=f"{API}/webhooks/{{webhook}}",
        topic="Webhooks",
        summary="Change a webhook, switch it on or off, or delete it",
        detail=(
            "Only the fields that are sent. Enabled again, it goes on with what waits for it. Of"
            " one of the GraphQL door only the state."
        ),
        handler=change_webhook,
        body=ChangeWebhookBody,
        is_act=True,
        answer=Webhook,
        scope=Scope.WEBHOOKS_WRITE,
        refusals=(webhooks.UNKNOWN_WEBHOOK, webhooks.OTHER_KIND, *_NOT_VALID),
    ),
    Route(
        method="POST",
        path=f"{API}/webhooks/{{webhook}}/rotate-secret",
        topic="Webhooks",
        summary="Give a webhook a new secret",
        detail=(
            "The `secret` is shown this once. For 24 hours deliveries are signed with both the new"
            " and the old one."
        ),
        handler=rotate_secret,
        is_act=True,
        answer=WebhookAnswer,
        scope=Scope.WEBHOOKS_WRITE,
        refusals=(webhooks.UNKNOWN_WEBHOOK, webhooks.OTHER_KIND, KEY_REUSED),
    ),
    Route(
        method="POST",
        path=f"{API}/webhooks/{{webhook}}/ping",
        topic="Webhooks",
        summary="Send a test delivery",
        detail="The event `webhooks.pinged`, to this webhook alone; its attempts show the outcome.",
        handler=send_ping,
        is_act=True,
        answer=Ping,
        scope=Scope.WEBHOOKS_WRITE,
        refusals=(
            webhooks.UNKNOWN_WEBHOOK,
            webhooks.OTHER_KIND,
            webhooks.NOT_ENABLED,
            KEY_REUSED,
        ),
    ),
    Route(
        method="GET",
        path=f"{API}/webhooks/{{webhook}}/deliveries",
        topic="Webhooks",
        summary="List what a webhook was, or is to be, told of",
        detail="Newest first, up to 30 days after each ended.",
        handler=list_deliveries,
        query=DeliveryQuery,
        answer=page_type("Delivery", Delivery),
        scope=Scope.WEBHOOKS_WRITE,
        refusals=(webhooks.UNKNOWN_WEBHOOK,),
    ),
    Route(
        method="GET",
        path=f"{API}/webhooks/{{webhook}}/attempts",
        topic="Webhooks",
        summary="List the tries of a webhook's deliveries",
        detail="Newest first. What the receiver said beyond its status is not kept.",
        handler=list_attempts,
        query=PageQuery,
        answer=page_type("Attempt", Attempt),
        scope=Scope.WEBHOOKS_WRITE,
        refusals=(webhooks.UNKNOWN_WEBHOOK,),
    ),
    Route(
        method="POST",
        path=f"{API}/webhooks/{{webhook}}/deliveries/{{delivery}}/redeliver",
        topic="Webhooks",
        summary="Send a delivery again",
        detail="Now, whatever became of it, under the same `webhook-id`.",
        handler=redeliver,
        is_act=True,
        answer=Delivery,
        scope=Scope.WEBHOOKS_WRITE,
        refusals=(
            webhooks.UNKNOWN_WEBHOOK,
            webhooks.UNKNOWN_DELIVERY,
            webhooks.NOT_ENABLED,
            KEY_REUSED,
        ),
    ),
)
