"""Renders templates: all is escaped, a missing name is an error, and texts are translated."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jinja2

from entrepot.portal.words import Words, translations_of


@cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("entrepot.portal", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    translations = translations_of(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined] # the extension adds it
        translations.ugettext, translations.ungettext, newstyle=True
    )
    return environment


def render(template: str, words: Words, context: Mapping[str, Any]) -> str:
    """Render a template in a language."""
    return _environment(words.language).get_template(template).render(context)
