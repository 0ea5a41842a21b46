"""Webhooks of the GraphQL door: what may be asked of one, and how it is changed.

Such a webhook is told of objects of one type, each as the result of a query of its receiver's own.
Their settings, and what they may be, are those that marketplaces' programs know.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.connectors.webhooks import errors
from entrepot.connectors.webhooks.model.webhooks import OBJECTS, WebhookRow
from entrepot.identity import SCOPE_MISSING
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault

READING: Final = frozenset(
    scope.value
    for scope in Scope
    if scope.value.endswith(":read") and scope is not Scope.AUDIT_READ
)
"""Of the scopes of whoever makes a webhook, those that its query is run with."""

QUERY_USUAL: Final = "query ($id: ID!) { node(id: $id) { __typename } }"
"""What is asked of an object where the receiver asks nothing."""
RETRIES_USUAL: Final = 25
RETRIES_MAX: Final = 50
AT_ONCE_USUAL: Final = 100
AT_ONCE_MAX: Final = 200
HEADERS_MAX: Final = 20
HEADER_LENGTH_MAX: Final = 1000
HMAC_KEY_LENGTH_MAX: Final = 500
HIDDEN: Final = "********"
"""How a header's value is shown. Sent back so, it stays what it is."""

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HEADER_VALUE: Final = re.compile(r"([!-~]([\t -~]*[!-~])?)?")
_OURS: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
_OUR_PREFIX: Final = "marketplacer-"

CheckQuery: TypeAlias = Callable[[str], str | None]
"""Says what is wrong with a query, in a sentence; None when it can be run."""


class NotAnsweredError(Exception):
    """A query that could not be run now; the message says why in a few words of ours."""


class Said(NamedTuple):
    """What a query says, as JSON, and whether its caller sees anything of what it asks for."""

    data: bytes
    is_seen: bool


Ask: TypeAlias = Callable[[Caller, str, str], Awaitable[Said]]
"""Runs a query, as a caller may, for the node of an id. Raises NotAnsweredError."""


class NewGraphqlWebhook(msgspec.Struct, frozen=True):
    """A webhook of the GraphQL door to make. `event_name` None stands for all events.

    `seller` is the only one whose objects it is told of, where there is one.
    """

    url: str
    told_of: str
    event_name: str | None = None
    query: str = QUERY_USUAL
    hmac_key: str = ""
    headers: Mapping[str, str] = {}
    retries_max: int = RETRIES_USUAL
    at_once_max: int = AT_ONCE_USUAL
    allow_skip: bool = False
    enabled: bool = True
    seller: Id | None = None


class GraphqlWebhookChanges(msgspec.Struct, frozen=True):
    """What to change; what is UNSET stays."""

    url: str | UnsetType = UNSET
    told_of: str | UnsetType = UNSET
    event_name: str | UnsetType | None = UNSET
    query: str | UnsetType = UNSET
    hmac_key: str | UnsetType = UNSET
    headers: Mapping[str, str] | UnsetType = UNSET
    retries_max: int | UnsetType = UNSET
    at_once_max: int | UnsetType = UNSET
    allow_skip: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    seller: Id | UnsetType | None = UNSET


class Event(msgspec.Struct, frozen=True):
    """What a webhook of the GraphQL door was, or is to be, told: of one object.

    `node` names the object as its node id does, `retry_at` is when it is tried again. What was
    told is not kept.
    """

    number: int
    webhook: Id
    act: Id
    event_name: str
    node: str
    state: str
    created_at: datetime
    tries: int
    retry_at: datetime | None
    ended_at: datetime | None


class TriedRow(NamedTuple):
    """A try that was answered: of which webhook and act, which one, when, and the status."""

    webhook: Id
    act: Id
    number: int
    at: datetime
    status: int


