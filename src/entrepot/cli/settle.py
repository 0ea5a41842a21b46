"""`entrepot settle`: closes weeks of partnerships and writes their settlements."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date, datetime
from typing import Annotated

import msgspec
import typer

from entrepot import settlement
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, operator_for, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.progress import Tell, showing_progress
from entrepot.cli.reading import moment_of
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.kernel import ids
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import RefusedError, refuse
from entrepot.kernel.weeks import read_week, week_label
from entrepot.settlement import Settlement, ToSettle


class Settled(msgspec.Struct, frozen=True):
    """What settling did to one partnership, and the settlement orders that it wrote."""

    partnership: str
    closed_through: str
    newly_closed: int
    settlements: list[Settlement]


@examples(
    "entrepot settle",
    "entrepot settle --week 2026-W12",
    "entrepot settle --as-of 2026-12-07T00:00:00+01:00",
    "entrepot settle --partnership pts_0192f0c1a1b2c3d4e5f60718293a4b5c --dry-run",
)
def settle(
    *,
    partnership: Annotated[
        str | None, typer.Option(help="Only this partnership, by its id.  [default: all]")
    ] = None,
    week: Annotated[
        str | None,
        typer.Option(help="Close through this week only.  [default: all that are over]"),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            parser=moment_of,
            metavar="MOMENT",
            help="For trials: settle as if it were this moment.  [default: now]",
        ),
    ] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Close weeks of partnerships and write their settlements.

    A worker does this as each week ends; late is as good. What was closed before and not written
    is written too. `--as-of` lets a trial see a week closed before it is over: what moves later in
    that week is then settled in the next one, for a week that is closed stays so.
    """
    through = None if week is None else _week(week)

    with showing_progress() as tell:

        async def work(services: Services) -> list[Settled]:
            return await _settle_all(services, partnership, through, as_of, tell)

        done = run_command(work, json_wanted=json, dry_run=dry_run)
    if as_of is not None and not dry_run:
        say(
            f"Settled as if it were {as_of.isoformat()}. What moves from now on in a week that is"
            " closed is settled in the next one."
        )
    if json:
        print_json({"settled": done})
        return
    documents = [each for settled in done for each in settled.settlements]
    say(f"{len(done)} partnerships looked at, {len(documents)} settlements written.")
    if documents:
        print_settlements(documents)


async def _settle_all(
    services: Services,
    partnership: str | None,
    through: date | None,
    as_of: datetime | None,
    tell: Tell,
) -> list[Settled]:
    """Settle the partnership that is named, or all that have not ended."""
    if partnership is not None:
        inner = ids.from_wire(ids.PARTNERSHIP, partnership) or ""
        named = accepted(await settlement.find_partnership_to_settle(services.pool, inner))
        _check_as_of([named], as_of)
        return [await _settle_one(services, named, through, as_of)]
    found = await _open_partnerships(services, through)
    if through is not None and not found:
        raise RefusedError(
            refuse(
                settlement.WEEK_CLOSED,
                "Every partnership is closed through that week already.",
                field="week",
            )
        )
    _check_as_of(found, as_of)
    done = []
    for number, each in enumerate(found, start=1):
        done.append(await _settle_one(services, each, through, as_of))
        tell("partnerships", number, len(found))
    return done


def _check_as_of(found: list[ToSettle], as_of: datetime | None) -> None:
    """Refuse a moment at which a week was still open that is closed: closed weeks stay closed."""
    if as_of is None:
        return
    for each in found:
        if each.last_over(as_of) < each.closed_through:
            closed = week_label(each.closed_through)
            raise RefusedError(
                refuse(
                    settlement.WEEK_CLOSED,
                    f"The weeks through {closed} are closed already, and at that moment this one"
                    " was not over. Name a later moment.",
                    field="as_of",
                    facts={
                        "partnership": ids.PARTNERSHIP + each.id,
                        "closed_through": closed,
                    },
                )
            )


async def _open_partnerships(services: Services, through: date | None) -> list[ToSettle]:
    """Partnerships that are not closed through a week; through any, without one."""

    def read(page: Page) -> Awaitable[list[ToSettle]]:
        return settlement.list_partnerships_to_settle(services.pool, through or date.max, page)

    return await every_row(read, lambda row: (row.id,))


async def _settle_one(
    services: Services, found: ToSettle, through: date | None, as_of: datetime | None
) -> Settled:
    """Close one partnership's weeks and write its documents."""
    caller, partnership = operator_for(found.wholesaler), found.id
    moment: Moment = by_the_clock if as_of is None else lambda _: as_of
    pool, new_id = services.pool, services.desk.new_id
    closed = accepted(
        await settlement.close_weeks(pool, new_id, caller, partnership, through, moment)
    ).answer
    documents = accepted(
        await settlement.write_settlements(pool, new_id, caller, partnership, moment)
    )
    return Settled(closed.partnership, closed.closed_through, closed.newly_closed, documents)


def print_settlements(found: list[Settlement]) -> None:
    """Print settlements as a table; a total in units of the currency, where there is one."""
    print_table(
        ("week", "id", "face", "partner", "lines", "ex VAT", "VAT", "state", "partner says"),
        [
            (
                each.week,
                each.id,
                each.face,
                each.partner_name,
                each.lines,
                amount_text(each.net_minor, each.minor_digits, each.currency),
                amount_text(each.vat_minor, each.minor_digits, each.currency),
                each.state,
                each.partner_answer.state,
            )
            for each in found
        ],
    )


def amount_text(minor: int | None, digits: int, currency: str) -> str | None:
    """Write an amount of minor units as people do: `-12.50 EUR`."""
    if minor is None:
        return None
    text = f"{abs(minor):0{digits + 1}d}"
    whole = f"{text[:-digits]}.{text[-digits:]}" if digits else text
    return f"{'-' if minor < 0 else ''}{whole} {currency}"


def _week(text: str) -> date:
    week = read_week(text)
    if week is None:
        raise typer.BadParameter(f"{text!r} is not a week such as 2026-W12.")
    return week
