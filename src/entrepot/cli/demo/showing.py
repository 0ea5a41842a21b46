"""Shows the demo network to a person: where it is, how to get in, and what to try first."""

from __future__ import annotations

from shlex import quote
from typing import Final

import msgspec
import typer

from entrepot.cli.demo.keeping import DemoNetwork
from entrepot.cli.demo.members import MEMBERS
from entrepot.cli.printing import print_table

PAIR: Final = ("de-groothandel", "client-one")
"""Who may try the pages together: a wholesaler and a shop that are no partners yet."""


def show_demo(network: DemoNetwork) -> None:
    """Print the address, how each member gets in, who tries pages, and an order of carrots."""
    typer.echo(f"Entrepot is at {network.base_url}\n")
    members = network.organisations[: len(MEMBERS)]
    print_table(
        ("organisation", "log-in", "password", "token"),
        [(each.slug, each.login.email, each.login.password, each.token) for each in members],
    )
    others = len(network.organisations) - len(members)
    if others:
        typer.echo(f"and {others} more; --json prints all of them")
    wholesaler, shop = (network.organisation(slug).login.email for slug in PAIR)
    typer.echo(
        f"\nIn two browsers, invite and sell: log in as {wholesaler}, a wholesaler,\n"
        f"and as {shop}, a shop that has none yet."
    )
    typer.echo("\nOrder a kilo of carrots through hub-a:\n")
    typer.echo(first_order(network))


def show_shell(network: DemoNetwork) -> None:
    """Print the address, the members' tokens and the carrots' id as variables, for a shell."""
    typer.echo(f"SERVER={quote(network.base_url)}")
    for each in network.organisations[: len(MEMBERS)]:
        typer.echo(f"{each.slug.replace('-', '_').upper()}={quote(each.token)}")
    for variant in network.variants:
        if variant.sku == "CARROTS":
            typer.echo(f"CARROTS={quote(variant.id)}")


def first_order(network: DemoNetwork) -> str:
    """The command that orders a kilo of carrots for Ali through hub A."""
    body = {
        "reference": "ali",
        "kind": "session",
        "lines": [{"seller": "jeans-farm", "sku": "CARROTS", "quantity": "1"}],
    }
    return (
        f"  curl {network.base_url}/api/v1/orders \\\n"
        f"    -H 'Authorization: Bearer {network.organisation('hub-a').token}' \\\n"
        f"    -H 'Content-Type: application/json' \\\n"
        f"    -d '{msgspec.json.encode(body).decode()}'"
    )
