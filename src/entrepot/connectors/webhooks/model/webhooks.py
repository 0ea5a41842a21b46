"""What a webhook is, what may be asked of it, and how it is shown."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.connectors.webhooks import errors
from entrepot.identity import SCOPE_MISSING
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather, refuse
from entrepot.kernel.text import is_plain

State: TypeAlias = Literal["enabled", "disabled", "deleted"]
DisabledReason: TypeAlias = Literal["owner", "gone", "failing", "refused"]
"""Who switched it off: its owner, its receiver by the status 410, or we: after days of failures,
or where a receiver of the GraphQL door's refused what it was sent."""
Kind: TypeAlias = Literal["standard", "graphql"]
"""Whether acts are told as Standard Webhooks are, or objects as the GraphQL door tells them."""

EVERYTHING: Final = "*"
DESCRIPTION_LENGTH_MAX: Final = 200
FILTERS_MAX: Final = 50
WEBHOOKS_MAX: Final = 20
"""Webhooks that one organisation may have."""
ROTATION: Final = timedelta(hours=24)
"""How long the secret before the last is signed with too."""

READ_BY: Final[dict[str, Scope]] = {
    "catalogue": Scope.CATALOGUE_READ,
    "identity": Scope.AUDIT_READ,
    "import": Scope.AUDIT_READ,
    "orders": Scope.ORDERS_READ,
    "partnerships": Scope.PARTNERSHIPS_READ,
    "settlement": Scope.SETTLEMENT_READ,
    "stock": Scope.STOCK_READ,
}
"""The areas that events come from, and the scope by which one may read what they tell."""

OBJECTS: Final[dict[str, Scope]] = {
    "ADVERT": Scope.CATALOGUE_READ,
    "INVOICE": Scope.ORDERS_READ,
    "REFUND_REQUEST": Scope.ORDERS_READ,
    "SELLER": Scope.CATALOGUE_READ,
    "SHIPMENT": Scope.ORDERS_READ,
    "VARIANT": Scope.CATALOGUE_READ,
}
"""What webhooks of the GraphQL door can be told of, and the scope by which one may read it."""

_FILTER: Final = re.compile(r"(?P<area>[a-z_]+)\.(\*|[a-z_]+)")


class NewWebhook(msgspec.Struct, frozen=True):
    """A webhook to make. Events are names, `orders.*` for all of an area, or `*` for all."""

    url: str
    events: tuple[str, ...]
    description: str = ""


class WebhookChanges(msgspec.Struct, frozen=True):
    """What to change; what is UNSET stays. A deleted one is gone for good."""

    url: str | UnsetType = UNSET
    events: tuple[str, ...] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    state: str | UnsetType = UNSET


class GraphqlPart(msgspec.Struct, frozen=True):
    """What a webhook of the GraphQL door has beside: of which objects it is told, and how.

    `event_name` None stands for all events. The values of headers may be secrets.
    """

    legacy_id: int
    told_of: str
    event_name: str | None
    query: str
    header_names: tuple[str, ...]
    retries_max: int
    at_once_max: int
    allow_skip: bool
    seller: str | None


class Webhook(msgspec.Struct, frozen=True):
    """A webhook as it may be shown: its health, never its secret.

    `next_try_at` is when something is sent next: None when nothing waits or it is switched off.
    One of the GraphQL door has no `events`; `graphql` says what it is told instead.
    """

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    state: str
    disabled_reason: str | None
    created_at: datetime
    last_success_at: datetime | None
    last_failure_at: datetime | None
    consecutive_failures: int
    next_try_at: datetime | None
    two_secrets_until: datetime | None
    kind: str = "standard"
    graphql: GraphqlPart | None = None

    @property
    def inner_id(self) -> Id:
        """The id without its prefix."""
        return self.id.removeprefix(ids.WEBHOOK)


class IssuedWebhook(msgspec.Struct, frozen=True):
    """A webhook with the secret it signs with, which is told this once."""

    webhook: Webhook
    secret: str


class Ping(msgspec.Struct, frozen=True):
    """What a test delivery says: the webhook it was asked for."""

    webhook: str


