"""`entrepot webhook`: who is told what happened, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from msgspec import UNSET

from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument
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
from entrepot.infra.outgoing import open_guard
from entrepot.infra.secrets import open_box
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal, RefusedError

WebhookArgument = Annotated[
    str,
    typer.Argument(metavar="WEBHOOK", help="Its id, as `entrepot webhook list` shows it."),
]

ATTEMPTS_SHOWN_MAX = 1000

app = typer.Typer(
    name="webhook",
    help="Make, list, change and try out what is told to other programs.",
    no_args_is_help=True,
)


@app.command()
@examples(
    "entrepot webhook create hub-a https://shop.example/hook --event 'orders.*'",
    "entrepot webhook create hub-a https://shop.example/hook --event stock.availability_changed",
)
def create(
    organisation: OrganisationArgument,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to send to; https only.")],
    *,
    event: Annotated[
        list[str] | None,
        typer.Option(help="What to tell, such as orders.placed or orders.*.  [default: *]"),
    ] = None,
    description: Annotated[str, typer.Option(help="To recognise it by.")] = "",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make a webhook and print its secret, which is shown this once.

    A dry run prints no secret, since nothing would be signed with it.
    """
    new = NewWebhook(url, tuple(event or ("*",)), description)

    async def work(services: Services) -> IssuedWebhook:
        made = await webhooks.create_webhook(
            services.pool,
            services.desk.new_id,
            await _caller(services, organisation),
            new,
            open_guard(services.settings),
            open_box(services.settings),
        )
        return _issued(made)

    _print_issued(run_command(work, json_wanted=json, dry_run=dry_run), json=json, dry_run=dry_run)


@app.command()
@examples(
    "entrepot webhook change hub-a whk_0192f0c1a1b2c3d4e5f60718293a4b5c --disable",
    "entrepot webhook change hub-a whk_0192f0c1a1b2c3d4e5f60718293a4b5c --event 'stock.*'",
)
def change(
    organisation: OrganisationArgument,
    webhook: WebhookArgument,
    *,
    url: Annotated[str | None, typer.Option(help="Another URL.")] = None,
    event: Annotated[
        list[str] | None, typer.Option(help="What to tell instead; give it once for each.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="Another description.")] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Switch it on or off.")
    ] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Change what is given of a webhook; the rest stays as it is."""
    changes = WebhookChanges(
        UNSET if url is None else url,
        UNSET if not event else tuple(event),
        UNSET if description is None else description,
        UNSET if enabled is None else ("enabled" if enabled else "disabled"),
    )
    _change(organisation, webhook, changes, json=json, dry_run=dry_run)


@app.command()
@examples("entrepot webhook delete hub-a whk_0192f0c1a1b2c3d4e5f60718293a4b5c")
def delete(
    organisation: OrganisationArgument,
    webhook: WebhookArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Delete a webhook for good; what waits for it is not sent."""
    changes = WebhookChanges(state="deleted")
    _change(organisation, webhook, changes, json=json, dry_run=dry_run)


@app.command(name="rotate-secret")
@examples("entrepot webhook rotate-secret hub-a whk_0192f0c1a1b2c3d4e5f60718293a4b5c")
def rotate_secret(
    organisation: OrganisationArgument,
    webhook: WebhookArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Give a webhook a new secret and print it, which is shown this once.

    For 24 hours deliveries are signed with both the new and the old one. A dry run prints none.
    """

    async def work(services: Services) -> IssuedWebhook:
        rotated = await webhooks.rotate_secret(
            services.pool,
            services.desk.new_id,
            await _caller(services, organisation),
            _inner(webhook),
            open_box(services.settings),
        )
        return _issued(rotated)

    _print_issued(run_command(work, json_wanted=json, dry_run=dry_run), json=json, dry_run=dry_run)


@app.command(name="list")
@examples("entrepot webhook list hub-a")
def list_(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List an organisation's webhooks and how they fare."""

    async def work(services: Services) -> list[Webhook]:
        caller = await _caller(services, organisation)
        return await every_row(
            lambda page: webhooks.list_webhooks(services.pool, caller, page),
            lambda row: (row.inner_id,),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"webhooks": found})
    elif found:
        print_webhooks(found)
    else:
        say("There are no webhooks yet. `entrepot webhook create` makes one.")


@app.command()
@examples("entrepot webhook attempts hub-a whk_0192f0c1a1b2c3d4e5f60718293a4b5c --limit 20")
def attempts(
    organisation: OrganisationArgument,
    webhook: WebhookArgument,
    *,
    limit: Annotated[
        int, typer.Option(min=1, max=ATTEMPTS_SHOWN_MAX, help="How many to show.")
    ] = 50,
    json: JsonOption = False,
) -> None:
    """List the last tries to tell a webhook something, the newest first."""

    async def work(services: Services) -> list[Attempt]:
        caller = await _caller(services, organisation)
        rows = await webhooks.list_attempts(services.pool, caller, _inner(webhook), Page(limit))
        return list(accepted(rows)[:limit])

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"attempts": found})
    elif found:
        print_table(
            ("delivery", "try", "at", "ms", "status", "error"),
            [(a.delivery, a.number, a.at, a.milliseconds, a.status, a.error) for a in found],
        )
    else:
        say("Nothing was sent to it in the last 30 days.")


