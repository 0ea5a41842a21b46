"""`entrepot work`: jobs and schedules without a web server."""

from __future__ import annotations

from entrepot import app
from entrepot.cli.running import read_settings, run_to_end


def work() -> None:
    """Do jobs until told to stop, beside any number of `entrepot serve --web-only`."""
    run_to_end(app.work(read_settings()))