class WebhookRow(NamedTuple):
    """A webhook as it is stored; its secrets sealed.

    `next_try_at` is when its next delivery is due, where that was read with it. What follows it
    only webhooks of the GraphQL door have.
    """

    id: Id
    url: str
    description: str
    events: Sequence[str]
    secret: bytes
    previous_secret: bytes | None
    previous_until: datetime | None
    state: State
    disabled_reason: DisabledReason | None
    created_at: datetime
    last_success_at: datetime | None
    last_failure_at: datetime | None
    consecutive_failures: int
    failing_since: datetime | None
    warned_at: datetime | None
    parked_told_at: datetime | None
    slow_until: datetime | None
    next_try_at: datetime | None
    kind: Kind
    legacy_id: int | None
    told_of: str | None
    event_name: str | None
    seller: Id | None
    query: str | None
    scopes: Sequence[str] | None
    header_names: Sequence[str] | None
    headers: bytes | None
    retries_max: int | None
    at_once_max: int | None
    allow_skip: bool | None

    def to_show(self) -> Webhook:
        """The webhook as it may be shown."""
        next_try_at = self.next_try_at
        if self.state != "enabled":
            next_try_at = None
        elif next_try_at is not None and self.slow_until is not None:
            next_try_at = max(next_try_at, self.slow_until)
        return Webhook(
            ids.WEBHOOK + self.id,
            self.url,
            tuple(self.events),
            self.description,
            self.state,
            self.disabled_reason,
            self.created_at,
            self.last_success_at,
            self.last_failure_at,
            self.consecutive_failures,
            next_try_at,
            self.previous_until,
            self.kind,
            self._graphql_part(),
        )

    def _graphql_part(self) -> GraphqlPart | None:
        if self.kind != "graphql":
            return None
        assert self.legacy_id is not None, "the database keeps these whole"
        return GraphqlPart(
            self.legacy_id,
            self.told_of or "",
            self.event_name,
            self.query or "",
            tuple(self.header_names or ()),
            self.retries_max or 0,
            self.at_once_max or 1,
            bool(self.allow_skip),
            None if self.seller is None else ids.ORGANISATION + self.seller,
        )


def check_webhook(caller: Caller, new: NewWebhook) -> Refusal | None:
    """Name everything that is wrong with a webhook, but for its URL, which the guard reads.

    Nobody has told elsewhere what they may not read themselves.
    """
    faults = list(_events_faults(caller, new.events))
    if new.description and not is_plain(new.description, DESCRIPTION_LENGTH_MAX):
        faults.append(
            Fault(
                errors.DESCRIPTION_NOT_VALID,
                f"A description has at most {DESCRIPTION_LENGTH_MAX} printable characters.",
                "description",
            )
        )
    return gather(faults, (*errors.PRECEDENCE, SCOPE_MISSING))


def check_state(state: str) -> Refusal | None:
    """Whether a webhook can be asked to be in a state."""
    if state in {"enabled", "disabled", "deleted"}:
        return None
    return refuse(
        errors.STATE_NOT_VALID,
        "A webhook is enabled, disabled or deleted.",
        field="state",
        facts={"state": state},
    )


def unknown_webhook(webhook: Id) -> Refusal:
    """Say that there is no such webhook, whoever else may have it."""
    return refuse(
        errors.UNKNOWN_WEBHOOK,
        "You have no such webhook. Check its id.",
        field="webhook",
        facts={"webhook": ids.WEBHOOK + webhook} if webhook else {},
    )


def unknown_delivery(act: Id) -> Refusal:
    """Say that a webhook was never told, or to be told, of such an act."""
    return refuse(
        errors.UNKNOWN_DELIVERY,
        "This webhook has no such delivery. Check its id; after 30 days they are forgotten.",
        field="delivery",
        facts={"delivery": ids.ACT + act} if act else {},
    )


def not_enabled(field: str | None = None) -> Refusal:
    """Say that nothing is sent to a webhook that is switched off."""
    return refuse(errors.NOT_ENABLED, "This webhook is switched off; enable it first.", field=field)


def other_kind(field: str | None = None) -> Refusal:
    """Say that this is done to webhooks of the other kind."""
    return refuse(
        errors.OTHER_KIND,
        "This webhook is one of the GraphQL door: change it there by webhookUpdate. Only its state"
        " can be changed here.",
        field=field,
    )


def too_many_webhooks() -> Refusal:
    """Say that an organisation has as many as it may have."""
    return refuse(
        errors.TOO_MANY_WEBHOOKS,
        f"You have {WEBHOOKS_MAX} webhooks, which is as many as there may be. Delete one first.",
        facts={"webhooks_max": WEBHOOKS_MAX},
    )


def _events_faults(caller: Caller, events: Sequence[str]) -> list[Fault]:
    areas = []
    wrong = []
    for each in events:
        found = _FILTER.fullmatch(each)
        if each == EVERYTHING:
            areas += list(READ_BY)
        elif found is None or found["area"] not in READ_BY:
            wrong.append(each)
        else:
            areas.append(found["area"])
    if wrong or not 0 < len(events) <= FILTERS_MAX or len(set(events)) < len(events):
        return [
            Fault(
                errors.EVENTS_NOT_VALID,
                f"Give 1 to {FILTERS_MAX} different events, such as orders.placed, orders.* or *;"
                f" they are of {', '.join(sorted(READ_BY))}.",
                "events",
                {"events": " ".join(wrong)[:200]},
            )
        ]
    lacking = sorted({READ_BY[area].value for area in areas} - caller.scopes)
    return [
        Fault(
            SCOPE_MISSING,
            f"These events tell what the scope {scope} reads, which you do not have.",
            "events",
            {"scope": scope},
        )
        for scope in lacking
    ]
