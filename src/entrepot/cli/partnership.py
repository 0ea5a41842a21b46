"""`entrepot partnership`: who shares stock with whom, and on what terms."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

import typer

from entrepot import partnerships
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, the_partnership
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument, decimal_of
from entrepot.infra.writing import Written
from entrepot.kernel import ids
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    Agreement,
    AgreementChanges,
    InvitationPreview,
    IssuedPartnershipInvitation,
    NewPartnershipInvitation,
    Partnership,
    PartnershipInvitation,
)

app = typer.Typer(
    name="partnership", help="Share a wholesaler's stock with retailers.", no_args_is_help=True
)

SharingPolicy: TypeAlias = Literal["all_stock", "allocated_only"]
OnCancel: TypeAlias = Literal["reverse", "keep"]

PartnershipArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="PARTNERSHIP", help="The partner's slug, or the partnership's id.")
]
InviteKeyArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="INVITE_KEY", help="As it was handed over; `-` reads it from standard input."
    ),
]
_ON_OPEN_WEEK = "What a cancellation in the week that goods passed in does to them."
_ON_LATER = "What a later cancellation does to them."
_BUFFER = "What the wholesaler keeps back, in its units."
_CAP = "The most that is offered, in the retailer's units."
_PERCENTAGE = "The price, as a percentage of the wholesale price."

Act: TypeAlias = Callable[..., Awaitable[Written[Partnership] | Refusal]]
"""What either side may do to a partnership."""


@app.command()
@examples(
    "entrepot partnership invite de-groothandel --note 'Winkel Noord'",
    "entrepot partnership invite de-groothandel --policy allocated_only --percentage 85",
)
def invite(  # noqa: PLR0913 - one option for each property of an invitation
    organisation: OrganisationArgument,
    *,
    policy: Annotated[SharingPolicy, typer.Option(help="What may be drawn on.")] = "all_stock",
    buffer: Annotated[Decimal, typer.Option(parser=decimal_of, help=_BUFFER)] = Decimal(0),
    cap: Annotated[Decimal | None, typer.Option(parser=decimal_of, help=_CAP)] = None,
    on_cancel_open_week: Annotated[OnCancel, typer.Option(help=_ON_OPEN_WEEK)] = "reverse",
    on_cancel_later: Annotated[OnCancel, typer.Option(help=_ON_LATER)] = "keep",
    percentage: Annotated[Decimal, typer.Option(parser=decimal_of, help=_PERCENTAGE)] = Decimal(
        100
    ),
    terms: Annotated[str, typer.Option(help="Terms, in words.")] = "",
    note: Annotated[str, typer.Option(help="For whom it is; the retailer does not see it.")] = "",
    time_zone: Annotated[
        str | None,
        typer.Option(help="Where weeks begin on Monday.  [default: the wholesaler's]"),
    ] = None,
    valid_days: Annotated[int, typer.Option(help="How long the invite key holds.")] = 14,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Invite a retailer and print the invite key to hand over, which is shown this once.

    Whoever enters it first is the retailer. A dry run prints no key.
    """
    agreement = Agreement(
        policy, buffer, cap, on_cancel_open_week, on_cancel_later, percentage, terms
    )
    new = NewPartnershipInvitation(agreement, note, time_zone, valid_days)

    async def work(services: Services) -> IssuedPartnershipInvitation:
        caller = await operator_of(services, organisation)
        invited = await partnerships.invite_retailer(
            services.pool, services.desk.new_id, caller, new
        )
        return accepted(invited).answer

    issued = run_command(work, json_wanted=json, dry_run=dry_run)
    key = None if dry_run else issued.invite_key
    if json:
        print_json({"invite_key": key, "invitation": issued.invitation})
        return
    say(f"Whoever enters the key by {issued.invitation.expires_at} shares {policy}.")
    if key is not None:
        say("Hand over this invite key; it is not shown again:")
        typer.echo(key)


