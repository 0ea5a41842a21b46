"""`entrepot run`: what `make run` calls. Everything at once, on one machine, to look at."""

from __future__ import annotations

from entrepot import app
from entrepot.cli.demo import (
    is_place_for_demo,
    make_demo,
    read_demo,
    show_demo,
    showing_progress,
)
from entrepot.cli.printing import say, say_refusal
from entrepot.cli.running import read_settings, run_to_end
from entrepot.kernel.refusal import RefusedError


def run() -> None:
    """Start a database, a small demo network on first use, and the server; print where it is."""
    run_to_end(app.serve(read_settings(), web_only=False, worker=True, started=_show))


async def _show(services: app.Services, base_url: str) -> None:
    """Print the demo network; make it first where nobody is yet. Other networks are left alone."""
    data_dir = services.settings.data_dir
    try:
        if read_demo(data_dir) is not None or await is_place_for_demo(services):
            with showing_progress() as tell:
                network = await make_demo(services, data_dir, base_url, tell=tell)
            show_demo(network)
            return
    except RefusedError as refused:
        say_refusal(refused.refusal, json_wanted=False)
    say(f"Entrepot is at {base_url}")
