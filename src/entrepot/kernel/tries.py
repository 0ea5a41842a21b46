"""Tries: how often something that opens a door may be guessed wrongly before one must wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from entrepot.kernel.refusal import Refusal, refuse

TRIES_MAX: Final = 10
TRIES_WITHIN: Final = timedelta(hours=1)


def count_try(
    tried_at: Sequence[datetime], now: datetime, *, code: str, message: str, field: str
) -> list[datetime] | Refusal:
    """Count one more try, and forget those of more than an hour ago.

    Returns the tries that count from now on. Refuses, with this code and message, the eleventh of
    an hour, and then counts nothing, so that whoever waits gets their turn. The `{time}` of the
    message is when that is, in UTC.
    """
    recent = sorted(at for at in tried_at if at > now - TRIES_WITHIN)[-TRIES_MAX:]
    if len(recent) < TRIES_MAX:
        return [*recent, now]
    again_at = recent[0] + TRIES_WITHIN
    return refuse(
        code,
        message.format(time=f"{again_at:%H:%M} UTC"),
        field=field,
        facts={
            "again_at": again_at.isoformat(),
            "retry_after_seconds": int((again_at - now).total_seconds()) + 1,
        },
    )
