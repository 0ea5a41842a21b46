"""The operator's commands. Data goes to stdout, talk to stderr, the outcome into the exit code.

A command reads its arguments and the settings, calls one function and prints what it returns. It
decides nothing itself.
"""

from entrepot.cli.main import app, main

__all__ = ["app", "main"]
