"""`entrepot settlement`: what passed between partners by the week, and how a partnership ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import typer

from entrepot import settlement
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, the_partnership
from entrepot.cli.listing import every_row
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument
from entrepot.cli.settle import amount_text, print_settlements
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.settlement import (
    EndedPartnership,
    EndingChecklist,
    OpenSettlement,
    SettledTransfer,
    Settlement,
    SettlementFilter,
    SettlementLine,
)

app = typer.Typer(
    name="settlement", help="Read and answer settlements, end partnerships.", no_args_is_help=True
)

Face: TypeAlias = Literal["order", "inbound"]
State: TypeAlias = Literal["closed", "acknowledged", "disputed"]

SettlementArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="SETTLEMENT", help="Its id, as `entrepot settlement list` says it.")
]
PartnershipArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="PARTNERSHIP", help="The partner's slug, or the partnership's id.")
]


@app.command(name="list")
@examples(
    "entrepot settlement list winkel-noord",
    "entrepot settlement list de-groothandel --face order --state disputed",
)
def list_(
    organisation: OrganisationArgument,
    *,
    partnership: Annotated[
        str | None, typer.Option(help="Only those of this partner (slug) or partnership (id).")
    ] = None,
    face: Annotated[
        Face | None, typer.Option(help="As the wholesaler (order) or as the retailer (inbound).")
    ] = None,
    state: Annotated[State | None, typer.Option(help="Only these.")] = None,
    json: JsonOption = False,
) -> None:
    """List an organisation's settlements, the newest week first."""

    async def work(services: Services) -> list[Settlement]:
        caller = await operator_of(services, organisation)
        inner = None
        if partnership is not None:
            inner = (await the_partnership(services, caller, partnership)).inner_id
        wanted = SettlementFilter(inner, face, state)
        return await every_row(
            lambda page: settlement.list_settlements(services.pool, caller, page, wanted),
            lambda row: (row.monday.isoformat(), row.inner_id),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"settlements": found})
    elif found:
        print_settlements(found)
    else:
        say("There are no such settlements. A week in which nothing moved has none.")


@app.command()
@examples(
    "entrepot settlement show winkel-noord stl_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def show(
    organisation: OrganisationArgument, document: SettlementArgument, *, json: JsonOption = False
) -> None:
    """Show one settlement with its lines, in the organisation's own units."""

    async def work(services: Services) -> tuple[Settlement, list[SettlementLine]]:
        caller = await operator_of(services, organisation)
        inner = _settlement_id(document)
        found = accepted(await settlement.find_settlement(services.pool, caller, inner))
        lines = await every_row(
            lambda page: settlement.list_lines(services.pool, caller, inner, page),
            lambda row: (row.line or 0,),
        )
        return found, lines

    found, lines = run_command(work, json_wanted=json)
    if json:
        print_json({"settlement": found, "lines": lines})
        return
    print_settlements([found])
    _print_lines(lines)


