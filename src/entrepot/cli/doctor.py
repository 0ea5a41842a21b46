"""`entrepot doctor`: whether the figures, the holds and the orders in the database agree."""

from __future__ import annotations

import typer

from entrepot import app
from entrepot.cli.exit_codes import ExitCode
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.running import read_settings, run_to_end


def doctor(*, json_wanted: JsonOption = False) -> None:
    """Check every invariant and name each place where one is broken; nothing is changed."""
    broken = run_to_end(app.examine(read_settings()))
    if broken is None:
        say("Stopped.")
        raise typer.Exit(ExitCode.FAILED)
    if json_wanted:
        print_json(broken)
    elif broken:
        print_table(
            ("invariant", "subject", "facts"),
            [
                (
                    each.invariant,
                    each.subject,
                    ", ".join(f"{name}={value}" for name, value in each.facts.items()),
                )
                for each in broken
            ],
        )
    if broken:
        places = "1 place is" if len(broken) == 1 else f"{len(broken)} places are"
        say(f"{places} broken. Stop selling there until somebody knows why.")
        raise typer.Exit(ExitCode.PROBLEMS_FOUND)
    say("Everything agrees.")
