"""An opt-out from a tool carries its reason on the same line.

That holds for the comments that silence a linter, the type checker or coverage, and for the
entries of `pyproject.toml` that loosen one of them.
"""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tidy.house import ROOT, Finding, files, plant, report, source

REASON_WORDS_MIN = 2

CODES = r"[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*"
DIRECTIVES = re.compile(
    rf"""
    noqa\b(?:\s*:\s*{CODES})?
    | ruff:\s*(?:noqa\b(?:\s*:\s*{CODES})?|isort:\s*[\w-]+)
    | type:\s*ignore\b(?:\[[\w,\s-]*\])?
    | mypy:\s*[\w-]+(?:\s*=\s*\S+)?
    | pragma:\s*no\s+\w+
    | fmt:\s*(?:off|skip)
    | isort:\s*(?:skip|off)\w*
    """,
    re.VERBOSE,
)
WORD = re.compile(r"[^\W\d_]{2,}")

# The keys of pyproject.toml whose entries loosen a tool.
LISTS_THAT_LOOSEN = re.compile(
    r"^(?:(?:extend-)?ignore|ignore_imports|exhaustive_ignores|disable_error_code|omit|exclude\w*"
    r"|\"[^\"]+\")\s*=\s*\[(?P<rest>.*)$"
)
FLAGS_THAT_LOOSEN = re.compile(
    r"^(?:(?:ignore_\w+|allow_\w+|implicit_\w+)\s*=\s*true"
    r"|(?:disallow_\w+|warn_\w+|check_\w+|strict\w*)\s*=\s*false"
    r"|follow_imports\s*=)"
)
# Allowing chains is what "direct imports only" is called, and part of what the contract says.
FLAGS_THAT_DEFINE = ("allow_indirect_imports",)
ENTRY = re.compile(r"[\"']")
FILTER = re.compile(r"[\"']ignore\b")


def offences(root: Path) -> list[Finding]:
    found = []
    for path in files(".py", root=root):
        text = source(path, root)
        if not any(map(_might_be_silent, text.splitlines())):
            continue
        for line, comment in _comments(text):
            if _is_silent(comment):
                says = f"{comment.strip()}: say why, on the line"
                found.append(Finding(str(path), line, says))
    pyproject = Path("pyproject.toml")
    if (root / pyproject).exists():
        found += [
            Finding(str(pyproject), line, f"{text.strip()}: say why, on the line")
            for line, text in _loosened(source(pyproject, root))
            if not _gives_a_reason(text.partition("#")[2])
        ]
    return found


def _might_be_silent(line: str) -> bool:
    """Whether a line would offend if a comment began at one of its marks.

    That is seen without reading the whole file as Python, which is needed for few.
    """
    if "#" not in line or not DIRECTIVES.search(line):
        return False
    marks = (at for at, letter in enumerate(line) if letter == "#")
    return any(_is_silent(line[at:]) for at in marks)


def _is_silent(comment: str) -> bool:
    return bool(DIRECTIVES.search(comment)) and not _gives_a_reason(DIRECTIVES.sub("", comment))


def _gives_a_reason(text: str) -> bool:
    return len(WORD.findall(text)) >= REASON_WORDS_MIN


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _loosened(text: str) -> Iterator[tuple[int, str]]:
    inside = in_filters = False
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        code = line.partition("#")[0].strip()
        if inside or in_filters:
            if ENTRY.match(code) if inside else FILTER.match(code):
                yield number, line
            if code.endswith("]"):
                inside = in_filters = False
            continue
        if line.startswith("filterwarnings"):
            in_filters = not code.endswith("]")
            if FILTER.search(code):
                yield number, line
        elif opened := LISTS_THAT_LOOSEN.match(code):
            inside = not opened["rest"].rstrip().endswith("]")
            if ENTRY.search(opened["rest"]):
                yield number, line
        elif FLAGS_THAT_LOOSEN.match(code) and not code.startswith(FLAGS_THAT_DEFINE):
            yield number, line


def test_every_opt_out_gives_its_reason() -> None:
    assert not (found := offences(ROOT)), report(found)


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: S608",
        "# noqa: S608, E501",
        "# noqa: S608 - ok",
        "# type: ignore",
        "# type: ignore[arg-type]",
        "# type: ignore[arg-type]  # noqa: E501",
        "# pragma: no cover",
        "# pragma: no branch",
        "# ruff: noqa",
        "# ruff: noqa: S608",
        "# mypy: ignore-errors",
        "# fmt: off",
        "# isort: skip_file",
    ],
)
def test_a_silent_comment_is_found(tmp_path: Path, comment: str) -> None:
    plant(tmp_path, {"src/entrepot/app.py": f"x = 1  {comment}\n"})
    assert len(offences(tmp_path)) == 1


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: S608 - the name is one of three constants",
        "# type: ignore[arg-type]  # the stub forgets None",
        "# pragma: no cover - needs a second machine",
        "# the type: a word about noise",
    ],
)
def test_a_comment_with_a_reason_passes(tmp_path: Path, comment: str) -> None:
    text = f"x = 1  {comment}\ny = '# noqa'\n"
    plant(tmp_path, {"src/entrepot/app.py": text, "tests/test_x.py": text})
    assert offences(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        'ignore = [\n  "S101",\n]\n',
        'ignore = ["S101"]\n',
        '"tests/**" = [\n  "S101", # x\n]\n',
        'ignore_imports = ["entrepot.a -> entrepot.b"]\n',
        'exhaustive_ignores = ["migrations"]\n',
        "ignore_missing_imports = true\n",
        "disallow_untyped_defs = false\n",
        'follow_imports = "skip"\n',
        'filterwarnings = [\n  "error",\n  "ignore::DeprecationWarning",\n]\n',
        'filterwarnings = ["error", "ignore"]\n',
        "omit = [\n  'src/*',\n]\n",
    ],
)
def test_a_silent_setting_is_found(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"pyproject.toml": f"[tool.something]\n{text}"})
    assert len(offences(tmp_path)) == 1


@pytest.mark.parametrize(
    "text",
    [
        'ignore = [\n  "S101", # assertions are bugs announcing themselves\n]\n',
        'filterwarnings = ["error"]\n',
        "strict = true\n",
        'select = ["ALL"]\nfiles = ["src", "tests"]\n',
        "allow_indirect_imports = true\n",
    ],
)
def test_a_setting_with_a_reason_passes(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"pyproject.toml": f"[tool.something]\n{text}"})
    assert offences(tmp_path) == []
