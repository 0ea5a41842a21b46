"""Every text of the portal has one Dutch translation, and every translation a text.

Texts stand in English where they are used, in templates and in Python; their translations in the
files of `locale/nl`, one a subject. What is missing is printed as it is written there.
"""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from tests.tidy.house import PACKAGE, ROOT, Finding, plant, report

PORTAL: Final = PACKAGE / "portal"
TRANSLATED: Final = PORTAL / "locale" / "nl"
METHODS: Final = [("**.py", "python"), ("**.jinja", "jinja2")]
# `words("...")` is how pages speak; the others are gettext's own.
KEYWORDS: Final[Mapping[str, tuple[int, ...] | None]] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "words": None,
}
OPTIONS: Final = {"**.jinja": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
PLACE: Final = re.compile(r"%\((\w+)\)[a-z]|%%|%")


class Text(NamedTuple):
    """A text where it is used: one sentence, or one for one and one for many."""

    path: Path
    line: int
    forms: tuple[str, ...]


def texts(root: Path) -> Iterator[Text]:
    """All that people can read, in the order of the files."""
    for name, line, said, _, _ in extract_from_dir(
        root / PORTAL, METHODS, dict(OPTIONS), dict(KEYWORDS)
    ):
        forms = (said,) if isinstance(said, str) else tuple(said)
        yield Text(PORTAL / name, line, forms)


def catalogues(root: Path) -> Iterator[tuple[Path, Message]]:
    """All translations, with the files in which they stand."""
    for file in sorted((root / TRANSLATED).glob("*.po")):
        for message in read_po(BytesIO(file.read_bytes()), locale="nl"):
            if message.id:
                yield file.relative_to(root), message


def offences(root: Path) -> list[Finding]:
    used = {text.forms: text for text in texts(root)}
    found = []
    known: dict[tuple[str, ...], tuple[Path, tuple[str, ...]]] = {}
    for path, message in catalogues(root):
        forms, said, line = _forms(message.id), _forms(message.string), message.lineno or 0
        if not all(said):
            continue
        if message.fuzzy:
            found.append(Finding(str(path), line, f"{forms[0]!r} is fuzzy: look at it again"))
        if forms not in used:
            found.append(Finding(str(path), line, f"nothing says {forms[0]!r}"))
        if forms in known and known[forms][1] != said:
            found.append(
                Finding(str(path), line, f"{forms[0]!r} is said otherwise in {known[forms][0]}")
            )
        if _places(forms) != _places(said):
            found.append(Finding(str(path), line, f"{said[0]!r} has other places than the English"))
        known[forms] = (path, said)
    found += [
        Finding(str(text.path), text.line, f"{forms[0]!r} has no Dutch")
        for forms, text in used.items()
        if forms not in known
    ]
    return found


def missing(root: Path) -> str:
    """The texts without a translation, to be pasted into a file of translations."""
    known = {_forms(each.id) for _, each in catalogues(root) if all(_forms(each.string))}
    catalogue = Catalog(locale="nl")
    for text in texts(root):
        if text.forms not in known:
            ident = text.forms if len(text.forms) > 1 else text.forms[0]
            catalogue.add(ident, locations=[(str(text.path.relative_to(PORTAL)), text.line)])
    written = BytesIO()
    write_po(written, catalogue, omit_header=True, width=100)
    return written.getvalue().decode("utf-8")


def _forms(said: object) -> tuple[str, ...]:
    """A message's or a translation's forms; what is not there is empty."""
    if isinstance(said, list | tuple):
        return tuple(str(each) for each in said)
    return (str(said or ""),)


def _places(forms: tuple[str, ...]) -> set[str]:
    """The places for facts in a text; of several forms one may leave out the number itself."""
    return {place for form in forms for place in PLACE.findall(form)}


def test_texts_and_translations_agree() -> None:
    assert not (found := offences(ROOT)), f"{report(found)}\n\n{missing(ROOT)}"


HEAD: Final = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.mark.parametrize(
    ("dutch", "says"),
    [
        ("", "'Order %(sku)s' has no Dutch"),
        ('msgid "Order %(sku)s"\nmsgstr ""\n', "'Order %(sku)s' has no Dutch"),
        (
            'msgid "Order %(sku)s"\nmsgstr "Bestel %(code)s"\n',
            "'Bestel %(code)s' has other places than the English",
        ),
        ('msgid "Order %(sku)s"\nmsgstr "Bestel %(sku)s"\n', ""),
        (
            '#, fuzzy\nmsgid "Order %(sku)s"\nmsgstr "Bestel %(sku)s"\n',
            "'Order %(sku)s' is fuzzy: look at it again",
        ),
        (
            'msgid "Order %(sku)s"\nmsgstr "Bestel %(sku)s"\n\nmsgid "Gone"\nmsgstr "Weg"\n',
            "nothing says 'Gone'",
        ),
    ],
)
def test_a_template_and_its_dutch_have_to_agree(tmp_path: Path, dutch: str, says: str) -> None:
    plant(
        tmp_path,
        {
            str(PORTAL / "templates/a.html.jinja"): "{{ _('Order %(sku)s', sku=sku) }}",
            str(TRANSLATED / "a.po"): HEAD + dutch,
        },
    )
    assert [each.says for each in offences(tmp_path)] == ([says] if says else [])


def test_texts_of_python_and_of_many_are_found_and_printed(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            str(PORTAL / "pages/a.py"): 'said = visit.words("It is " "done.")\n',
            str(PORTAL / "templates/a.html.jinja"): (
                "{{ ngettext('One order', '%(num)s orders', n) }}"
            ),
        },
    )
    assert [each.says for each in offences(tmp_path)] == [
        "'It is done.' has no Dutch",
        "'One order' has no Dutch",
    ]
    printed = missing(tmp_path)
    assert '#: pages/a.py:1\nmsgid "It is done."\nmsgstr ""\n' in printed
    assert 'msgid "One order"\nmsgid_plural "%(num)s orders"\n' in printed
    plant(tmp_path, {str(TRANSLATED / "a.po"): HEAD + _translated(printed)})
    assert offences(tmp_path) == []
    assert not missing(tmp_path).strip()


def test_one_text_is_translated_one_way(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            str(PORTAL / "pages/a.py"): 'said = visit.words("Done")\n',
            str(TRANSLATED / "a.po"): HEAD + 'msgid "Done"\nmsgstr "Klaar"\n',
            str(TRANSLATED / "b.po"): HEAD + 'msgid "Done"\nmsgstr "Gedaan"\n',
        },
    )
    (finding,) = offences(tmp_path)
    assert finding.says == f"'Done' is said otherwise in {TRANSLATED / 'a.po'}"


def _translated(printed: str) -> str:
    """What is printed as missing, filled in as a translator does."""
    filled = printed.replace(
        'msgid "It is done."\nmsgstr ""', 'msgid "It is done."\nmsgstr "Klaar."'
    )
    return filled.replace('msgstr[0] ""', 'msgstr[0] "Een"').replace(
        'msgstr[1] ""', 'msgstr[1] "%(num)s orders"'
    )