@app.command()
@examples("entrepot webhook ping hub-a whk_0192f0c1a1b2c3d4e5f60718293a4b5c")
def ping(
    organisation: OrganisationArgument,
    webhook: WebhookArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Send a test delivery to one webhook; a running worker sends it."""

    async def work(services: Services) -> Ping:
        caller = await _caller(services, organisation)
        sent = await webhooks.send_ping(
            services.pool, services.desk.new_id, caller, _inner(webhook)
        )
        return accepted(sent).answer

    sent = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(sent)
    else:
        say(f"{sent.webhook} is told webhooks.pinged; `entrepot webhook attempts` shows how.")


@app.command()
@examples(
    "entrepot webhook redeliver hub-a whk_0192f0c1a1b2c3d4e5f60718293a4b5c"
    " act_0192f0c1a1b2c3d4e5f60718293a4b5d"
)
def redeliver(
    organisation: OrganisationArgument,
    webhook: WebhookArgument,
    delivery: Annotated[
        str,
        typer.Argument(metavar="DELIVERY", help="Its id, as `entrepot webhook attempts` shows it."),
    ],
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Send a delivery again, whatever became of it."""

    async def work(services: Services) -> Delivery:
        caller = await _caller(services, organisation)
        act = ids.from_wire(ids.ACT, delivery) or ""
        again = await webhooks.redeliver(
            services.pool, services.desk.new_id, caller, _inner(webhook), act
        )
        return accepted(again).answer

    again = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(again)
    else:
        print_table(
            ("delivery", "event", "subject", "state", "next try"),
            [(again.id, again.event, again.subject, again.state, again.next_try_at)],
        )


def told_to(webhook: Webhook) -> Sequence[str]:
    """What a webhook is told: events, or of which objects."""
    if webhook.graphql is None:
        return webhook.events
    return (f"{webhook.graphql.told_of}.{webhook.graphql.event_name or '*'}",)


def print_webhooks(found: list[Webhook]) -> None:
    """Print webhooks as a table."""
    print_table(
        ("id", "url", "events", "state", "failures", "last success", "next try"),
        [
            (
                each.id,
                each.url,
                " ".join(told_to(each)),
                each.state if each.disabled_reason is None else f"off: {each.disabled_reason}",
                each.consecutive_failures,
                each.last_success_at,
                each.next_try_at,
            )
            for each in found
        ],
    )


def _change(
    organisation: str, webhook: str, changes: WebhookChanges, *, json: bool, dry_run: bool
) -> None:
    async def work(services: Services) -> Webhook:
        changed = await webhooks.change_webhook(
            services.pool,
            services.desk.new_id,
            await _caller(services, organisation),
            _inner(webhook),
            changes,
            open_guard(services.settings),
        )
        return accepted(changed).answer

    changed = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(changed)
    else:
        print_webhooks([changed])


async def _caller(services: Services, organisation: str) -> Caller:
    return await operator_of(services, organisation)


def _inner(webhook: str) -> Id:
    return ids.from_wire(ids.WEBHOOK, webhook) or ""


def _issued(answer: IssuedWebhook | Webhook | Refusal) -> IssuedWebhook:
    if isinstance(answer, Refusal):
        raise RefusedError(answer)
    assert isinstance(answer, IssuedWebhook), "a command has no key to send again"
    return answer


def _print_issued(issued: IssuedWebhook, *, json: bool, dry_run: bool) -> None:
    if json:
        print_json({"secret": None if dry_run else issued.secret, "webhook": issued.webhook})
        return
    if dry_run:
        print_webhooks([issued.webhook])
        return
    say(f"{issued.webhook.id} is told {' '.join(issued.webhook.events)}.")
    say("Keep its secret now; it is not shown again:")
    typer.echo(issued.secret)
