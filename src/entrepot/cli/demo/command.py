"""`entrepot demo`: a small network to try Entrepot on."""

from __future__ import annotations

from typing import Annotated

import typer

from entrepot.app import Services
from entrepot.cli.demo.keeping import DemoNetwork, read_demo
from entrepot.cli.demo.making import make_demo
from entrepot.cli.demo.showing import show_demo, show_shell
from entrepot.cli.examples import examples
from entrepot.cli.opening import run_command
from entrepot.cli.printing import JsonOption, print_json


@examples(
    "entrepot demo",
    'eval "$(entrepot demo --shell)"; curl -H "Authorization: Bearer $HUB_A" $SERVER/api/v1/orders',
    "entrepot demo --json | jq -r '.organisations[] | .slug, .token'",
)
def demo(
    *,
    shell: Annotated[
        bool, typer.Option("--shell", help="Print the address and tokens as shell variables.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make a small network to try things on, or show the one there is, with its tokens."""

    async def work(services: Services) -> DemoNetwork:
        settings = services.settings
        known = read_demo(settings.data_dir)
        here = f"http://{settings.host}:{settings.port}"
        return await make_demo(services, settings.data_dir, known.base_url if known else here)

    network = run_command(work, json_wanted=json)
    if json:
        print_json(network)
    elif shell:
        show_shell(network)
    else:
        show_demo(network)
