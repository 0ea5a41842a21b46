"""`entrepot match`: which goods of a wholesaler are the same as which of a retailer."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, TypeAlias

import typer

from entrepot import catalogue, partnerships
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of, the_partnership, the_supplier, the_variants
from entrepot.cli.listing import every_row, every_stretch
from entrepot.cli.opening import DryRunOption, accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument, decimal_of
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import RefusedError, refuse
from entrepot.partnerships import (
    MatchChanges,
    MatchingDone,
    MatchingOutcome,
    NewMatch,
    Outcome,
    PriceFilter,
    ProductMatch,
)

app = typer.Typer(
    name="match", help="Say which goods of two partners are the same.", no_args_is_help=True
)

RetailerArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="RETAILER", help="The retailer's slug or id.")
]
SupplierArgument: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="SUPPLIER", help="The wholesaler, as the retailer's supplier is named."),
]
PartnershipArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="PARTNERSHIP", help="The partner's slug, or the partnership's id.")
]
MatchArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="MATCH", help="Its id, as `entrepot match list` says it.")
]

_WORDS: Final = {
    "matched": "matched now",
    "suggested": "suggested by equal codes or an earlier match: confirm by hand",
    "already_matched": "matched already",
    "none": "no counterpart",
    "ambiguous_here": "several of yours have equal codes",
    "ambiguous_there": "several of the wholesaler's have equal codes",
    "inactive": "the wholesaler's is not active",
    "unit_mismatch": "the same GTIN in another unit",
}


@app.command()
@examples(
    "entrepot match wholesale winkel-noord 'De Groothandel'",
)
def wholesale(
    retailer: RetailerArgument,
    supplier: SupplierArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Match all of a retailer's variants that a wholesaler has, by GTIN."""

    async def work(services: Services) -> MatchingDone:
        caller = await operator_of(services, retailer)
        found = await the_supplier(services, caller, supplier)
        done = await partnerships.match_wholesale(
            services.pool, services.desk.new_id, caller, found.inner_id
        )
        return accepted(done).answer

    done = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(done)
        return
    print_table(
        ("variants", "outcome"), [(getattr(done, name), says) for name, says in _WORDS.items()]
    )
    say("`entrepot match outcomes` names the variants of each kind.")


