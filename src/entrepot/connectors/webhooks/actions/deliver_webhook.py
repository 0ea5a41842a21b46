"""Send what is due to one webhook: the job that the queue does."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

import msgspec

from entrepot import __version__
from entrepot.connectors.webhooks.actions.seal_secrets import open_secrets
from entrepot.connectors.webhooks.model import (
    LEASE,
    QUERY_USUAL,
    Ask,
    DeliveryRow,
    Kind,
    NotAnsweredError,
    Outcome,
    Telling,
    Told,
    WebhookRow,
    choose,
    judge,
    node_id,
    tell_parked,
    write_body,
    write_event_body,
    write_event_headers,
    write_headers,
)
from entrepot.connectors.webhooks.store import deliveries, objects, webhooks
from entrepot.infra.clock import Moment, by_the_clock, monotonic_seconds
from entrepot.infra.ground import read_clock
from entrepot.infra.outgoing import Answered, Unanswered
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.secrets import SecretBox
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.notices import raise_notices

Post: TypeAlias = Callable[[str, Mapping[str, str], bytes, float], Awaitable[Answered | Unanswered]]
"""Sends to a URL these headers and this body, and waits so many seconds at most."""

KIND: Final = "deliver_webhook"
"""What the job is called in the queue; its key is the organisation's id and the webhook's."""
ROUNDS_MAX: Final = 20
"""Rounds of one job, before the next webhook's job may have its turn."""
DUE_READ: Final = 200
"""Deliveries that one round chooses from."""
UPDATE: Final = "update"
DESTROY: Final = "destroy"
PROGRAM: Final = f"Entrepot/{__version__}"
WAITED: Final[Mapping[Kind, float]] = {"standard": 15.0, "graphql": 30.0}
"""Seconds that a receiver has to answer."""
_ID_LENGTH: Final = 32


class Sender(msgspec.Struct, frozen=True):
    """What deliveries are sent with. `post` never raises; `ask` runs receivers' own queries."""

    pool: Pool
    new_id: Callable[[], Id]
    box: SecretBox
    post: Post
    ask: Ask
    moment: Moment = by_the_clock


class _Acts(NamedTuple):
    """What is told of acts, and what it is signed with."""

    secrets: Sequence[bytes]
    told: Mapping[Id, Told]


class _Objects(NamedTuple):
    """What objects are told with: as whom, by what name; and what was told of them last."""

    caller: Caller
    vertical: str
    hmac_key: bytes
    headers: Mapping[str, str]
    last: Mapping[str, bytes]


class _Round(NamedTuple):
    """What one round sends: where to, when it began, and what."""

    webhook: WebhookRow
    now: datetime
    send: Sequence[DeliveryRow]
    shape: _Acts | _Objects


async def deliver_webhook(sender: Sender, key: str) -> None:
    """Send what is due to a webhook, round after round, until nothing is or others want a turn."""
    assert len(key) == 2 * _ID_LENGTH, "a key is the organisation's id and the webhook's"
    for _ in range(ROUNDS_MAX):
        if not await send_round(sender, key[:_ID_LENGTH], key[_ID_LENGTH:]):
            return


async def send_round(sender: Sender, organisation: Id, webhook: Id) -> int:
    """Send up to eight deliveries at once, one of each subject; return how many were dealt with.

    They are marked as begun first, so nobody else sends them; what came of them is written when
    all have ended. Queries are run, and requests sent, outside any transaction.
    """
    async with writing(sender.pool) as connection:
        begun = await _begin(sender, connection, organisation, webhook)
    if isinstance(begun, int):
        return begun
    outcomes = await asyncio.gather(*[_send(sender, begun, each) for each in begun.send])
    tried = list(zip(begun.send, outcomes, strict=True))
    async with writing(sender.pool) as connection:
        await _end(sender, connection, organisation, begun, tried)
    return len(tried)


async def _begin(
    sender: Sender, connection: Connection, organisation: Id, webhook: Id
) -> _Round | int:
    """Choose what to send now and mark it; when that is nothing, how many were put aside."""
    row = await webhooks.lock_webhook(connection, organisation, webhook)
    now = sender.moment(await read_clock(connection))
    if row is None or row.state != "enabled" or (row.slow_until or now) > now:
        return 0
    # In a statement of its own: it sees what was done while the lock was waited for.
    due = await deliveries.find_due(connection, organisation, webhook, now, now - LEASE, DUE_READ)
    choice = choose(row, due, now)
    changed = [*choice.send, *choice.park]
    if not changed:
        return 0
    await deliveries.update_deliveries(connection, organisation, webhook, changed)
    if choice.park:
        notices: list[Telling] = []
        told_of = row
        for each in choice.park:
            more, told_of = tell_parked(organisation, told_of, each, now)
            notices += more
        await webhooks.update_webhook(connection, organisation, told_of)
        await raise_notices(connection, now, notices, sender.new_id)
    if not choice.send:
        return len(choice.park)
    shape = await _shape_of(sender, connection, organisation, row, choice.send, now)
    return _Round(row, now, choice.send, shape)


