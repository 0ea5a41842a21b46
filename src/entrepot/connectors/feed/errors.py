"""Refusals of the feed, in order of precedence."""

from typing import Final

CURSOR_AHEAD: Final = "feed.cursor_ahead"

PRECEDENCE: Final = (CURSOR_AHEAD,)
