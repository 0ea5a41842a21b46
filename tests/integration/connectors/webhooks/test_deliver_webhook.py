"""Sending: signed as the standard says, tried as it says, and given up as it says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from entrepot.connectors.webhooks import Sender, deliver_webhook, send_round
from entrepot.infra.ids import new_id
from entrepot.infra.outgoing import Answered, Unanswered
from entrepot.infra.pool import Pool
from tests.factories.callers import acts_of
from tests.factories.hooks import BOX, Hooks, nothing_asked
from tests.factories.network import Network

FAILS = Answered(500, 7)
DAYS = 86_400.0
STANDARD = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
"""Seconds before each try, from the specification."""


async def test_another_program_verifies_what_is_sent(hooks: Hooks) -> None:
    made = await hooks.make("orders.*")
    act = await hooks.happen("orders.placed", "ord_7")
    await hooks.send(made.webhook)
    (sent,) = hooks.sent
    verified = Verifier(made.secret).verify(sent.body, dict(sent.headers))
    assert verified["type"] == "orders.placed"
    assert set(verified) == {"type", "timestamp", "data"}
    assert set(verified["data"]) == {"number"}
    assert datetime.fromisoformat(verified["timestamp"]) <= datetime.now(UTC)
    assert sent.headers["webhook-id"] == act
    assert sent.headers["User-Agent"].startswith("Entrepot/")
    (delivery,) = await hooks.deliveries(made.webhook)
    assert (delivery.state, delivery.tries, delivery.last_status) == ("delivered", 1, 204)
    with pytest.raises(WebhookVerificationError):
        Verifier(made.secret).verify(sent.body + b" ", dict(sent.headers))
    other = await hooks.make()
    with pytest.raises(WebhookVerificationError):
        Verifier(other.secret).verify(sent.body, dict(sent.headers))


async def test_a_delivery_is_tried_for_three_days_and_put_aside(hooks: Hooks) -> None:
    made = await hooks.make()
    act = await hooks.happen()
    hooks.answer = FAILS
    await hooks.tell()
    for number, pause in enumerate(STANDARD):
        if pause:
            hooks.wait(seconds=pause - 2)
            assert await hooks.round(made.webhook) == 0, f"try {number} comes no sooner"
            hooks.wait(seconds=2.1)
        assert await hooks.round(made.webhook) == 1, f"try {number} comes on time"
    hooks.wait(days=30)
    assert await hooks.round(made.webhook) == 0
    attempts = await hooks.attempts(made.webhook)
    assert [each.number for each in attempts] == list(range(1, 11))
    assert {(each.status, each.error) for each in attempts} == {(500, None)}
    taken = attempts[-1].at - attempts[0].at
    assert timedelta(hours=75.5) < taken < timedelta(hours=75.7)
    (delivery,) = await hooks.deliveries(made.webhook)
    assert (delivery.id, delivery.state, delivery.last_error) == (act, "parked", "status 500")
    assert {each.headers["webhook-id"] for each in hooks.sent} == {act}
    assert len({each.body for each in hooks.sent}) == 1
    assert len({each.headers["webhook-timestamp"] for each in hooks.sent}) == 10
    kinds = [kind for kind, _, _ in await hooks.notices()]
    assert kinds == ["webhooks.delivery_parked", "webhooks.failing"]


async def test_its_owner_is_told_days_before_it_is_switched_off(hooks: Hooks) -> None:
    made = await hooks.make()
    hooks.answer = Unanswered("timed out", 15_000)
    for _ in range(6):
        await hooks.happen()
        await hooks.send(made.webhook)
        hooks.wait(days=1)
    warned, off = await hooks.notices()
    assert (warned[0], warned[1]) == ("webhooks.failing", made.webhook.id)
    assert warned[2]["error"] == "timed out"
    assert (off[0], off[2]["reason"]) == ("webhooks.disabled", "failing")
    now = await hooks.webhook(made.webhook)
    assert (now.state, now.disabled_reason, now.next_try_at) == ("disabled", "failing", None)
    act, subject, answer = (await acts_of(hooks.pool, hooks.caller.organisation))[-1]
    assert (act, subject, answer["state"]) == ("webhooks.disabled", made.webhook.id, "disabled")
    sent = len(hooks.sent)
    await hooks.send(made.webhook)
    assert len(hooks.sent) == sent


async def test_one_success_forgives_all_failures(hooks: Hooks) -> None:
    made = await hooks.make()
    hooks.answer = FAILS
    for _ in range(4):
        await hooks.happen()
        await hooks.send(made.webhook)
        hooks.wait(days=1)
    hooks.answer = Answered(200, 3)
    await hooks.send(made.webhook)
    now = await hooks.webhook(made.webhook)
    assert (now.state, now.consecutive_failures) == ("enabled", 0)
    assert now.last_success_at is not None
    assert [each.state for each in await hooks.deliveries(made.webhook)] == ["delivered"] * 4


async def test_gone_switches_it_off_at_once(hooks: Hooks) -> None:
    made = await hooks.make()
    await hooks.happen()
    hooks.answer = Answered(410, 3)
    await hooks.send(made.webhook)
    now = await hooks.webhook(made.webhook)
    assert (now.state, now.disabled_reason) == ("disabled", "gone")
    ((kind, subject, facts),) = await hooks.notices()
    assert (kind, subject, facts["reason"]) == ("webhooks.disabled", made.webhook.id, "gone")


@pytest.mark.parametrize("status", [100, 199, 300, 301, 302, 307, 400, 401, 404, 422, 500])
async def test_only_two_hundreds_are_a_success(hooks: Hooks, status: int) -> None:
    made = await hooks.make()
    await hooks.happen()
    hooks.answer = Answered(status, 3)
    await hooks.send(made.webhook)
    (delivery,) = await hooks.deliveries(made.webhook)
    assert (delivery.state, delivery.last_status) == ("waiting", status)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_who_is_asked_too_much_is_asked_less(hooks: Hooks, status: int) -> None:
    made = await hooks.make()
    await hooks.happen(subject="ord_1")
    hooks.answer = Answered(status, 3)
    await hooks.send(made.webhook)
    await hooks.happen(subject="ord_2")
    hooks.wait(seconds=25)
    await hooks.send(made.webhook)
    assert len(hooks.sent) == 1, "nothing at all is sent for half a minute"
    hooks.wait(seconds=10)
    await hooks.send(made.webhook)
    assert len(hooks.sent) == 3


async def test_retry_after_is_kept_to(hooks: Hooks) -> None:
    made = await hooks.make()
    await hooks.happen()
    hooks.answers = [Answered(503, 3, 3600)]
    await hooks.send(made.webhook)
    shown = (await hooks.webhook(made.webhook)).next_try_at
    assert shown is not None
    assert timedelta(minutes=59) < shown - await hooks.now() < timedelta(minutes=61)
    hooks.wait(minutes=59)
    assert await hooks.round(made.webhook) == 0
    hooks.wait(minutes=2)
    assert await hooks.round(made.webhook) == 1


async def test_a_webhook_that_is_down_is_left_alone_for_a_while(hooks: Hooks) -> None:
    made = await hooks.make()
    for number in range(200):
        await hooks.happen(subject=f"ord_{number}")
    hooks.answer = Unanswered("cannot connect", 1)
    await hooks.send(made.webhook)
    assert len(hooks.sent) == 8, "one round of failures is enough to be careful"


async def test_one_subject_is_told_one_thing_at_a_time(hooks: Hooks) -> None:
    made = await hooks.make()
    first, second = await hooks.happen(subject="ord_1"), await hooks.happen(subject="ord_1")
    other = await hooks.happen(subject="ord_2")
    await hooks.tell()
    assert await hooks.round(made.webhook) == 2
    assert [each.headers["webhook-id"] for each in hooks.sent] == [first, other]
    assert await hooks.round(made.webhook) == 1
    assert hooks.sent[-1].headers["webhook-id"] == second


async def test_of_numbers_only_the_newest_is_told(hooks: Hooks) -> None:
    made = await hooks.make("stock.availability_changed")
    for _ in range(3):
        await hooks.happen("stock.availability_changed", "var_1")
    other = await hooks.happen("stock.availability_changed", "var_2")
    await hooks.tell()
    await hooks.happen("stock.availability_changed", "var_1")
    newest = await hooks.happen("stock.availability_changed", "var_1")
    await hooks.send(made.webhook)
    assert {each.headers["webhook-id"] for each in hooks.sent} == {other, newest}
    states = [each.state for each in await hooks.deliveries(made.webhook)]
    assert states == ["replaced"] * 3 + ["delivered", "replaced", "delivered"]


async def test_a_number_that_failed_is_not_told_after_a_newer_one(hooks: Hooks) -> None:
    made = await hooks.make("stock.*")
    await hooks.happen("stock.availability_changed", "var_1")
    await hooks.tell()
    newest: list[str] = []

    async def post(
        url: str, headers: Mapping[str, str], content: bytes, seconds: float
    ) -> Answered:
        del url, headers, content, seconds
        newest.append(await hooks.happen("stock.availability_changed", "var_1"))
        await hooks.tell()
        return Answered(500, 3)

    sender = Sender(hooks.pool, new_id, BOX, post, nothing_asked)
    await send_round(sender, hooks.caller.organisation, made.webhook.inner_id)
    await hooks.send(made.webhook)
    assert [each.headers["webhook-id"] for each in hooks.sent] == newest
    states = [each.state for each in await hooks.deliveries(made.webhook)]
    assert states == ["replaced", "delivered"]


async def test_two_workers_send_a_delivery_once(hooks: Hooks) -> None:
    made = await hooks.make()
    for number in range(40):
        await hooks.happen(subject=f"ord_{number}")
    await hooks.tell()
    key = hooks.caller.organisation + made.webhook.inner_id
    await asyncio.gather(*[deliver_webhook(hooks.sender, key) for _ in range(4)])
    told = [each.headers["webhook-id"] for each in hooks.sent]
    assert len(told) == len(set(told)) == 40


class KilledError(BaseException):
    """What a worker that is killed does not live to see."""


async def killed_over(hooks: Hooks, webhook: str) -> None:
    """A worker dies while it sends: nothing of what it would have written is there."""

    async def post(
        url: str, headers: Mapping[str, str], content: bytes, seconds: float
    ) -> Answered:
        del url, headers, content, seconds
        raise KilledError

    sender = Sender(hooks.pool, new_id, BOX, post, nothing_asked, hooks.sender.moment)
    with pytest.raises(KilledError):
        await send_round(sender, hooks.caller.organisation, webhook)


async def test_a_killed_workers_delivery_is_taken_up_again(hooks: Hooks) -> None:
    made = await hooks.make()
    act = await hooks.happen()
    await hooks.tell()
    await killed_over(hooks, made.webhook.inner_id)
    assert await hooks.round(made.webhook) == 0, "it could still be being sent"
    hooks.wait(seconds=46)
    assert await hooks.round(made.webhook) == 1
    assert [each.headers["webhook-id"] for each in hooks.sent] == [act]


async def test_what_kills_its_worker_each_time_is_put_aside_and_others_flow(hooks: Hooks) -> None:
    made = await hooks.make()
    poison = await hooks.happen(subject="ord_1")
    await hooks.tell()
    for _ in range(5):
        await killed_over(hooks, made.webhook.inner_id)
        hooks.wait(seconds=46)
    other = await hooks.happen(subject="ord_2")
    await hooks.send(made.webhook)
    assert [each.headers["webhook-id"] for each in hooks.sent] == [other]
    put_aside, told = await hooks.deliveries(made.webhook)
    assert (put_aside.id, put_aside.state) == (poison, "parked")
    assert put_aside.last_error == "our worker died over it each time"
    assert told.state == "delivered"
    ((kind, _, facts),) = await hooks.notices()
    assert (kind, facts["delivery"]) == ("webhooks.delivery_parked", poison)


async def test_what_may_kill_its_worker_goes_alone_and_last(hooks: Hooks) -> None:
    made = await hooks.make()
    suspect = await hooks.happen(subject="ord_1")
    await hooks.tell()
    await killed_over(hooks, made.webhook.inner_id)
    hooks.wait(seconds=46)
    others = [await hooks.happen(subject=f"ord_{number}") for number in range(2, 5)]
    await hooks.tell()
    assert await hooks.round(made.webhook) == 3
    assert await hooks.round(made.webhook) == 1
    assert [each.headers["webhook-id"] for each in hooks.sent] == [*others, suspect]


async def test_parked_deliveries_are_told_of_once_a_day(hooks: Hooks) -> None:
    made = await hooks.make()
    hooks.answers = [Answered(200, 1)]  # it has worked before, so that it is not switched off
    await hooks.happen()
    await hooks.send(made.webhook)
    for number in range(3):
        await hooks.happen(subject=f"ord_{number}")
    await hooks.tell()
    await hooks.pool.execute("UPDATE webhook_deliveries SET step = 9 WHERE state = 'waiting'")
    hooks.answer = FAILS
    await hooks.send(made.webhook)
    assert [kind for kind, _, _ in await hooks.notices()] == ["webhooks.delivery_parked"]


async def test_deleted_while_something_is_sent_it_is_gone(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make()
    await hooks.happen()
    await hooks.tell()

    async def post(
        url: str, headers: Mapping[str, str], content: bytes, seconds: float
    ) -> Answered:
        del url, headers, content, seconds
        await pool.execute("UPDATE webhooks SET state = 'deleted'")
        return Answered(200, 3)

    sender = Sender(pool, new_id, BOX, post, nothing_asked)
    assert await send_round(sender, hooks.caller.organisation, made.webhook.inner_id) == 1
    assert await pool.fetchval("SELECT count(*) FROM webhook_attempts") == 0


async def test_nothing_of_a_stranger_is_told(hooks: Hooks, pool: Pool, network: Network) -> None:
    stranger = Hooks(pool, await network.organisation("stranger"))
    mine, theirs = await hooks.make(), await stranger.make()
    await hooks.happen()
    await hooks.send(mine.webhook)
    await stranger.send(theirs.webhook)
    assert (len(hooks.sent), len(stranger.sent)) == (1, 0)
    assert await stranger.deliveries(theirs.webhook) == []