@app.command(name="open")
@examples(
    "entrepot settlement open winkel-noord de-groothandel",
    "entrepot settlement open winkel-noord de-groothandel --week 2026-W12",
)
def open_(
    organisation: OrganisationArgument,
    partnership: PartnershipArgument,
    *,
    week: Annotated[
        str | None, typer.Option(help="Which week.  [default: the first with movement]")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show a week that is not closed, as it stands now."""

    async def work(services: Services) -> tuple[OpenSettlement, list[SettlementLine]]:
        caller = await operator_of(services, organisation)
        inner = (await the_partnership(services, caller, partnership)).inner_id
        found = accepted(await settlement.find_open_settlement(services.pool, caller, inner, week))
        lines = await every_row(
            lambda page: settlement.list_open_lines(services.pool, caller, inner, found.week, page),
            lambda row: row[0].key,
        )
        return found, sorted((line for _, line in lines), key=lambda line: line.sku)

    found, lines = run_command(work, json_wanted=json)
    if json:
        print_json({"settlement": found, "lines": lines})
        return
    total = amount_text(found.net_minor, found.minor_digits, found.currency) or "no total"
    say(f"{found.week} with {found.partner_name}, open until {found.ends_at}: {total} ex VAT.")
    _print_lines(lines)


@app.command()
@examples(
    "entrepot settlement transfers winkel-noord stl_0192f0c1a1b2c3d4e5f60718293a4b5c 1",
)
def transfers(
    organisation: OrganisationArgument,
    document: SettlementArgument,
    line: Annotated[int, typer.Argument(metavar="LINE", min=1, help="The line's number.")],
    *,
    json: JsonOption = False,
) -> None:
    """List the transfers and reversals behind a line of a settlement, oldest first."""

    async def work(services: Services) -> list[SettledTransfer]:
        caller = await operator_of(services, organisation)
        inner = _settlement_id(document)
        return await every_row(
            lambda page: settlement.list_line_transfers(services.pool, caller, inner, line, page),
            lambda row: (row.inner_id,),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"transfers": found})
        return
    print_table(
        ("at", "id", "quantity", "unit price", "reverses", "of week", "order", "order mark"),
        [
            (
                each.at,
                each.id,
                each.quantity,
                each.unit_price,
                each.reverses,
                each.reverses_week,
                each.reference,
                each.order_mark,
            )
            for each in found
        ],
    )


@app.command()
@examples(
    "entrepot settlement acknowledge winkel-noord stl_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def acknowledge(
    organisation: OrganisationArgument,
    document: SettlementArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Say that a settlement is right, for good."""

    async def work(services: Services) -> Settlement:
        caller = await operator_of(services, organisation)
        return accepted(
            await settlement.acknowledge_settlement(
                services.pool, services.desk.new_id, caller, _settlement_id(document)
            )
        ).answer

    _print_answered(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot settlement dispute winkel-noord stl_0192f0c1a1b2c3d4e5f60718293a4b5c"
    " --reason 'Line 3: two of the ten mugs came back.'",
)
def dispute(
    organisation: OrganisationArgument,
    document: SettlementArgument,
    *,
    reason: Annotated[str, typer.Option(help="What is wrong, for the partner to read.")],
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Say what is wrong with a settlement; the partner gets a notice."""

    async def work(services: Services) -> Settlement:
        caller = await operator_of(services, organisation)
        return accepted(
            await settlement.dispute_settlement(
                services.pool, services.desk.new_id, caller, _settlement_id(document), reason
            )
        ).answer

    _print_answered(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot settlement checklist winkel-noord de-groothandel",
)
def checklist(
    organisation: OrganisationArgument,
    partnership: PartnershipArgument,
    *,
    json: JsonOption = False,
) -> None:
    """Show what is open before a partnership can end."""

    async def work(services: Services) -> EndingChecklist:
        caller = await operator_of(services, organisation)
        inner = (await the_partnership(services, caller, partnership)).inner_id
        return accepted(await settlement.ending_checklist(services.pool, caller, inner))

    found = run_command(work, json_wanted=json)
    if json:
        print_json(found)
        return
    print_table(
        ("what", "count", "units", "in the way"),
        [
            (
                "open allocations",
                found.open_allocations,
                found.allocated_units,
                found.open_allocations > 0,
            ),
            (
                "order lines that may be reversed",
                found.reversible_lines,
                found.reversible_units,
                found.reversible_lines > 0,
            ),
            ("disputed settlements", found.disputed, None, False),
            ("unanswered settlements", found.unanswered, None, False),
        ],
    )
    say("It can end now." if found.may_end else f"It cannot end now; it is {found.state}.")


@app.command(name="end-partnership")
@examples(
    "entrepot settlement end-partnership winkel-noord de-groothandel --dry-run",
)
def end_partnership(
    organisation: OrganisationArgument,
    partnership: PartnershipArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """End a partnership that is ending, and settle every week of it."""

    async def work(services: Services) -> EndedPartnership:
        caller = await operator_of(services, organisation)
        inner = (await the_partnership(services, caller, partnership)).inner_id
        return accepted(
            await settlement.end_partnership(services.pool, services.desk.new_id, caller, inner)
        ).answer

    ended = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(ended)
    else:
        print_table(
            ("partnership", "state", "closed through"),
            [(ended.partnership, ended.state, ended.closed_through)],
        )


def _settlement_id(text: str) -> Id:
    """Read a settlement's wire id; "" when it is none."""
    return ids.from_wire(ids.SETTLEMENT, text) or ""


def _print_answered(found: Settlement, *, json: bool) -> None:
    if json:
        print_json(found)
    else:
        print_settlements([found])


def _print_lines(lines: Sequence[SettlementLine]) -> None:
    """Print lines as a table, as one side counts and prices them."""
    print_table(
        (
            "line",
            "sku",
            "name",
            "partner's sku",
            "transferred",
            "reversed",
            "net",
            "unit price",
            "VAT %",
            "amount",
        ),
        [
            (
                each.line,
                each.sku,
                each.name,
                each.partner_sku,
                each.transferred,
                each.reversed,
                each.net,
                each.unit_price,
                each.vat_rate,
                each.amount,
            )
            for each in lines
        ],
    )