@app.command()
@examples(
    "entrepot partnership invitations de-groothandel",
)
def invitations(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List a wholesaler's invitations, newest first, ended ones too; never their keys."""

    async def work(services: Services) -> list[PartnershipInvitation]:
        caller = await operator_of(services, organisation)
        return await every_row(
            lambda page: partnerships.list_partnership_invitations(services.pool, caller, page),
            lambda row: (row.inner_id,),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"invitations": found})
    elif found:
        _print_invitations(found)
    else:
        say("Nobody was invited. `entrepot partnership invite` does.")


@app.command(name="revoke-invitation")
@examples(
    "entrepot partnership revoke-invitation de-groothandel pin_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def revoke_invitation(
    organisation: OrganisationArgument,
    invitation: Annotated[
        str, typer.Argument(help="Its id, as `entrepot partnership invitations` shows it.")
    ],
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Take an invitation back that was not accepted yet."""

    async def work(services: Services) -> PartnershipInvitation:
        caller = await operator_of(services, organisation)
        inner = ids.from_wire(ids.PARTNERSHIP_INVITATION, invitation) or ""
        revoked = await partnerships.revoke_partnership_invitation(
            services.pool, services.desk.new_id, caller, inner
        )
        return accepted(revoked).answer

    revoked = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(revoked)
    else:
        _print_invitations([revoked])


@app.command()
@examples(
    "entrepot partnership preview winkel-noord -",
)
def preview(
    organisation: OrganisationArgument,
    invite_key: InviteKeyArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Show what an invite key offers a retailer; nothing is accepted by it."""
    key = _read_key(invite_key)

    async def work(services: Services) -> InvitationPreview:
        caller = await operator_of(services, organisation)
        return accepted(await partnerships.preview_invitation(services.pool, caller, key))

    shown = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(shown)
        return
    print_table(
        ("wholesaler", "sharing policy", "cap", "price %", "currency", "time zone", "until"),
        [
            (
                f"{shown.wholesaler.name} ({shown.wholesaler.slug})",
                shown.sharing_policy,
                shown.cap,
                shown.price_percentage,
                shown.currency,
                shown.time_zone,
                shown.expires_at,
            )
        ],
    )
    if shown.terms:
        say(shown.terms)


@app.command()
@examples(
    "entrepot partnership accept winkel-noord -",
)
def accept(
    organisation: OrganisationArgument,
    invite_key: InviteKeyArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Use an invite key, once: the partnership begins, and the wholesaler is a supplier."""
    key = _read_key(invite_key)

    async def work(services: Services) -> Partnership:
        caller = await operator_of(services, organisation)
        begun = await partnerships.accept_partnership_invitation(
            services.pool, services.desk.new_id, caller, key
        )
        return accepted(begun).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command(name="list")
@examples(
    "entrepot partnership list de-groothandel",
)
def list_(organisation: OrganisationArgument, *, json: JsonOption = False) -> None:
    """List an organisation's partnerships, on both sides, ended ones too."""

    async def work(services: Services) -> list[Partnership]:
        caller = await operator_of(services, organisation)
        return await every_row(
            lambda page: partnerships.list_partnerships(services.pool, caller, page),
            lambda row: (row.inner_id,),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"partnerships": found})
    elif found:
        _print_partnerships(found)
    else:
        say("There are no partnerships yet. `entrepot partnership invite` begins one.")


@app.command()
@examples(
    "entrepot partnership show winkel-noord de-groothandel --json | jq -r .state",
)
def show(
    organisation: OrganisationArgument,
    partnership: PartnershipArgument,
    *,
    json: JsonOption = False,
) -> None:
    """Show one partnership, as the organisation's side may see it."""

    async def work(services: Services) -> Partnership:
        caller = await operator_of(services, organisation)
        return await the_partnership(services, caller, partnership)

    found = run_command(work, json_wanted=json)
    _print(found, json=json)
    if not json and found.terms:
        say(found.terms)


@app.command()
@examples(
    "entrepot partnership change de-groothandel winkel-noord --policy allocated_only",
    "entrepot partnership change de-groothandel winkel-noord --buffer 5 --no-cap",
)
def change(  # noqa: PLR0913 - one option for each property of a partnership
    organisation: OrganisationArgument,
    partnership: PartnershipArgument,
    *,
    policy: Annotated[SharingPolicy | None, typer.Option(help="What may be drawn on.")] = None,
    buffer: Annotated[Decimal | None, typer.Option(parser=decimal_of, help=_BUFFER)] = None,
    cap: Annotated[Decimal | None, typer.Option(parser=decimal_of, help=_CAP)] = None,
    no_cap: Annotated[bool, typer.Option("--no-cap", help="Take the cap away.")] = False,
    on_cancel_open_week: Annotated[OnCancel | None, typer.Option(help=_ON_OPEN_WEEK)] = None,
    on_cancel_later: Annotated[OnCancel | None, typer.Option(help=_ON_LATER)] = None,
    percentage: Annotated[Decimal | None, typer.Option(parser=decimal_of, help=_PERCENTAGE)] = None,
    terms: Annotated[str | None, typer.Option(help="Terms, in words.")] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Change what a wholesaler offers, from now on; the rest stays. The retailer gets a notice."""
    if cap is not None and no_cap:
        raise typer.BadParameter("A cap is both given and taken away.")
    values: dict[str, object] = {
        "sharing_policy": policy,
        "buffer": buffer,
        "cap": cap,
        "on_cancel_open_week": on_cancel_open_week,
        "on_cancel_later": on_cancel_later,
        "price_percentage": percentage,
        "terms": terms,
    }
    given = {field: value for field, value in values.items() if value is not None}
    if no_cap:
        given["cap"] = None
    changes = AgreementChanges(**given)  # type: ignore[arg-type] # each by its name

    async def work(services: Services) -> Partnership:
        caller = await operator_of(services, organisation)
        found = await the_partnership(services, caller, partnership)
        changed = await partnerships.change_partnership(
            services.pool, services.desk.new_id, caller, found.inner_id, changes
        )
        return accepted(changed).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot partnership pause winkel-noord de-groothandel",
)
def pause(
    organisation: OrganisationArgument,
    partnership: PartnershipArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Offer and pass nothing more until it is resumed; what passed stays, and weeks close."""
    work = _doing(organisation, partnership, partnerships.pause_partnership)
    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot partnership resume winkel-noord de-groothandel",
)
def resume(
    organisation: OrganisationArgument,
    partnership: PartnershipArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Lift the organisation's own pause; while the partner's stands, it stays paused."""
    work = _doing(organisation, partnership, partnerships.resume_partnership)
    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command(name="begin-ending")
@examples(
    "entrepot partnership begin-ending winkel-noord de-groothandel",
)
def begin_ending(
    organisation: OrganisationArgument,
    partnership: PartnershipArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Begin to end a partnership, for good: nothing passes any more, what is open is finished."""
    work = _doing(organisation, partnership, partnerships.begin_ending)
    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


def _doing(
    organisation: str, partnership: str, act: Act
) -> Callable[[Services], Awaitable[Partnership]]:
    """The work of a command that does something to a partnership."""

    async def work(services: Services) -> Partnership:
        caller = await operator_of(services, organisation)
        found = await the_partnership(services, caller, partnership)
        done = await act(services.pool, services.desk.new_id, caller, found.inner_id)
        return accepted(done).answer

    return work


def _read_key(given: str) -> str:
    return sys.stdin.readline().strip() if given == "-" else given


def _print_invitations(found: list[PartnershipInvitation]) -> None:
    print_table(
        ("id", "state", "note", "sharing policy", "until", "partnership"),
        [(i.id, i.state, i.note, i.sharing_policy, i.expires_at, i.partnership) for i in found],
    )


def _print(partnership: Partnership, *, json: bool) -> None:
    if json:
        print_json(partnership)
    else:
        _print_partnerships([partnership])


def _print_partnerships(found: list[Partnership]) -> None:
    print_table(
        ("id", "you are the", "partner", "state", "sharing policy", "buffer", "cap", "price %"),
        [
            (
                p.id,
                p.role,
                p.partner.slug,
                p.state,
                p.sharing_policy,
                p.buffer,
                p.cap,
                p.price_percentage,
            )
            for p in found
        ],
    )
