"""Documents, comments and messages are in British spelling.

Code in backticks, addresses and fenced blocks are left alone: they hold other people's names.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.tidy.house import ROOT, Finding, plant, project_files, report, text_of

# Whole words, and what to write.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "acknowledgment": "acknowledgement",
        "acknowledgments": "acknowledgements",
        "aging": "ageing",
        "aluminum": "aluminium",
        "analog": "analogue",
        "artifact": "artefact",
        "artifacts": "artefacts",
        "cancelation": "cancellation",
        "catalog": "catalogue",
        "cataloged": "catalogued",
        "catalogs": "catalogues",
        "cozy": "cosy",
        "defense": "defence",
        "enroll": "enrol",
        "enrollment": "enrolment",
        "fulfill": "fulfil",
        "fulfillment": "fulfilment",
        "fulfillments": "fulfilments",
        "fulfills": "fulfils",
        "gotten": "got",
        "gray": "grey",
        "installment": "instalment",
        "installments": "instalments",
        "jewelry": "jewellery",
        "math": "maths",
        "mold": "mould",
        "offense": "offence",
        "offenses": "offences",
        "pretense": "pretence",
        "skeptical": "sceptical",
        "skillful": "skilful",
        "willful": "wilful",
    }
)

# Families of words: the ending that is American, and what it becomes.
FAMILIES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(\w+?)iz(e|es|ed|er|ers|ing|able|ation|ations|ational)$"), r"\1is\2"),
    (re.compile(r"^(anal|catal|paral)yz(e|es|ed|er|ers|ing)$"), r"\1ys\2"),
    (
        re.compile(
            r"^((?:dis|un|mis)?(?:arm|behavi|col|endeav|fav|flav|harb|hon|hum|lab|neighb|rum|vap))"
            r"or(s|ed|ing|able|ably|al|ally|ful|ite|ites|hood|less)?$"
        ),
        r"\1our\2",
    ),
    (re.compile(r"^(cent|fib|lit|theat|calib|kilomet|centimet|millimet)er(s|ed)?$"), r"\1re\2"),
    (
        re.compile(
            r"^((?:un|re|mis)?(?:cancel|channel|counsel|dial|equal|fuel|initial|label|level"
            r"|marshal|model|panel|quarrel|signal|total|travel|tunnel))(ed|ing|er|ers)$"
        ),
        r"\1l\2",
    ),
)

# Words that only look American.
NOT_AMERICAN = frozenset(
    {"assize", "baize", "capsize", "downsize", "maize", "oversize", "prize", "resize", "seize"}
    | {"size", "upsize"}
)

# Names of others, exactly as they write them.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "Authorization": "the HTTP header",
        "Unauthorized": "what HTTP calls status 401",
        "serializable": "what SQL calls an isolation level",
        "ANALYZE": "a statement of SQL",
        "SERIALIZABLE": "what SQL calls an isolation level",
    }
)

# These hold American words on purpose.
LEFT_OUT = frozenset({Path("tests/tidy/test_spelling.py"), Path("tests/tidy/test_glossary.py")})

PROSE = frozenset({".md", ".rst", ".txt"})
PAGES = frozenset({".html", ".jinja", ".j2", ".svg"})
HASH_COMMENTS = frozenset({".toml", ".yml", ".yaml", ".sh", ".cfg", ".ini", ".in"})

FENCED = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"``.+?``|`[^`\n]+`", re.DOTALL)
ADDRESS = re.compile(r"\b\w+://\S+|\]\([^)\s]*\)|\bwww\.\S+|[\w.+-]+@[\w-]+\.[\w.]+")
TAG = re.compile(r"<style.*?</style>|<script.*?</script>|<[^<>]*>|\{[{%#].*?[}%#]\}", re.DOTALL)
WORD = re.compile(r"(?<![\w./-])[A-Za-z]+(?![\w/(]|\.\w)")


def offences(root: Path) -> list[Finding]:
    found = []
    for path in project_files(root):
        text = text_of(path, root) if path not in LEFT_OUT else None
        if not text or not _might_be_american(text):
            continue
        for first_line, prose in _prose(path, text):
            for number, row in enumerate(_without_code(prose).splitlines(), start=first_line):
                found += [
                    Finding(str(path), number, f"{word}: write {better}")
                    for word in WORD.findall(row)
                    if (better := british(word)) is not None
                ]
    return found


def _might_be_american(text: str) -> bool:
    """Whether a text holds an American word anywhere, prose or not; most are done with at that."""
    words = re.findall(r"(?<!\w)[A-Za-z]+(?!\w)", text.replace("\\n", " ").replace("\\t", " "))
    return any(british(word) is not None for word in set(words))


@cache
def british(word: str) -> str | None:
    """What to write instead of an American spelling; None for any other word."""
    lower = word.lower()
    if word in NAMES or _stem(lower) in NOT_AMERICAN:
        return None
    if lower in WORDS:
        return WORDS[lower]
    for pattern, better in FAMILIES:
        if pattern.match(lower):
            return pattern.sub(better, lower)
    return None


def _stem(word: str) -> str:
    return re.sub(r"(?:e|es|ed|er|ers|ing|able)$", "e", word)


def _without_code(text: str) -> str:
    """Blank what is not prose; the line breaks stay, so that lines can be counted."""
    for pattern in (FENCED, CODE, ADDRESS):
        text = pattern.sub(lambda match: "\n" * match[0].count("\n"), text)
    return text


def _prose(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """First line and text of every piece that a person reads."""
    if path.suffix in PROSE:
        yield 1, text
    elif path.suffix in PAGES:
        yield 1, TAG.sub(lambda match: "\n" * match[0].count("\n") or " ", text)
    elif path.suffix == ".py":
        yield from _python_prose(text)
    elif path.suffix == ".sql":
        yield from _comments(text, "--")
    elif path.suffix in HASH_COMMENTS or path.name == "Makefile":
        yield from _comments(text, "#")


def _python_prose(text: str) -> Iterator[tuple[int, str]]:
    """Comments, docstrings and every text of more than one word."""
    code = bytearray(text.encode())
    starts = [0, *(each.end() for each in re.finditer(rb"\n", code))]
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Constant(value=str(value)) if len(value.split()) > 1:
                yield node.lineno, value
            case _:
                pass
        # A comment begins at the first mark of a line that stands in no text.
        match node:
            case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
                begin = starts[node.lineno - 1] + node.col_offset
                end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
                code[begin:end] = code[begin:end].replace(b"#", b" ")
            case _:
                pass
    yield from _comments(code.decode(), "#")


def _comments(text: str, mark: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        _, found, comment = line.partition(mark)
        if found:
            yield number, comment


def test_what_people_read_is_spelt_the_british_way() -> None:
    assert not (found := offences(ROOT)), report(found)


@pytest.mark.parametrize(
    ("american", "expected"),
    [
        ("organization", "organisation"),
        ("Organizations", "organisations"),
        ("normalized", "normalised"),
        ("optimizer", "optimiser"),
        ("analyzing", "analysing"),
        ("behavior", "behaviour"),
        ("favorites", "favourites"),
        ("colored", "coloured"),
        ("center", "centre"),
        ("canceled", "cancelled"),
        ("relabeling", "relabelling"),
        ("catalog", "catalogue"),
        ("fulfillment", "fulfilment"),
        ("authorization", "authorisation"),
    ],
)
def test_american_words_have_a_british_one(american: str, expected: str) -> None:
    assert british(american) == expected


@pytest.mark.parametrize(
    "word",
    [
        "organisation",
        "size",
        "resized",
        "sizes",
        "prizes",
        "seizing",
        "horizon",
        "fulfilled",
        "cancelled",
        "labour",
        "parameter",
        "meter",
        "recorder",
        "Authorization",
        "error",
        "modelling",
        "equality",
        "leveller",
    ],
)
def test_british_words_and_names_pass(word: str) -> None:
    assert british(word) is None


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("docs/start.md", "# Start\n\nEvery organization.\n", 3),
        ("CHANGELOG.md", "```\nx\n```\n\nCanceled orders.\n", 5),
        ("src/entrepot/a.py", '"""What a catalog is."""\n', 1),
        ("src/entrepot/a.py", "x = 1\n# its behavior\n", 2),
        ("src/entrepot/a.py", 'x = 1\n\nraise E(f"{x} was canceled before")\n', 3),
        ("src/entrepot/a.py", '"""What it is.\n\nThe color of it.\n"""\n', 3),
        ("src/entrepot/a.sql", "SELECT 1; -- The organization.\n", 1),
        ("src/entrepot/a.html", "<p\n>Your\nfavorite</p>\n", 3),
        ("pyproject.toml", "# customized\n", 1),
        ("Makefile", "run: ## Initializes\n", 1),
    ],
)
def test_american_words_are_found(tmp_path: Path, name: str, text: str, line: int) -> None:
    plant(tmp_path, {name: text})
    assert [finding.line for finding in offences(tmp_path)] == [line]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "docs/start.md",
            "The header `Organization`, see https://a.example/color and [x](/color).",
        ),
        ("docs/start.md", "```\ncolor\n```\nand ``canceled``\n"),
        ("src/entrepot/a.py", 'x = f(color="color")  # the `color` argument\n'),
        ("src/entrepot/a.html", '<p style="color: red" class="center">{{ color }}</p>'),
        ("src/entrepot/a.css", "p { color: red }"),
        ("docs/start.md", "Call str.center() or normalize(), in a/color/b."),
    ],
)
def test_other_peoples_names_pass(tmp_path: Path, name: str, text: str) -> None:
    plant(tmp_path, {name: text})
    assert offences(tmp_path) == []