async def _shape_of(
    sender: Sender,
    connection: Connection,
    organisation: Id,
    row: WebhookRow,
    send: Sequence[DeliveryRow],
    now: datetime,
) -> _Acts | _Objects:
    """Read and open what deliveries are written with."""
    if row.kind == "graphql":
        key, headers = open_secrets(sender.box, row)
        last = {}
        if row.allow_skip:
            nodes = [each.subject for each in send]
            last = await objects.find_last_told(connection, organisation, row.id, nodes)
        caller = Caller(organisation, frozenset(row.scopes or ()))
        vertical = await objects.find_vertical(connection, organisation)
        return _Objects(caller, vertical, key.encode(), headers, last)
    told = await deliveries.find_told(connection, organisation, [each.act for each in send])
    owner = ids.WEBHOOK + row.id
    secrets = [sender.box.open(owner, row.secret)]
    if row.previous_secret is not None and (row.previous_until or now) > now:
        secrets.append(sender.box.open(owner, row.previous_secret))
    return _Acts(secrets, told)


async def _send(sender: Sender, begun: _Round, delivery: DeliveryRow) -> Outcome:
    """Send one delivery; whatever goes wrong is an outcome too."""
    if isinstance(begun.shape, _Objects):
        return await _send_event(sender, begun, begun.shape, delivery)
    body = write_body(begun.shape.told[delivery.act])
    headers = write_headers(delivery.act, begun.now, body, begun.shape.secrets, PROGRAM)
    return await _post(sender, begun, headers, body)


async def _send_event(
    sender: Sender, begun: _Round, shape: _Objects, delivery: DeliveryRow
) -> Outcome:
    """Ask what the receiver wants to know of an object as it is now, and send that.

    Nothing is sent of what the receiver may not, or no longer, see; but that something is gone is
    told all the same.
    """
    began = monotonic_seconds()
    event_name = delivery.event.rpartition(".")[2]
    try:
        said = await sender.ask(
            shape.caller, begun.webhook.query or QUERY_USUAL, node_id(delivery.subject)
        )
    except NotAnsweredError as error:
        took = timedelta(seconds=monotonic_seconds() - began)
        return Outcome(begun.now + took, 0, None, str(error), is_sent=False)
    if not said.is_seen and event_name != DESTROY:
        return _left_out(begun)
    content_hash = hashlib.sha256(said.data).digest() if begun.webhook.allow_skip else None
    says_the_same = content_hash is not None and content_hash == shape.last.get(delivery.subject)
    if says_the_same and event_name == UPDATE and not delivery.tries:
        return _left_out(begun)
    assert delivery.number is not None, "events have numbers"
    body = write_event_body(delivery.number, event_name, said.data)
    headers = write_event_headers(
        shape.vertical, delivery.number, body, shape.hmac_key, shape.headers, PROGRAM
    )
    outcome = await _post(sender, begun, headers, body)
    return outcome._replace(content_hash=content_hash)


def _left_out(begun: _Round) -> Outcome:
    return Outcome(begun.now, 0, None, None, is_sent=False, is_left_out=True)


async def _post(sender: Sender, begun: _Round, headers: Mapping[str, str], body: bytes) -> Outcome:
    waited = WAITED[begun.webhook.kind]
    answer = await sender.post(begun.webhook.url, headers, body, waited)
    at = begun.now + timedelta(milliseconds=answer.milliseconds)
    if isinstance(answer, Answered):
        return Outcome(at, answer.milliseconds, answer.status, None, answer.retry_after)
    return Outcome(at, answer.milliseconds, None, answer.error)


async def _end(
    sender: Sender,
    connection: Connection,
    organisation: Id,
    begun: _Round,
    tried: Sequence[tuple[DeliveryRow, Outcome]],
) -> None:
    """Write what came of a round, and tell the owner what a person should know."""
    webhook = begun.webhook.id
    row = await webhooks.lock_webhook(connection, organisation, webhook)
    if row is None:
        return  # deleted meanwhile, and its deliveries with it
    acts = [each.act for each, _ in tried]
    ours = await deliveries.find_still_begun(connection, organisation, webhook, acts, begun.now)
    tried = [each for each in tried if each[0].act in ours]
    verdict = judge(organisation, row, tried)
    told = [each for each in tried if not each[1].is_left_out]
    await deliveries.insert_attempts(connection, organisation, webhook, told)
    await deliveries.update_deliveries(connection, organisation, webhook, verdict.deliveries)
    await deliveries.replace_failed(connection, organisation, webhook, acts, begun.now)
    await webhooks.update_webhook(connection, organisation, verdict.webhook)
    now = sender.moment(await read_clock(connection))
    await raise_notices(connection, now, verdict.notices, sender.new_id)
    if verdict.disabled:
        shown = verdict.webhook.to_show()
        happening = Happening("webhooks.disabled", shown.id, shown)
        caller = Caller(organisation, frozenset())
        await record(connection, now, sender.new_id, caller, [happening])
