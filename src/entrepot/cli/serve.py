"""`entrepot serve`: the web server, and the worker unless told otherwise."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from entrepot import app
from entrepot.cli.demo import keep_address
from entrepot.cli.printing import say
from entrepot.cli.running import read_settings, run_to_end


def serve(
    *,
    web_only: Annotated[
        bool, typer.Option("--web-only", help="Answer requests, but leave jobs to other processes.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Listen on this port instead of ENTREPOT_PORT."),
    ] = None,
) -> None:
    """Serve requests until told to stop."""
    settings = read_settings()
    if port is not None:
        settings = msgspec.structs.replace(settings, port=port)
    run_to_end(app.serve(settings, web_only=web_only, worker=not web_only, started=_tell))


async def _tell(services: app.Services, base_url: str) -> None:
    keep_address(services.settings.data_dir, base_url)
    say(f"Entrepot is at {base_url}")
