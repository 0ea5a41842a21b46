"""Shows the demo network to a person: where it is, the tokens, and a first order to paste."""

from __future__ import annotations

from shlex import quote

import msgspec
import typer

from entrepot.cli.demo.keeping import DemoNetwork
from entrepot.cli.printing import print_table


def show_demo(network: DemoNetwork) -> None:
    """Print the address, a token for each organisation, and a command that orders carrots."""
    typer.echo(f"Entrepot is at {network.base_url}\n")
    print_table(
        ("organisation", "name", "token"),
        [(each.slug, each.name, each.token) for each in network.organisations],
    )
    typer.echo("\nOrder a kilo of carrots through hub-a:\n")
    typer.echo(first_order(network))


def show_shell(network: DemoNetwork) -> None:
    """Print the address and the tokens as variables, for a shell to take over."""
    typer.echo(f"SERVER={quote(network.base_url)}")
    for each in network.organisations:
        typer.echo(f"{each.slug.replace('-', '_').upper()}={quote(each.token)}")


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
