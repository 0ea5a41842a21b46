"""Adds examples to a command's help, line by line as they are typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Command = TypeVar("Command", bound=Callable[..., object])

# The help formatter keeps the lines of a paragraph that begins with this.
_AS_IT_IS = "\b"


def examples(*lines: str) -> Callable[[Command], Command]:
    """End a command's help with these lines."""

    def add(command: Command) -> Command:
        shown = "\n".join(f"      {line}" for line in lines)
        command.__doc__ = f"{command.__doc__}\n\n    {_AS_IT_IS}\n    Examples:\n{shown}\n"
        return command

    return add
