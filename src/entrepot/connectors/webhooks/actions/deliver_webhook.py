"""Send what is due to one webhook: the job that the queue does."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

import msgspec

from entrepot import __version__
from entrepot.connectors.webhooks import store
from entrepot.connectors.webhooks.model import (
    LEASE,
    DeliveryRow,
    Outcome,
    Telling,
    Told,
    WebhookRow,
    choose,
    judge,
    tell_parked,
    write_body,
    write_headers,
)
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.ground import read_clock
from entrepot.infra.outgoing import Answered, Unanswered
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.secrets import SecretBox
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.notices import raise_notices

Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], Awaitable[Answered | Unanswered]]

KIND: Final = "deliver_webhook"
"""What the job is called in the queue; its key is the organisation's id and the webhook's."""
ROUNDS_MAX: Final = 20
"""Rounds of one job, before the next webhook's job may have its turn."""
DUE_READ: Final = 200
"""Deliveries that one round chooses from."""
PROGRAM: Final = f"Entrepot/{__version__}"
_ID_LENGTH: Final = 32


class Sender(msgspec.Struct, frozen=True):
    """What deliveries are sent with. `post` never raises, and ends within 20 s."""

    pool: Pool
    new_id: Callable[[], Id]
    box: SecretBox
    post: Post
    moment: Moment = by_the_clock


class _Round(NamedTuple):
    """What one round sends: when it began, where to, signed with what."""

    webhook: WebhookRow
    now: datetime
    secrets: Sequence[bytes]
    send: Sequence[DeliveryRow]
    told: Mapping[Id, Told]


async def deliver_webhook(sender: Sender, key: str) -> None:
    """Send what is due to a webhook, round after round, until nothing is or others want a turn."""
    assert len(key) == 2 * _ID_LENGTH, "a key is the organisation's id and the webhook's"
    for _ in range(ROUNDS_MAX):
        if not await send_round(sender, key[:_ID_LENGTH], key[_ID_LENGTH:]):
            return


async def send_round(sender: Sender, organisation: Id, webhook: Id) -> int:
    """Send up to eight deliveries at once, one of each subject; return how many were dealt with.

    They are marked as begun first, so nobody else sends them; what came of them is written when
    all have ended, which none takes longer than 20 s to do.
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
    row = await store.lock_webhook(connection, organisation, webhook)
    now = sender.moment(await read_clock(connection))
    if row is None or row.state != "enabled" or (row.slow_until or now) > now:
        return 0
    # In a statement of its own: it sees what was done while the lock was waited for.
    due = await store.find_due(connection, organisation, webhook, now, now - LEASE, DUE_READ)
    choice = choose(due, now)
    changed = [*choice.send, *choice.park]
    if not changed:
        return 0
    await store.update_deliveries(connection, organisation, webhook, changed)
    if choice.park:
        notices: list[Telling] = []
        told_of = row
        for each in choice.park:
            more, told_of = tell_parked(organisation, told_of, each, now)
            notices += more
        await store.update_webhook(connection, organisation, told_of)
        await raise_notices(connection, now, notices, sender.new_id)
    if not choice.send:
        return len(choice.park)
    told = await store.find_told(connection, organisation, [each.act for each in choice.send])
    owner = ids.WEBHOOK + webhook
    secrets = [sender.box.open(owner, row.secret)]
    if row.previous_secret is not None and (row.previous_until or now) > now:
        secrets.append(sender.box.open(owner, row.previous_secret))
    return _Round(row, now, secrets, choice.send, told)


async def _send(sender: Sender, begun: _Round, delivery: DeliveryRow) -> Outcome:
    """Send one delivery; whatever goes wrong is an outcome too."""
    body = write_body(begun.told[delivery.act])
    headers = write_headers(delivery.act, begun.now, body, begun.secrets, PROGRAM)
    answer = await sender.post(begun.webhook.url, headers, body)
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
    row = await store.lock_webhook(connection, organisation, webhook)
    if row is None:
        return  # deleted meanwhile, and its deliveries with it
    acts = [each.act for each, _ in tried]
    ours = await store.find_still_begun(connection, organisation, webhook, acts, begun.now)
    tried = [each for each in tried if each[0].act in ours]
    verdict = judge(organisation, row, tried)
    await store.insert_attempts(connection, organisation, webhook, tried)
    await store.update_deliveries(connection, organisation, webhook, verdict.deliveries)
    await store.replace_failed(connection, organisation, webhook, acts, begun.now)
    await store.update_webhook(connection, organisation, verdict.webhook)
    now = sender.moment(await read_clock(connection))
    await raise_notices(connection, now, verdict.notices, sender.new_id)
    if verdict.disabled:
        shown = verdict.webhook.to_show()
        happening = Happening("webhooks.disabled", shown.id, shown)
        caller = Caller(organisation, frozenset())
        await record(connection, now, sender.new_id, caller, [happening])