@app.command()
@examples(
    "entrepot match outcomes winkel-noord 'De Groothandel' --outcome suggested",
)
def outcomes(
    retailer: RetailerArgument,
    supplier: SupplierArgument,
    *,
    outcome: Annotated[
        Outcome | None, typer.Option(help="Only the variants with this outcome.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show what matching makes of each of a retailer's active variants, as things are now."""

    async def work(services: Services) -> list[MatchingOutcome]:
        caller = await operator_of(services, retailer)
        found = await the_supplier(services, caller, supplier)
        return await every_stretch(
            lambda page: partnerships.list_matching(
                services.pool, caller, found.inner_id, page, outcome
            )
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"outcomes": found})
    elif found:
        print_table(
            ("sku", "name", "outcome", "wholesaler's sku", "wholesaler's name", "factor"),
            [
                (
                    each.variant.sku,
                    each.variant.name,
                    each.outcome,
                    each.candidate and each.candidate.sku,
                    each.candidate and each.candidate.name,
                    each.factor,
                )
                for each in found
            ],
        )
    else:
        say("There are no such variants.")


@app.command()
@examples(
    "entrepot match make winkel-noord de-groothandel MUG-BLUE 4711",
    "entrepot match make winkel-noord de-groothandel MUG-CRATE 4711 --factor 12",
)
def make(
    retailer: RetailerArgument,
    partnership: PartnershipArgument,
    sku: Annotated[str, typer.Argument(metavar="SKU", help="The retailer's variant.")],
    wholesaler_sku: Annotated[
        str, typer.Argument(metavar="WHOLESALER_SKU", help="The wholesaler's variant.")
    ],
    *,
    factor: Annotated[
        int, typer.Option(help="So many of the wholesaler's units make one of the retailer's.")
    ] = 1,
    rank: Annotated[
        int | None,
        typer.Option(help="Partners with a lower rank serve first.  [default: as before, or 0]"),
    ] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Match two variants by hand."""

    async def work(services: Services) -> ProductMatch:
        caller = await operator_of(services, retailer)
        found = (await the_partnership(services, caller, partnership)).inner_id
        variant = (await the_variants(services, caller, [sku]))[sku].inner_id
        theirs = await _offered(services, caller, found, wholesaler_sku)
        new = NewMatch(found, variant, theirs, factor, rank)
        made = await partnerships.match_by_hand(services.pool, services.desk.new_id, caller, new)
        return accepted(made).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command(name="list")
@examples(
    "entrepot match list winkel-noord de-groothandel",
)
def list_(
    organisation: OrganisationArgument,
    partnership: PartnershipArgument,
    *,
    ended: Annotated[bool, typer.Option("--ended", help="Also those that have ended.")] = False,
    json: JsonOption = False,
) -> None:
    """List the matches of a partnership, with the reason why one does not count."""

    async def work(services: Services) -> list[ProductMatch]:
        caller = await operator_of(services, organisation)
        found = (await the_partnership(services, caller, partnership)).inner_id
        return await every_row(
            lambda page: partnerships.list_matches(
                services.pool, caller, found, page, ended_too=ended
            ),
            lambda row: (row.variant.id.removeprefix(ids.VARIANT), row.inner_id),
        )

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"matches": found})
    elif found:
        print_matches(found)
    else:
        say("Nothing is matched yet. `entrepot match wholesale` matches by GTIN.")


@app.command()
@examples(
    "entrepot match change winkel-noord mch_0192f0c1a1b2c3d4e5f60718293a4b5c --rank 1",
    "entrepot match change de-groothandel mch_0192f0c1a1b2c3d4e5f60718293a4b5c --buffer 5 --no-cap",
)
def change(  # noqa: PLR0913 - one option for each term of a match
    organisation: OrganisationArgument,
    match: MatchArgument,
    *,
    rank: Annotated[
        int | None, typer.Option(help="The retailer's: a lower rank serves first.")
    ] = None,
    buffer: Annotated[
        Decimal | None,
        typer.Option(parser=decimal_of, help="The wholesaler's: kept back, in its units."),
    ] = None,
    no_buffer: Annotated[
        bool, typer.Option("--no-buffer", help="The partnership's buffer holds again.")
    ] = False,
    cap: Annotated[
        Decimal | None,
        typer.Option(
            parser=decimal_of, help="The wholesaler's: offered at most, retailer's units."
        ),
    ] = None,
    no_cap: Annotated[
        bool, typer.Option("--no-cap", help="The partnership's cap holds again.")
    ] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Change what is given of a match's terms; each side changes its own."""
    if (buffer is not None and no_buffer) or (cap is not None and no_cap):
        raise typer.BadParameter("A buffer or cap is both given and taken away.")
    values = {"rank": rank, "buffer": buffer, "cap": cap}
    given: dict[str, object] = {name: value for name, value in values.items() if value is not None}
    given |= {name: None for name, gone in (("buffer", no_buffer), ("cap", no_cap)) if gone}
    changes = MatchChanges(**given)  # type: ignore[arg-type] # each by its name

    async def work(services: Services) -> ProductMatch:
        caller = await operator_of(services, organisation)
        changed = await partnerships.change_match(
            services.pool, services.desk.new_id, caller, _match_id(match), changes
        )
        return accepted(changed).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


@app.command()
@examples(
    "entrepot match end winkel-noord mch_0192f0c1a1b2c3d4e5f60718293a4b5c",
)
def end(
    organisation: OrganisationArgument,
    match: MatchArgument,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """End a match from either side; what passed by it stays where it is."""

    async def work(services: Services) -> ProductMatch:
        caller = await operator_of(services, organisation)
        ended = await partnerships.end_match(
            services.pool, services.desk.new_id, caller, _match_id(match)
        )
        return accepted(ended).answer

    _print(run_command(work, json_wanted=json, dry_run=dry_run), json=json)


async def _offered(services: Services, caller: Caller, partnership: Id, sku: str) -> Id:
    """The wholesaler's variant with this sku. Refuses `catalogue.unknown_variant`."""
    found = accepted(
        await partnerships.list_prices(
            services.pool, caller, partnership, Page(1), PriceFilter(sku=sku)
        )
    )
    if not found.rows:
        raise RefusedError(
            refuse(
                catalogue.UNKNOWN_VARIANT,
                f"The wholesaler has no active variant {sku}. "
                "`entrepot price list` shows those there are.",
                facts={"sku": sku},
            )
        )
    return found.rows[0].variant.removeprefix(ids.VARIANT)


def _match_id(text: str) -> Id:
    """Read a match's wire id; "" when it is none."""
    return ids.from_wire(ids.PRODUCT_MATCH, text) or ""


def _print(match: ProductMatch, *, json: bool) -> None:
    if json:
        print_json(match)
    else:
        print_matches([match])


def print_matches(found: list[ProductMatch]) -> None:
    """Print matches as a table."""
    print_table(
        ("match", "sku", "wholesaler's sku", "factor", "rank", "buffer", "cap", "state", "reason"),
        [
            (
                each.id,
                each.variant.sku,
                each.wholesaler_variant.sku,
                each.factor,
                each.rank,
                each.buffer,
                each.cap,
                each.state,
                each.reason,
            )
            for each in found
        ],
    )
