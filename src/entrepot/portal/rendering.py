"""Renders templates: all is escaped, a missing name is an error, and texts are translated."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Final

import jinja2
from jinja2.bccache import Bucket

from entrepot.portal.words import Words, translations_of

OPTIONS: Final[Mapping[str, Any]] = {
    "autoescape": True,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "undefined": jinja2.StrictUndefined,
    "extensions": ["jinja2.ext.i18n"],
}
"""How templates are compiled, in every language alike."""


class _Compiled(jinja2.FileSystemBytecodeCache):
    """Compiled templates, kept where Python keeps our modules, and on the same terms.

    Compiling all takes two seconds, which the first visitors of each page would wait for.
    """

    def __init__(self) -> None:
        said = f"{jinja2.__version__} {sorted(OPTIONS.items(), key=str)}"
        name = f"templates-{sha256(said.encode()).hexdigest()[:12]}"
        super().__init__(str(Path(cache_from_source(__file__)).with_name(name)))

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):  # who may not write there, or has no room, compiles each time
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


@cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(  # noqa: S701 - escaping is among the options
        loader=jinja2.PackageLoader("entrepot.portal", "templates"),
        bytecode_cache=_Compiled(),
        auto_reload=False,
        **OPTIONS,
    )
    translations = translations_of(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined] # the extension adds it
        translations.ugettext, translations.ungettext, newstyle=True
    )
    return environment


def render(template: str, words: Words, context: Mapping[str, Any]) -> str:
    """Render a template in a language."""
    return _environment(words.language).get_template(template).render(context)
