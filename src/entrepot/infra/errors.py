"""Refusals of the ground: what any write may answer, whatever it is about."""

from typing import Final

KEY_REUSED: Final = "request.key_reused"

PRECEDENCE: Final = (KEY_REUSED,)
