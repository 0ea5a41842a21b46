"""`entrepot demo`: a network to try Entrepot on, small or large."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import typer

from entrepot.app import Services
from entrepot.cli.demo.crowd import NOBODY, Size
from entrepot.cli.demo.keeping import DemoNetwork, read_demo
from entrepot.cli.demo.making import is_place_for_demo, make_demo
from entrepot.cli.demo.members import MEMBERS
from entrepot.cli.demo.showing import show_demo, show_shell
from entrepot.cli.examples import examples
from entrepot.cli.exit_codes import ExitCode
from entrepot.cli.opening import DryRunOption, run_command
from entrepot.cli.printing import JsonOption, print_json, say
from entrepot.cli.progress import showing_progress

LARGE: Final = Size(1_000 - len(MEMBERS), 100_000, 100_000)


class DemoSize(StrEnum):
    """How large a demo network is wanted."""

    SMALL = "small"
    LARGE = "large"


@examples(
    "entrepot demo",
    'eval "$(entrepot demo --shell)"; curl -H "Authorization: Bearer $HUB_A" $SERVER/api/v1/orders',
    "entrepot demo --json | jq -r '.organisations[] | .slug, .token'",
    "entrepot demo --size large",
)
def demo(
    *,
    size: Annotated[
        DemoSize,
        typer.Option(
            help="small: the network of the guides, with three weeks of orders. "
            "large: that and a crowd, 1,000 organisations with 100,000 variants and orders."
        ),
    ] = DemoSize.SMALL,
    among_others: Annotated[
        bool,
        typer.Option("--among-others", help="Make it even where organisations are already."),
    ] = False,
    shell: Annotated[
        bool, typer.Option("--shell", help="Print the address and tokens for a shell.")
    ] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make a network to try things on, or show the one there is, with its tokens and log-ins."""
    crowd = LARGE if size is DemoSize.LARGE else NOBODY

    async def work(services: Services) -> DemoNetwork:
        settings = services.settings
        known = read_demo(settings.data_dir)
        if known is None and not among_others and not await is_place_for_demo(services):
            say(
                "There are organisations here that are not of the demo network. Make the demo in a "
                "database of its own, or say --among-others."
            )
            raise typer.Exit(ExitCode.REFUSED)
        here = f"http://{settings.host}:{settings.port}"
        base_url = known.base_url if known else here
        with showing_progress() as tell:
            return await make_demo(services, settings.data_dir, base_url, crowd=crowd, tell=tell)

    network = run_command(work, json_wanted=json, dry_run=dry_run)
    if json:
        print_json(network)
    elif shell:
        show_shell(network)
    else:
        show_demo(network)
