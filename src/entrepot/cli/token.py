"""`entrepot token`: what programs of an organisation log in with."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Annotated

import typer

from entrepot import identity
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of
from entrepot.cli.listing import every_row
from entrepot.cli.opening import (
    EVERY_SCOPE,
    DryRunOption,
    accepted,
    run_command,
)
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument
from entrepot.identity import IssuedToken, NewBinding, NewToken, Token
from entrepot.infra.clock import utc_now
from entrepot.infra.issuers import subject_of_client, subject_of_email
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import LOWEST, Page
from entrepot.kernel.refusal import Refusal

DEFAULT_SCOPES = tuple(
    scope.value for scope in Scope if scope not in {Scope.CATALOGUE_WRITE, Scope.ORGANISATION_WRITE}
)

BOUND_SCOPES = tuple(
    scope.value for scope in (Scope.CATALOGUE_READ, Scope.ORDERS_READ, Scope.ORDERS_WRITE)
)
"""What a platform needs to order from producers."""

app = typer.Typer(name="token", help="Issue, bind, list and revoke tokens.", no_args_is_help=True)


@app.command()
@examples(
    'entrepot token issue hub-a --name "web shop"',
    "entrepot token issue hub-a --scope orders:read --scope stock:read --days 90",
    "TOKEN=$(entrepot token issue hub-a)",
)
def issue(
    organisation: OrganisationArgument,
    *,
    name: Annotated[str, typer.Option(help="What it is for, to recognise it by.")] = "token",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help=f"What it may do; give it once for each. One of {', '.join(sorted(EVERY_SCOPE))}."
            f"  [default: {', '.join(DEFAULT_SCOPES)}]"
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=36500, help="Days until it expires.  [default: never]")
    ] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Issue a token and print its secret, which is shown this once.

    A dry run prints no secret, since it would open nothing.
    """
    expires_at = None if days is None else utc_now() + timedelta(days=days)
    new = NewToken(name, tuple(scope or DEFAULT_SCOPES), expires_at)

    async def work(services: Services) -> IssuedToken:
        caller = await operator_of(services, organisation)
        return accepted(
            await identity.issue_token(services.pool, services.desk.new_id, caller, new)
        )

    issued = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json({"secret": None if dry_run else issued.secret, "token": issued.token})
        return
    if dry_run:
        print_tokens([issued.token])
        return
    say(f"{issued.token.id} may {', '.join(issued.token.scopes)}.")
    say("Keep its secret now; it is not shown again:")
    typer.echo(issued.secret)


@app.command()
@examples(
    "entrepot token bind hub-a --issuer https://login.example/realms/food --email shop@hub.example",
    "entrepot token bind hub-a --issuer https://login.example/realms/food --client-id ofn",
)
def bind(
    organisation: OrganisationArgument,
    *,
    issuer: Annotated[
        str, typer.Option(help="The identity provider, as its tokens name it (the claim iss).")
    ],
    email: Annotated[
        str | None, typer.Option(help="Whom its tokens are for: a person, by e-mail address.")
    ] = None,
    client_id: Annotated[
        str | None, typer.Option(help="Or a platform that asks for itself, by its client id.")
    ] = None,
    name: Annotated[str, typer.Option(help="What it is for, to recognise it by.")] = "platform",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it may do at most; give it once for each.  "
            f"[default: {', '.join(BOUND_SCOPES)}]"
        ),
    ] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Let an identity provider's tokens for somebody speak for an organisation, over the DFC door.

    What is bound is listed and revoked as tokens are.
    """
    if (email is None) == (client_id is None):
        raise typer.BadParameter("Give one of --email and --client-id.")
    subject = subject_of_client(client_id or "") if email is None else subject_of_email(email)
    new = NewBinding(name, tuple(scope or BOUND_SCOPES), issuer, subject)

    async def work(services: Services) -> Token:
        caller = await operator_of(services, organisation)
        return accepted(
            await identity.bind_subject(services.pool, services.desk.new_id, caller, new)
        ).answer

    bound = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(bound)
    else:
        print_tokens([bound])


@app.command(name="list")
@examples(
    "entrepot token list hub-a",
)
def list_(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List an organisation's tokens, without their secrets."""

    async def work(services: Services) -> list[Token]:
        caller = await operator_of(services, organisation)

        def read(page: Page) -> Awaitable[list[Token] | Refusal]:
            after = LOWEST if page.after is None else str(page.after[0])
            return identity.list_tokens(services.pool, caller, after, page.limit)

        return await every_row(read, lambda row: (row.id.removeprefix(ids.TOKEN),))

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"tokens": found})
    elif found:
        print_tokens(found)
    else:
        say("There are no tokens yet. `entrepot token issue` makes one.")


@app.command()
@examples(
    "entrepot token revoke hub-a tok_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def revoke(
    organisation: OrganisationArgument,
    token: Annotated[
        str, typer.Argument(help="The token's id, as `entrepot token list` shows it.")
    ],
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Revoke a token from now on."""

    async def work(services: Services) -> Token:
        caller = await operator_of(services, organisation)
        inner = ids.from_wire(ids.TOKEN, token) or ""
        return accepted(
            await identity.revoke_token(services.pool, services.desk.new_id, caller, inner)
        ).answer

    revoked = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(revoked)
    else:
        print_tokens([revoked])


def print_tokens(found: list[Token]) -> None:
    """Print tokens as a table."""
    print_table(
        ("id", "name", "shown", "scopes", "expires", "revoked"),
        [(t.id, t.name, t.shown, " ".join(t.scopes), t.expires_at, t.revoked_at) for t in found],
    )
