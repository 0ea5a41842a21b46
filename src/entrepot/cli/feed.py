"""`entrepot feed`: what an organisation's shops were told they can promise."""

from __future__ import annotations

from typing import Annotated

import typer

from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of
from entrepot.cli.opening import accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.reading import OrganisationArgument
from entrepot.connectors import feed
from entrepot.connectors.feed import FeedPart, PublishedNumber

app = typer.Typer(
    name="feed", help="Show what shops were told they can promise.", no_args_is_help=True
)

NUMBERS_AT_ONCE = 1000


@app.command(name="list")
@examples(
    "entrepot feed list winkel-noord",
    "entrepot feed list winkel-noord --after 1200 --json",
)
def list_(
    organisation: OrganisationArgument,
    *,
    after: Annotated[
        int, typer.Option(min=0, help="Only what was published after this place.")
    ] = 0,
    json: JsonOption = False,
) -> None:
    """List the latest number of each variant that was published, oldest first.

    With --json it ends with the place of the last, to go on from.
    """

    async def work(services: Services) -> FeedPart:
        caller = await operator_of(services, organisation)
        numbers: list[PublishedNumber] = []
        place, more = after, True
        while more:
            part = accepted(await feed.read_feed(services.pool, caller, place, NUMBERS_AT_ONCE))
            numbers += part.numbers
            place, more = part.place, part.more
        return FeedPart(tuple(numbers), place, more=False)

    found = run_command(work, json_wanted=json)
    if json:
        print_json({"numbers": found.numbers, "place": found.place})
    elif found.numbers:
        print_table(
            ("sku", "can be promised", "version", "published"),
            [
                (
                    each.sku,
                    "unlimited" if each.unlimited else each.available_to_promise,
                    each.version,
                    each.published_at.isoformat(timespec="seconds"),
                )
                for each in found.numbers
            ],
        )
    else:
        say("Nothing was published since. A worker publishes what changes: `entrepot work`.")
