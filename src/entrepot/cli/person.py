"""`entrepot person`: who of an organisation can log in, and as what."""

from __future__ import annotations

import base64
import sys
from typing import Annotated, Final, TypeAlias

import typer

from entrepot import identity
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument
from entrepot.identity import (
    Colleague,
    ColleagueInvitation,
    IssuedInvitation,
    IssuedReset,
    ListedInvitation,
    ListedSession,
    LogInSession,
    Membership,
    NewInvitation,
    NewPerson,
)
from entrepot.infra.ids import random_bytes
from entrepot.infra.passwords import Passwords
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import RefusedError, refuse

GENERATED_BYTES: Final = 20
"""What a generated password is made from; 32 letters and digits."""

EmailArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.")
]
PersonArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="PERSON", help="The person's e-mail address or id.")
]
RoleOption: TypeAlias = Annotated[
    str, typer.Option(help=f"What they may do: {', '.join(identity.ROLE_SCOPES)}.")
]

app = typer.Typer(
    name="person", help="Look after the people of organisations.", no_args_is_help=True
)


@app.command()
@examples(
    'entrepot person add hub-a ann@example.com --name "Ann" --role owner',
    "pass show entrepot/ann | entrepot person add hub-a ann@example.com --password-stdin",
    "entrepot person add hub-a ann@example.com --generate --json | jq -r .password",
)
def add(  # noqa: PLR0913 - one option for each property of a person
    organisation: OrganisationArgument,
    email: EmailArgument,
    *,
    name: Annotated[
        str, typer.Option(help="Their name.  [default: what stands before the @]")
    ] = "",
    role: RoleOption = "owner",
    language: Annotated[str, typer.Option(help="The language they read: nl or en.")] = "nl",
    time_zone: Annotated[str, typer.Option(help="Where their days begin.")] = "Europe/Amsterdam",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    generate: Annotated[
        bool, typer.Option("--generate", help="Make a password up, and print it this once.")
    ] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make a person who can log in at once; asks for the password on a terminal."""
    password = _chosen_password(from_stdin=password_stdin, generate=generate)
    new = NewPerson(email, name or email.partition("@")[0], role, password, language, time_zone)

    async def work(services: Services) -> Membership:
        caller = await operator_of(services, organisation)
        return accepted(
            await identity.add_person(services.pool, services.desk.new_id, Passwords(), caller, new)
        )

    added = run_command(work, json_wanted=json, dry_run=dry_run)
    told = password if generate and not dry_run else None
    if json:
        print_json({"person": added.person, "email": email, "role": added.role, "password": told})
        return
    say(f"{added.person} ({email}) is {added.role}.")
    if told is not None:
        say("Keep the password now; it is not shown again:")
        typer.echo(told)


@app.command()
@examples(
    "entrepot person invite hub-a bob@example.com --role clerk",
)
def invite(
    organisation: OrganisationArgument,
    email: EmailArgument,
    *,
    role: RoleOption = "reader",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Invite somebody and print the key to hand to them, which is shown this once.

    It holds for 14 days and is used once. A dry run prints no key.
    """

    async def work(services: Services) -> IssuedInvitation:
        caller = await operator_of(services, organisation)
        return accepted(
            await identity.invite_colleague(
                services.pool, services.desk.new_id, caller, NewInvitation(email, role)
            )
        )

    issued = run_command(work, json_wanted=json, dry_run=dry_run)
    key = None if dry_run else issued.key
    if json:
        print_json({"key": key, "invitation": issued.invitation})
        return
    say(f"{email} may join as {role} until {issued.invitation.expires_at}.")
    _tell_key(key)


@app.command(name="list")
@examples(
    "entrepot person list hub-a",
    "entrepot person list hub-a --json | jq -r '.people[].email'",
)
def list_(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List the people of an organisation."""

    async def work(services: Services) -> list[Colleague]:
        caller = await operator_of(services, organisation)
        return await every_row(
            lambda page: identity.list_colleagues(services.pool, caller, page),
            lambda row: (row.id.removeprefix(ids.PERSON),),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"people": found})
    elif found:
        print_table(
            ("id", "e-mail", "name", "role", "since"),
            [(p.id, p.email, p.name, p.role, p.created_at) for p in found],
        )
    else:
        say("There are no people yet. `entrepot person add` makes one.")


@app.command(name="set-role")
@examples(
    "entrepot person set-role hub-a bob@example.com manager",
)
def set_role(
    organisation: OrganisationArgument,
    person: PersonArgument,
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(identity.ROLE_SCOPES)}.")],
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Give a person another role; they have to log in again."""

    async def work(services: Services) -> Membership:
        caller = await operator_of(services, organisation)
        inner = await _the_person(services, caller, person)
        return accepted(
            await identity.change_role(services.pool, services.desk.new_id, caller, inner, role)
        ).answer

    _show_membership(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot person remove hub-a bob@example.com",
)
def remove(
    organisation: OrganisationArgument,
    person: PersonArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Remove a person from an organisation and log them out of it."""

    async def work(services: Services) -> Membership:
        caller = await operator_of(services, organisation)
        inner = await _the_person(services, caller, person)
        return accepted(
            await identity.remove_colleague(services.pool, services.desk.new_id, caller, inner)
        ).answer

    _show_membership(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command(name="reset-password")
@examples(
    "entrepot person reset-password bob@example.com",
)
def reset_password(
    email: EmailArgument, *, dry_run: DryRunOption = False, json: JsonOption = False
) -> None:
    """Print a key by which a person chooses a new password, which is shown this once.

    It holds for a day and is used once. A dry run prints no key.
    """

    async def work(services: Services) -> IssuedReset:
        return accepted(
            await identity.issue_password_reset(services.pool, services.desk.new_id, email)
        )

    issued = run_command(work, json_wanted=json, dry_run=dry_run)
    key = None if dry_run else issued.key
    if json:
        print_json({"key": key, "reset": issued.reset})
        return
    say(f"{email} may choose a new password until {issued.reset.expires_at}.")
    _tell_key(key)


@app.command()
@examples(
    "entrepot person invitations hub-a",
)
def invitations(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List the invitations of colleagues, newest first, ended ones too; never their keys."""

    async def work(services: Services) -> list[ListedInvitation]:
        caller = await operator_of(services, organisation)
        return await every_row(
            lambda page: identity.list_invitations(services.pool, caller, page),
            lambda row: (row.id.removeprefix(ids.COLLEAGUE_INVITATION),),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"invitations": found})
    elif found:
        print_table(
            ("id", "e-mail", "role", "until", "accepted", "revoked"),
            [(i.id, i.email, i.role, i.expires_at, i.accepted_at, i.revoked_at) for i in found],
        )
    else:
        say("Nobody was invited. `entrepot person invite` does.")


@app.command(name="revoke-invitation")
@examples(
    "entrepot person revoke-invitation hub-a cin_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def revoke_invitation(
    organisation: OrganisationArgument,
    invitation: Annotated[
        str, typer.Argument(help="The invitation's id, as `entrepot person invitations` shows it.")
    ],
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Take an invitation back that was not accepted yet."""

    async def work(services: Services) -> ColleagueInvitation:
        caller = await operator_of(services, organisation)
        inner = ids.from_wire(ids.COLLEAGUE_INVITATION, invitation) or ""
        return accepted(
            await identity.revoke_invitation(services.pool, services.desk.new_id, caller, inner)
        ).answer

    revoked = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(revoked)
    else:
        print_table(
            ("id", "role", "until", "revoked"),
            [(revoked.id, revoked.role, revoked.expires_at, revoked.revoked_at)],
        )


@app.command()
@examples(
    "entrepot person sessions hub-a bob@example.com",
)
def sessions(
    organisation: OrganisationArgument, person: PersonArgument, *, json: JsonOption = False
) -> None:
    """List where a person is logged in to an organisation."""

    async def work(services: Services) -> list[ListedSession]:
        caller = await operator_of(services, organisation)
        inner = await _the_person(services, caller, person)
        return await every_row(
            lambda page: identity.list_sessions(services.pool, caller, page, inner),
            lambda row: (row.id.removeprefix(ids.SESSION),),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"sessions": found})
    elif found:
        print_table(
            ("id", "since", "last seen", "address", "program"),
            [(s.id, s.created_at, s.seen_at, s.address, s.program) for s in found],
        )
    else:
        say("They are not logged in.")


@app.command(name="revoke-session")
@examples(
    "entrepot person revoke-session hub-a ses_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def revoke_session(
    organisation: OrganisationArgument,
    session: Annotated[
        str, typer.Argument(help="The session's id, as `entrepot person sessions` shows it.")
    ],
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Log a person out of one of their sessions."""

    async def work(services: Services) -> LogInSession:
        caller = await operator_of(services, organisation)
        inner = ids.from_wire(ids.SESSION, session) or ""
        return accepted(
            await identity.log_out(services.pool, services.desk.new_id, caller, inner)
        ).answer

    revoked = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(revoked)
    else:
        print_table(
            ("id", "person", "since", "revoked"),
            [(revoked.id, revoked.person, revoked.created_at, revoked.revoked_at)],
        )


async def _the_person(services: Services, caller: Caller, email_or_id: str) -> Id:
    """The person of the caller's organisation. Refuses `identity.unknown_person`."""
    found = accepted(await identity.find_colleague(services.pool, caller, email_or_id))
    if found is None:
        raise RefusedError(
            refuse(
                identity.UNKNOWN_PERSON,
                f"There is no {email_or_id} in this organisation. "
                "`entrepot person list` shows who there is.",
                facts={"person": email_or_id},
            )
        )
    return found.id.removeprefix(ids.PERSON)


def _chosen_password(*, from_stdin: bool, generate: bool) -> str:
    """The password to give, which is never an argument: others on the machine could read it."""
    if from_stdin and generate:
        raise typer.BadParameter("Choose --password-stdin or --generate, not both.")
    if generate:
        return base64.b32encode(random_bytes(GENERATED_BYTES)).decode("ascii").lower()
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "There is no terminal to ask for the password; use --password-stdin or --generate."
        )
    answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer


def _tell_key(key: str | None) -> None:
    if key is not None:
        say("Hand them this key; it is not shown again:")
        typer.echo(key)


def _show_membership(member: Membership, *, json: bool) -> None:
    if json:
        print_json(member)
        return
    print_table(
        ("person", "role", "since", "ended"),
        [(member.person, member.role, member.created_at, member.ended_at)],
    )
