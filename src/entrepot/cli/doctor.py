"""`entrepot doctor`: whether the installation is sound and all figures agree; mends what it can."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, TypeVar

import msgspec
import typer

from entrepot import app
from entrepot.cli.examples import examples
from entrepot.cli.exit_codes import ExitCode
from entrepot.cli.opening import DryRunOption
from entrepot.cli.printing import JsonOption, print_json, print_table, say
from entrepot.cli.running import read_settings, run_to_end
from entrepot.infra.condition import Finding
from entrepot.infra.writing import Happening

Result = TypeVar("Result")


class RepairsReport(msgspec.Struct):
    """What a repair rebuilt, or would rebuild, and how the invariants stand after it."""

    dry_run: bool
    count: int
    happened: tuple[Happening, ...]
    findings: tuple[Finding, ...]


class Report(msgspec.Struct):
    """What doctor prints as JSON: how things stand now, and what was repaired."""

    findings: list[Finding]
    repairs: RepairsReport | None = None


@examples(
    "entrepot doctor",
    "entrepot doctor --json | jq -r '.findings[] | select(.state != \"ok\") | .says, .do'",
    "entrepot doctor --repair --dry-run",
    "entrepot doctor --repair --yes",
)
def doctor(
    *,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Rebuild what can be derived: figures, lines, the queue."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Repair without asking.")] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Examine the installation and every invariant, and say what to do about what is wrong.

    Without --repair nothing is changed. A repair is written to the audit of whom it concerns.
    """
    if (yes or dry_run) and not repair:
        raise typer.BadParameter("--yes and --dry-run say how to --repair; give that too.")
    settings = read_settings()
    with _progress() as progress:
        report = Report(_ended(run_to_end(app.examine(settings, progress))))
    if repair and _broken_invariants(report.findings):
        if not (yes or dry_run):
            _ask(report.findings)
        with _progress() as progress:
            repairs = _ended(run_to_end(app.repair(settings, progress, rehearsal=dry_run)))
        report.repairs = RepairsReport(dry_run, *msgspec.structs.astuple(repairs))
        if not dry_run:
            installation = [each for each in report.findings if each.kind == "installation"]
            report.findings = [*installation, *repairs.findings]
    if json:
        print_json(report)
    else:
        _print(report)
    _conclude(report, repair=repair)


def _ask(findings: Sequence[Finding]) -> None:
    """Have a person agree to the repair; where nobody sits, it takes --yes."""
    names = ", ".join(each.check for each in _broken_invariants(findings))
    if not sys.stdin.isatty():
        say(f"Broken: {names}. Say --yes to repair without being asked, or --dry-run to see it.")
        raise typer.Exit(ExitCode.USAGE)
    say(f"Broken: {names}.")
    if not typer.confirm("Rebuild there what can be derived?", err=True):
        say("Nothing was changed.")
        raise typer.Exit(ExitCode.PROBLEMS_FOUND)


def _print(report: Report) -> None:
    """Print all findings as a table, then what is not well with its places, then the repairs."""
    sound = sum(each.kind == "invariant" and each.state == "ok" for each in report.findings)
    checked = sum(each.kind == "invariant" for each in report.findings)
    shown = [each for each in report.findings if each.kind == "installation" or each.state != "ok"]
    rows: list[tuple[str, str, str]] = [(each.state, each.check, each.says) for each in shown]
    if checked:
        state = "ok" if sound == checked else "broken"
        rows.append((state, "invariants", f"{sound} of {checked} hold."))
    print_table(("state", "check", "finding"), rows)
    for each in shown:
        if each.state != "ok":
            _print_advice(each)
    if report.repairs is not None:
        _print_repairs(report.repairs)


def _print_advice(finding: Finding) -> None:
    typer.echo(f"\n{finding.check}: {finding.do}")
    if finding.places:
        rows = [
            (each.subject, ", ".join(f"{name}={value}" for name, value in each.facts.items()))
            for each in finding.places
        ]
        print_table(("subject", "facts"), rows)


def _print_repairs(repairs: RepairsReport) -> None:
    if repairs.happened:
        typer.echo(f"\n{'Would be rebuilt' if repairs.dry_run else 'Rebuilt'}:")
        rows = [
            (each.act, each.subject, msgspec.json.encode(each.answer).decode())
            for each in repairs.happened
        ]
        print_table(("act", "subject", "what"), rows)


def _conclude(report: Report, *, repair: bool) -> None:
    """Say in a sentence how things stand, and end with that exit code."""
    broken = [each for each in report.findings if each.state == "broken"]
    warnings = sum(each.state == "warning" for each in report.findings)
    if report.repairs is not None:
        left = sum(each.state == "broken" for each in report.repairs.findings)
        would = "would be rebuilt, and" if report.repairs.dry_run else "rebuilt;"
        say(f"{_counted(report.repairs.count, 'place')} {would} {left} invariants stay broken.")
    elif repair and not broken:
        say("There is nothing to repair.")
    if not broken:
        say("Everything agrees." if not warnings else f"Everything agrees; {warnings} to look at.")
        return
    places = sum(len(each.places) for each in broken)
    if places:
        least = "At least " if any(each.facts.get("more") for each in broken) else ""
        say(
            f"{least}{_counted(places, 'place')} {'is' if places == 1 else 'are'} broken. "
            "Stop selling there until somebody knows why."
        )
    else:
        say(f"{_counted(len(broken), 'check')} of the installation failed.")
    raise typer.Exit(ExitCode.PROBLEMS_FOUND)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _broken_invariants(findings: Sequence[Finding]) -> list[Finding]:
    return [each for each in findings if each.kind == "invariant" and each.state == "broken"]


def _ended(result: Result | None) -> Result:
    """What was run to its end; when it was stopped, the program ends."""
    if result is None:
        say("Stopped.")
        raise typer.Exit(ExitCode.FAILED)
    return result


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is examined just now."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal pays for what draws

    with Console(stderr=True).status("Examining ...") as status:
        yield lambda name: status.update(f"Examining {name} ...")