def new_faults(caller: Caller, new: NewGraphqlWebhook, check_query: CheckQuery) -> list[Fault]:
    """Name everything that is wrong with such a webhook, but for its URL, which the guard reads.

    Nobody has told elsewhere what they may not read themselves.
    """
    faults = []
    scope = OBJECTS.get(new.told_of)
    if scope is None:
        faults.append(
            Fault(
                errors.EVENTS_NOT_VALID,
                f"A webhook is told of one of {', '.join(OBJECTS)}.",
                "told_of",
            )
        )
    elif scope not in caller.scopes:
        faults.append(
            Fault(
                SCOPE_MISSING,
                f"This tells what the scope {scope.value} reads, which you do not have.",
                "told_of",
                {"scope": scope.value},
            )
        )
    wrong = check_query(new.query)
    if wrong is not None:
        faults.append(Fault(errors.QUERY_NOT_VALID, wrong, "query"))
    if not new.hmac_key.isprintable() or len(new.hmac_key) > HMAC_KEY_LENGTH_MAX:
        faults.append(
            Fault(
                errors.HMAC_KEY_NOT_VALID,
                f"A key has at most {HMAC_KEY_LENGTH_MAX} printable characters.",
                "hmac_key",
            )
        )
    faults += _limit_faults(new)
    wrong = _wrong_headers(new.headers)
    if wrong is not None:
        faults.append(Fault(errors.HEADERS_NOT_VALID, wrong, "headers"))
    return faults


def with_hidden(headers: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    """Headers as they were sent, with what is stored where a value was sent back hidden."""
    return {
        name: stored.get(name, value) if value == HIDDEN else value
        for name, value in headers.items()
    }


def reading_scopes(caller: Caller) -> list[str]:
    """The scopes that a query is run with for whoever made its webhook, or changed it last."""
    return sorted(READING & caller.scopes)


def as_new(row: WebhookRow, hmac_key: str, headers: Mapping[str, str]) -> NewGraphqlWebhook:
    """What would be sent to make a webhook that is as a stored one; its secrets are open."""
    assert row.told_of is not None, "it is one of the GraphQL door"
    return NewGraphqlWebhook(
        row.url,
        row.told_of,
        row.event_name,
        row.query or QUERY_USUAL,
        hmac_key,
        headers,
        RETRIES_USUAL if row.retries_max is None else row.retries_max,
        row.at_once_max or AT_ONCE_USUAL,
        bool(row.allow_skip),
        row.state == "enabled",
        row.seller,
    )


def with_changes(found: NewGraphqlWebhook, changes: GraphqlWebhookChanges) -> NewGraphqlWebhook:
    """What a webhook is to be: what is given of it is changed, the rest stays."""
    given = {
        name: value
        for name in changes.__struct_fields__
        if not isinstance(value := getattr(changes, name), UnsetType)
    }
    if "headers" in given:
        given["headers"] = with_hidden(given["headers"], found.headers)
    return msgspec.structs.replace(found, **given)


def _limit_faults(new: NewGraphqlWebhook) -> list[Fault]:
    faults = []
    if not 0 <= new.retries_max <= RETRIES_MAX:
        faults.append(
            Fault(
                errors.LIMIT_NOT_VALID,
                f"Something is tried again 0 to {RETRIES_MAX} times.",
                "retries_max",
            )
        )
    if not 1 <= new.at_once_max <= AT_ONCE_MAX:
        faults.append(
            Fault(
                errors.LIMIT_NOT_VALID,
                f"From 1 to {AT_ONCE_MAX} can be sent at once.",
                "at_once_max",
            )
        )
    return faults


def _wrong_headers(headers: Mapping[str, str]) -> str | None:
    """What is wrong with headers. A value is never repeated: it may be a secret."""
    if len(headers) > HEADERS_MAX:
        return f"Give at most {HEADERS_MAX} headers."
    if len({name.lower() for name in headers}) < len(headers):
        return "Give each header once, whatever the case of its letters."
    for name, value in headers.items():
        if _HEADER_NAME.fullmatch(name) is None:
            return f"{name[:100]!r} is no name of a header."
        if name.lower() in _OURS or name.lower().startswith(_OUR_PREFIX):
            return f"{name} is a header that we write ourselves. Leave it out."
        if len(value) > HEADER_LENGTH_MAX or _HEADER_VALUE.fullmatch(value) is None:
            return f"{name} has at most {HEADER_LENGTH_MAX} printable ASCII characters."
    return None
