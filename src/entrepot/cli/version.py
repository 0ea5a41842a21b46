"""`entrepot version`: which release this is."""

from __future__ import annotations

import typer

from entrepot import __version__


def version() -> None:
    """Print the release."""
    typer.echo(__version__)
