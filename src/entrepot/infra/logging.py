"""Writes log lines to stderr, for programs (JSON) or for people, each an event with its facts.

Callers log ids and counts, not headers, bodies or addresses with passwords. What looks like a
token or a password is blanked all the same, and errors are written without the values that their
functions had at hand. What happens to a line afterwards is the business of whoever runs Entrepot.

The library takes a fifth of a second to load, and most commands have nothing to say: it is loaded
for the first line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

    from entrepot.infra.settings import LogFormat

Level: TypeAlias = Literal["info", "warning"]

_UNHEARD: Final[Mapping[Level, frozenset[str]]] = {
    "info": frozenset({"debug"}),
    "warning": frozenset({"debug", "info"}),
}

# A token's secret, and the password inside a database's address.
_SECRETS: Final = re.compile(r"(?P<token>ent_[a-z]+_)[0-9A-Za-z-]+|(?P<user>://[^:/@\s]*:)[^@\s]+@")


def open_log(log_format: LogFormat, level: Level = "info") -> FilteringBoundLogger:
    """A logger that writes every line at once, from `level` up.

    Events are named `room.what_happened`.
    """
    return cast("FilteringBoundLogger", _Log(log_format, level))


class _Log:
    """Stands for a logger until there is something to write."""

    def __init__(self, log_format: LogFormat, level: Level) -> None:
        self._log_format = log_format
        self._level = level
        self._made: FilteringBoundLogger | None = None

    def __getattr__(self, name: str) -> object:
        if name in _UNHEARD[self._level]:
            return _say_nothing
        if self._made is None:
            self._made = _make_log(self._log_format, self._level)
        return getattr(self._made, name)


def _say_nothing(event: str, *args: object, **facts: object) -> None:
    del event, args, facts


def _make_log(log_format: LogFormat, level: Level) -> FilteringBoundLogger:
    import structlog  # noqa: PLC0415 - see above: for the first line
    from structlog.tracebacks import ExceptionDictTransformer  # noqa: PLC0415 - likewise, see above

    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if log_format == "json":
        processors += [
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            blank_secrets,
            structlog.processors.JSONRenderer(sort_keys=True),
        ]
    else:
        processors += [
            structlog.processors.format_exc_info,
            blank_secrets,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        context_class=dict,
    )
    return log


def blank_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Blank tokens and passwords in everything a line says, errors included."""
    del logger, method
    return {name: _blanked(value) for name, value in event.items()}


def _blanked(value: object) -> object:
    if isinstance(value, str):
        return _SECRETS.sub(_blank, value)
    if isinstance(value, bytes):
        return _blanked(value.decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return {name: _blanked(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_blanked(each) for each in value]
    return value


def _blank(found: re.Match[str]) -> str:
    if found["token"] is not None:
        return f"{found['token']}***"
    return f"{found['user']}***@"
