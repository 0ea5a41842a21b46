"""Every module opens by saying what it is for."""

import ast
import re
from pathlib import Path

import pytest

from tests.tidy.house import PACKAGE, ROOT, Finding, files, plant, report, source, tree_of

WORDS_MIN = 3
# How nearly all of them open: then the rest of the module need not be parsed.
OPENING = re.compile(r'"""([^"\\]+)"""\n')


def offences(root: Path) -> list[Finding]:
    found = []
    for path in files(".py", PACKAGE, root):
        opening = OPENING.match(source(path, root))
        docstring = opening[1] if opening else ast.get_docstring(tree_of(path, root)) or ""
        if len(docstring.split()) < WORDS_MIN:
            found.append(Finding(str(path), 1, "opens without a sentence on what it is for"))
    return found


def test_every_module_says_what_it_is_for() -> None:
    assert not (found := offences(ROOT)), report(found)


@pytest.mark.parametrize("text", ["", "x = 1\n", '"""Helpers."""\n', "# Holds stock for all.\n"])
def test_a_silent_module_is_found(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"src/entrepot/stock/__init__.py": text})
    assert len(offences(tmp_path)) == 1


def test_a_sentence_passes(tmp_path: Path) -> None:
    plant(tmp_path, {"src/entrepot/stock/__init__.py": '"""The ledger of all stock."""\n'})
    assert offences(tmp_path) == []
