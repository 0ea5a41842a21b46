"""Gathering the faults of a request into one refusal."""

from __future__ import annotations

from entrepot.kernel.refusal import Fault, gather

PRECEDENCE = ("a.first", "a.second")


def test_without_faults_nothing_is_refused() -> None:
    assert gather([], PRECEDENCE) is None


def test_the_weightiest_fault_names_the_refusal() -> None:
    faults = [
        Fault("b.unlisted", "?"),
        Fault("a.second", "2", "x"),
        Fault("a.first", "1"),
        Fault("a.second", "2", "y"),
    ]
    refusal = gather(iter(faults), PRECEDENCE)
    assert refusal is not None
    assert refusal.code == "a.first"
    assert [(each.code, each.field) for each in refusal.faults] == [
        ("a.first", None),
        ("a.second", "x"),
        ("a.second", "y"),
        ("b.unlisted", None),
    ]
