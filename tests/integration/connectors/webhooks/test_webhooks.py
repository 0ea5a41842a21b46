"""Making, changing and deleting webhooks; trying one out; telling and sending again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from entrepot.connectors.webhooks import (
    Delivery,
    IssuedWebhook,
    NewWebhook,
    Ping,
    Webhook,
    WebhookChanges,
    change_webhook,
    create_webhook,
    find_webhook,
    list_attempts,
    list_deliveries,
    list_webhooks,
    purge_deliveries,
    redeliver,
    rotate_secret,
    send_ping,
    start_deliveries,
    tell_webhooks,
)
from entrepot.infra.following import number_events
from entrepot.infra.ids import new_id
from entrepot.infra.outgoing import Answered, Guard
from entrepot.infra.pool import Pool
from entrepot.infra.queue import Queue
from entrepot.infra.settings import Settings
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.hooks import BOX, URL, Hooks
from tests.factories.network import Network


def guard_for(*addresses: str) -> Guard:
    async def resolve(host: str, port: int) -> Sequence[str]:
        del host, port
        return addresses

    return Guard(resolve=resolve)


OUTSIDE = guard_for("93.184.216.34")
NEW = NewWebhook("https://shop.example/hook", ("orders.*",), "the shop")


def code_of(answer: object) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.code


async def test_the_secret_is_told_once_and_kept_sealed(hooks: Hooks, pool: Pool) -> None:
    made = await create_webhook(pool, new_id, hooks.caller, NEW, OUTSIDE, BOX)
    assert isinstance(made, IssuedWebhook)
    assert made.secret.startswith("whsec_")
    Verifier(made.secret)
    shown = await hooks.webhook(made.webhook)
    assert shown == made.webhook
    assert (shown.url, shown.events, shown.description) == (NEW.url, NEW.events, NEW.description)
    assert (shown.state, shown.consecutive_failures, shown.next_try_at) == ("enabled", 0, None)
    acts = await acts_of(pool, hooks.caller.organisation)
    assert (acts[-1][0], acts[-1][1]) == ("webhooks.created", shown.id)
    dump = str(await pool.fetch("SELECT w.*, a.answer FROM webhooks AS w, audit AS a"))
    assert made.secret.removeprefix("whsec_") not in dump
    assert made.secret not in str(acts)


async def test_made_twice_under_one_key_it_is_one_webhook(hooks: Hooks, pool: Pool) -> None:
    caller, sent = hooks.caller, Sent("k", b"c")
    first = await create_webhook(pool, new_id, caller, NEW, OUTSIDE, BOX, sent=sent)
    again = await create_webhook(pool, new_id, caller, NEW, OUTSIDE, BOX, sent=sent)
    assert isinstance(first, IssuedWebhook)
    assert again == first.webhook, "without its secret"
    gone = await create_webhook(pool, new_id, caller, NEW, guard_for(), BOX, sent=sent)
    assert gone == first.webhook, "whatever has become of its host"
    assert await pool.fetchval("SELECT count(*) FROM webhooks") == 1


@pytest.mark.parametrize(
    ("new", "guard", "code"),
    [
        (NewWebhook("http://a.example/", ("*",)), OUTSIDE, "webhooks.url_not_valid"),
        (NewWebhook("https://a:b@a.example/", ("*",)), OUTSIDE, "webhooks.url_not_valid"),
        (NewWebhook("https://a.example:22/", ("*",)), OUTSIDE, "webhooks.url_not_valid"),
        (NEW, guard_for(), "webhooks.address_not_found"),
        (NEW, guard_for("10.0.0.1"), "webhooks.address_not_allowed"),
        (NEW, guard_for("93.184.216.34", "::1"), "webhooks.address_not_allowed"),
        (
            NewWebhook("https://169.254.169.254/latest", ("*",)),
            guard_for("169.254.169.254"),
            "webhooks.address_not_allowed",
        ),
        (NewWebhook(URL, ()), OUTSIDE, "webhooks.events_not_valid"),
        (NewWebhook(URL, ("orders.*", "orders.*")), OUTSIDE, "webhooks.events_not_valid"),
        (NewWebhook(URL, ("orders",)), OUTSIDE, "webhooks.events_not_valid"),
        (NewWebhook(URL, ("webhooks.*",)), OUTSIDE, "webhooks.events_not_valid"),
        (NewWebhook(URL, ("orders.*.x",)), OUTSIDE, "webhooks.events_not_valid"),
        (NewWebhook(URL, ("%",)), OUTSIDE, "webhooks.events_not_valid"),
        (NewWebhook(URL, ("*",), "a" * 201), OUTSIDE, "webhooks.description_not_valid"),
    ],
)
async def test_what_is_wrong_is_refused_and_nothing_made(
    hooks: Hooks, pool: Pool, new: NewWebhook, guard: Guard, code: str
) -> None:
    refused = await create_webhook(pool, new_id, hooks.caller, new, guard, BOX)
    assert code_of(refused) == code
    assert await pool.fetchval("SELECT count(*) FROM webhooks") == 0
    made = await hooks.make()
    if new.url == URL:
        changes = WebhookChanges(events=new.events, description=new.description)
    else:
        changes = WebhookChanges(url=new.url)
    changed = await change_webhook(
        pool, new_id, hooks.caller, made.webhook.inner_id, changes, guard
    )
    assert code_of(changed) == code
    assert await hooks.webhook(made.webhook) == made.webhook


async def test_everything_wrong_is_named_at_once(hooks: Hooks, pool: Pool) -> None:
    new = NewWebhook("ftp://a.example", ("nothing.*",), "\n")
    refused = await create_webhook(pool, new_id, hooks.caller, new, OUTSIDE, BOX)
    assert isinstance(refused, Refusal)
    assert [fault.field for fault in refused.faults] == ["url", "events", "description"]


async def test_nobody_has_told_what_they_may_not_read(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make("stock.*")
    caller = caller_for(hooks.caller.organisation, Scope.WEBHOOKS_WRITE, Scope.STOCK_READ)
    for events in (("orders.*",), ("*",), ("stock.*", "identity.logged_in")):
        new = NewWebhook(URL, events)
        refused = await create_webhook(pool, new_id, caller, new, OUTSIDE, BOX)
        assert code_of(refused) == "identity.scope_missing"
        changes = WebhookChanges(events=events)
        inner = made.webhook.inner_id
        unchanged = await change_webhook(pool, new_id, caller, inner, changes, OUTSIDE)
        assert code_of(unchanged) == "identity.scope_missing"
    new = NewWebhook(URL, ("stock.*",))
    assert isinstance(await create_webhook(pool, new_id, caller, new, OUTSIDE, BOX), IssuedWebhook)
    every = await hooks.make("*")
    inner = every.webhook.inner_id
    off = await change_webhook(
        pool, new_id, caller, inner, WebhookChanges(state="disabled"), OUTSIDE
    )
    assert isinstance(off, Written)
    on = await change_webhook(pool, new_id, caller, inner, WebhookChanges(state="enabled"), OUTSIDE)
    assert code_of(on) == "identity.scope_missing"


async def test_without_the_scope_nothing_is_shown_or_done(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make()
    inner = made.webhook.inner_id
    without = [scope for scope in Scope if scope is not Scope.WEBHOOKS_WRITE]
    caller = caller_for(hooks.caller.organisation, *without)
    answers: list[object] = [
        await create_webhook(pool, new_id, caller, NEW, OUTSIDE, BOX),
        await change_webhook(pool, new_id, caller, inner, WebhookChanges(), OUTSIDE),
        await rotate_secret(pool, new_id, caller, inner, BOX),
        await send_ping(pool, new_id, caller, inner),
        await redeliver(pool, new_id, caller, inner, new_id()),
        await list_webhooks(pool, caller, Page()),
        await find_webhook(pool, caller, inner),
        await list_deliveries(pool, caller, inner, Page()),
        await list_attempts(pool, caller, inner, Page()),
    ]
    assert {code_of(each) for each in answers} == {"identity.scope_missing"}


async def test_a_strangers_webhook_is_as_one_that_never_was(
    hooks: Hooks, pool: Pool, network: Network
) -> None:
    made = await hooks.make()
    act = (await hooks.happen()).removeprefix("act_")
    await hooks.send(made.webhook)
    caller = caller_for(await network.organisation("stranger"))

    async def answers(inner: Id) -> list[Refusal]:
        found = [
            await change_webhook(pool, new_id, caller, inner, WebhookChanges(), OUTSIDE),
            await rotate_secret(pool, new_id, caller, inner, BOX),
            await send_ping(pool, new_id, caller, inner),
            await redeliver(pool, new_id, caller, inner, act),
            await find_webhook(pool, caller, inner),
            await list_deliveries(pool, caller, inner, Page()),
            await list_attempts(pool, caller, inner, Page()),
        ]
        assert all(isinstance(each, Refusal) for each in found)
        return [each for each in found if isinstance(each, Refusal)]

    never = new_id()
    theirs = str(await answers(made.webhook.inner_id)).replace(made.webhook.inner_id, never)
    assert theirs == str(await answers(never))
    assert await list_webhooks(pool, caller, Page()) == []


async def test_changed_it_is_told_other_things_elsewhere(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make("orders.*")
    inner = made.webhook.inner_id
    changes = WebhookChanges("https://other.example/a", ("stock.*",), "other")
    sent = Sent("k", b"c")
    written = await change_webhook(pool, new_id, hooks.caller, inner, changes, OUTSIDE, sent)
    again = await change_webhook(pool, new_id, hooks.caller, inner, changes, OUTSIDE, sent)
    assert isinstance(written, Written)
    assert isinstance(again, Written)
    assert (again.answer, again.replayed) == (written.answer, True)
    await hooks.happen("orders.placed")
    act = await hooks.happen("stock.received")
    await hooks.send(made.webhook)
    ((url, headers, _),) = hooks.sent
    assert (url, headers["webhook-id"]) == ("https://other.example/a", act)


async def test_switched_off_it_misses_what_happens_and_keeps_what_waited(
    hooks: Hooks, pool: Pool
) -> None:
    made = await hooks.make()
    inner = made.webhook.inner_id
    waited = await hooks.happen()
    await hooks.tell()
    off = WebhookChanges(state="disabled")
    assert isinstance(
        await change_webhook(pool, new_id, hooks.caller, inner, off, OUTSIDE), Written
    )
    await hooks.happen()
    await hooks.send(made.webhook)
    assert hooks.sent == []
    assert (await hooks.webhook(made.webhook)).disabled_reason == "owner"
    assert code_of(await send_ping(pool, new_id, hooks.caller, inner)) == "webhooks.not_enabled"
    on = WebhookChanges(state="enabled")
    assert isinstance(await change_webhook(pool, new_id, hooks.caller, inner, on, OUTSIDE), Written)
    await hooks.send(made.webhook)
    assert [each.headers["webhook-id"] for each in hooks.sent] == [waited]


async def test_deleted_it_is_gone_for_good(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make()
    inner = made.webhook.inner_id
    await hooks.happen()
    await hooks.tell()
    gone = WebhookChanges(state="deleted")
    assert isinstance(
        await change_webhook(pool, new_id, hooks.caller, inner, gone, OUTSIDE), Written
    )
    await hooks.happen()
    await hooks.send(made.webhook)
    assert hooks.sent == []
    assert code_of(await find_webhook(pool, hooks.caller, inner)) == "webhooks.unknown_webhook"
    assert await pool.fetchval("SELECT secret FROM webhooks") == b""
    assert await purge_deliveries(pool) == 1
    assert await pool.fetchval("SELECT state FROM webhook_deliveries") == "parked"


async def test_an_organisation_has_twenty_at_most(hooks: Hooks, pool: Pool) -> None:
    last = [await hooks.make() for _ in range(20)][-1]
    refused = await create_webhook(pool, new_id, hooks.caller, NEW, OUTSIDE, BOX)
    assert code_of(refused) == "webhooks.too_many_webhooks"
    gone = WebhookChanges(state="deleted")
    await change_webhook(pool, new_id, hooks.caller, last.webhook.inner_id, gone, OUTSIDE)
    await hooks.make()
    first = await list_webhooks(pool, hooks.caller, Page(8))
    assert not isinstance(first, Refusal)
    rest = await list_webhooks(pool, hooks.caller, Page(20, (first[7].inner_id,)))
    assert not isinstance(rest, Refusal)
    listed = [each.id for each in (*first[:8], *rest)]
    assert len(listed) == len(set(listed)) == 20


async def test_while_a_secret_rotates_both_verify(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make()
    inner, sent = made.webhook.inner_id, Sent("k", b"c")
    rotated = await rotate_secret(pool, new_id, hooks.caller, inner, BOX, sent=sent)
    assert isinstance(rotated, IssuedWebhook)
    again = await rotate_secret(pool, new_id, hooks.caller, inner, BOX, sent=sent)
    assert again == rotated.webhook
    assert rotated.secret != made.secret
    await hooks.happen()
    await hooks.send(made.webhook)
    both = hooks.sent[-1]
    assert len(both.headers["webhook-signature"].split(" ")) == 2
    for secret in (made.secret, rotated.secret):
        Verifier(secret).verify(both.body, dict(both.headers))
    hooks.wait(hours=25)
    await hooks.happen()
    await hooks.send(made.webhook)
    assert len(hooks.sent[-1].headers["webhook-signature"].split(" ")) == 1
    assert rotated.secret not in str(await acts_of(pool, hooks.caller.organisation))


async def test_a_ping_goes_to_one_webhook_whatever_it_asks_for(hooks: Hooks, pool: Pool) -> None:
    one, other = await hooks.make("settlement.closed"), await hooks.make("*")
    inner, sent = one.webhook.inner_id, Sent("k", b"c")
    first = await send_ping(pool, new_id, hooks.caller, inner, sent)
    again = await send_ping(pool, new_id, hooks.caller, inner, sent)
    assert isinstance(first, Written)
    assert isinstance(again, Written)
    assert (first.answer, again.replayed) == (Ping(one.webhook.id), True)
    await hooks.send(one.webhook)
    await hooks.send(other.webhook)
    (got,) = hooks.sent
    assert got.said["type"] == "webhooks.pinged"
    assert got.said["data"] == {"webhook": one.webhook.id}


async def test_events_are_told_to_who_asks_from_then_on(hooks: Hooks, pool: Pool) -> None:
    await hooks.happen("orders.placed")
    made = {
        name: (await hooks.make(*name.split())).webhook
        for name in ("orders.placed", "orders.*", "stock.* orders.cancelled", "*")
    }
    for event in ("orders.placed", "orders.placed_again", "orders.cancelled", "stock.received"):
        await hooks.happen(event)
    await hooks.happen("request.nothing_changed")
    await hooks.tell()
    told = {
        name: sorted(each.event for each in await hooks.deliveries(webhook))
        for name, webhook in made.items()
    }
    assert told == {
        "orders.placed": ["orders.placed"],
        "orders.*": ["orders.cancelled", "orders.placed", "orders.placed_again"],
        "stock.* orders.cancelled": ["orders.cancelled", "stock.received"],
        "*": ["orders.cancelled", "orders.placed", "orders.placed_again", "stock.received"],
    }
    await pool.execute("UPDATE followers SET seq = 0 WHERE name = 'webhooks'")
    await hooks.tell()
    assert len(await hooks.deliveries(made["*"])) == 4, "read again, nothing is told twice"


async def test_several_processes_tell_everything_once(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make()
    for _ in range(30):
        await hooks.happen()
    await number_events(pool)
    await asyncio.gather(*[tell_webhooks(pool) for _ in range(4)])
    await hooks.tell()
    assert len(await hooks.deliveries(made.webhook)) == 30


async def test_a_delivery_is_sent_again_at_its_owners_word(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make()
    act = await hooks.happen()
    await hooks.send(made.webhook)
    inner, sent = made.webhook.inner_id, Sent("k", b"c")
    asked = await redeliver(pool, new_id, hooks.caller, inner, act.removeprefix("act_"), sent)
    again = await redeliver(pool, new_id, hooks.caller, inner, act.removeprefix("act_"), sent)
    assert isinstance(asked, Written)
    assert isinstance(again, Written)
    assert isinstance(asked.answer, Delivery)
    assert (asked.answer.state, again.replayed) == ("waiting", True)
    await hooks.send(made.webhook)
    assert [each.headers["webhook-id"] for each in hooks.sent] == [act, act]
    assert [each.number for each in await hooks.attempts(made.webhook)] == [1, 2]
    never = await redeliver(pool, new_id, hooks.caller, inner, new_id())
    assert code_of(never) == "webhooks.unknown_delivery"


async def test_its_owner_need_not_wait_until_it_is_tried_again(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make()
    inner = made.webhook.inner_id
    for number in range(3):
        act = await hooks.happen(subject=f"ord_{number}")
        hooks.answers = [Answered(503, 3, 86_400)]
        await hooks.send(made.webhook)
        assert await hooks.round(made.webhook) == 0, "it asked to be left alone for a day"
        if number == 0:
            await redeliver(pool, new_id, hooks.caller, inner, act.removeprefix("act_"))
        elif number == 1:
            await send_ping(pool, new_id, hooks.caller, inner)
            await hooks.tell()
        else:
            elsewhere = WebhookChanges("https://other.example/a")
            await change_webhook(pool, new_id, hooks.caller, inner, elsewhere, OUTSIDE)
            await hooks.happen(subject="ord_3")
            await hooks.tell()
        assert await hooks.round(made.webhook) == 1


async def test_lists_are_read_page_by_page(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make()
    acts = [await hooks.happen(subject=f"ord_{number}") for number in range(7)]
    hooks.answers = [Answered(500, 1), *[Answered(200, 1) for _ in range(6)]]
    await hooks.send(made.webhook)
    inner = made.webhook.inner_id
    seen: list[str] = []
    page = Page(3)
    while True:
        rows = await list_deliveries(pool, hooks.caller, inner, page)
        assert not isinstance(rows, Refusal)
        seen += [row.id for _, row in rows[:3]]
        if len(rows) <= 3:
            break
        seq, last = rows[2]
        page = Page(3, (seq, last.id.removeprefix("act_")))
    assert seen == acts[::-1]
    tries: list[tuple[int, str, int]] = []
    page = Page(3)
    while True:
        found = await list_attempts(pool, hooks.caller, inner, page)
        assert not isinstance(found, Refusal)
        tries += [each.place for each in found[:3]]
        if len(found) <= 3:
            break
        page = Page(3, found[2].place)
    assert len(tries) == len(set(tries)) == 7
    assert tries == sorted(tries, reverse=True)
    waiting = await list_deliveries(pool, hooks.caller, inner, Page(), "waiting")
    assert not isinstance(waiting, Refusal)
    assert len(waiting) == 1


async def test_what_is_due_is_put_into_the_queue_once(
    hooks: Hooks, pool: Pool, database: str, settings: Settings
) -> None:
    made, idle = await hooks.make("orders.*"), await hooks.make("stock.*")
    await hooks.happen("orders.placed")
    await hooks.tell()
    queue = Queue(database, settings)
    try:
        assert await start_deliveries(pool, queue) == 1
        assert await start_deliveries(pool, queue) == 0
        keys = await pool.fetch("SELECT payload FROM pgqueuer")
        organisation = hooks.caller.organisation
        assert [row[0].decode() for row in keys] == [organisation + made.webhook.inner_id]
        assert idle.webhook.inner_id not in str(keys)
    finally:
        await queue.aclose()


async def test_old_deliveries_are_forgotten(hooks: Hooks, pool: Pool) -> None:
    made = await hooks.make()
    await hooks.happen()
    await hooks.send(made.webhook)
    kept = await hooks.happen()
    assert await purge_deliveries(pool) == 0
    await pool.execute(
        "UPDATE webhook_deliveries SET ended_at = ended_at - $1::interval", timedelta(days=31)
    )
    await hooks.tell()
    assert await purge_deliveries(pool) == 1
    assert [each.id for each in await hooks.deliveries(made.webhook)] == [kept]
    assert await hooks.attempts(made.webhook) == []


def test_what_is_shown_holds_no_secret() -> None:
    names = {field.name for field in msgspec.structs.fields(Webhook)}
    assert not {name for name in names if "secret" in name} - {"two_secrets_until"}
