"""Notices: what a person of an organisation should act on."""

from entrepot.notices.actions.raise_notices import raise_notices
from entrepot.notices.views import Notice, list_notices

__all__ = ["Notice", "list_notices", "raise_notices"]
