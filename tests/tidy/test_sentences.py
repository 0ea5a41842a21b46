"""Refusals, notices and acts have their sentences, and no sentence is left over.

They are told by code from `portal/locale/<topic>.<language>.toml`. Which codes there are is read
from where they are made: the `errors.py` of rooms, what pages find in forms, the calls that raise
notices, and those that write the audit.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.tidy.house import PACKAGE, ROOT, Finding, files, plant, report, source, tree_of

LOCALE: Final = PACKAGE / "portal/locale"
CODE: Final = re.compile(r"^[a-z]+(_[a-z]+)*\.[a-z_]+$")
# A module that gives a name to a code, as `_constants` finds it, has this somewhere.
NAMED: Final = re.compile(r"""^\w+\s*:[^=\n]*=[\s(]*["'][a-z_]+\.[a-z_]+["']""", re.MULTILINE)
PLACE: Final = re.compile(r"\{([a-z_]*)\}")
# Programs alone are told these: no page sends what could be refused so, or catches it.
FOR_PROGRAMS: Final = {PACKAGE / each for each in ("apis", "app", "cli", "infra/postgres")}


class Maker(NamedTuple):
    """A call that names a code: which argument does, and what stands before it."""

    argument: int
    before: str = ""


ACTS: Final[Mapping[str, Maker]] = {
    "Act": Maker(3),
    "Decision": Maker(0),
    "Happening": Maker(0),
}
NOTICES: Final[Mapping[str, Maker]] = {
    "AllocationNotice": Maker(1),
    "Notice": Maker(1),
    "PartnerNotice": Maker(1),
    "SettlementNotice": Maker(1),
    "_telling": Maker(1),
    "answer_notice": Maker(1),
    "notice_of": Maker(0),
    "partner_notice": Maker(2, "partnerships."),
}
PUT_TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {
    "f'partnerships.partnership_{becomes}'": (
        "partnerships.partnership_paused",
        "partnerships.partnership_resumed",
    ),
    "f'partnerships.{happened}'": (),  # those of `partner_notice`, each counted where it is called
    "becomes": ("partnerships.paused", "partnerships.resumed"),
}
"""Codes that are put together when they are needed, by how that is written."""


def refusals(root: Path) -> set[str]:
    """Every code that a page may have to tell."""
    found: set[str] = set()
    for path in files(".py", PACKAGE, root):
        if PACKAGE / "portal" in path.parents:
            constants = _constants(tree_of(path, root))
            found |= {code for _, code in constants if code.startswith("portal.")}
        elif path.name == "errors.py" and not FOR_PROGRAMS & set(path.parents):
            found |= set(_codes(tree_of(path, root)))
    return found


def named_by(makers: Mapping[str, Maker], root: Path) -> set[str]:
    """Every code that such calls name."""
    found: set[str] = set()
    calls = re.compile(rf"\b(?:{'|'.join(makers)})\s*\(")
    texts = {path: source(path, root) for path in files(".py", PACKAGE, root)}
    trees = {
        path: tree_of(path, root)
        for path, text in texts.items()
        if calls.search(text) or NAMED.search(text)
    }
    constants = {name: value for tree in trees.values() for name, value in _constants(tree)}
    for tree in trees.values():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            maker = makers.get(getattr(node.func, "id", ""))
            if maker is not None and maker.argument < len(node.args):
                found |= _meant(node.args[maker.argument], maker.before, tree, constants)
    return found


def _meant(
    argument: ast.expr, before: str, tree: ast.Module, constants: Mapping[str, str]
) -> set[str]:
    """The codes that an argument can stand for."""
    written = ast.unparse(argument)
    if written in PUT_TOGETHER:
        return set(PUT_TOGETHER[written])
    match argument:
        case ast.Constant(value=str(value)):
            return {before + value}
        case ast.Name(id=name) if name in constants:
            return {constants[name]}
        case ast.Name(id=name):
            return set(_given(name, tree))
        case ast.Subscript(value=ast.Name(id=name)):
            return set(_given(name, tree))
        case ast.Attribute():
            return set()  # passed on, and counted where it was made
        case _:
            raise AssertionError(f"say in PUT_TOGETHER which codes {written} stands for")


def _given(name: str, tree: ast.Module) -> Iterator[str]:
    """What a variable or a parameter of this name is given anywhere in a module."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield from _codes(value)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if (
                target == name
            ):
                yield from _codes(value)
            case ast.keyword(arg=arg, value=value) if arg == name:
                yield from _codes(value)
            case ast.arguments(args=names, defaults=values):
                defaults: list[tuple[ast.arg, ast.expr | None]] = [
                    *zip(names[len(names) - len(values) :], values, strict=True)
                ]
                for each, usual in (
                    *defaults,
                    *zip(node.kwonlyargs, node.kw_defaults, strict=True),
                ):
                    if each.arg == name and usual is not None:
                        yield from _codes(usual)
            case _:
                pass


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(value)) if CODE.match(value):
                yield value
            case _:
                pass


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names that a module gives to codes."""
    for node in tree.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(value))) if (
                CODE.match(value)
            ):
                yield name, value
            case _:
                pass


def offences(topic: str, language: str, codes: set[str], root: Path) -> list[Finding]:
    """What is wrong with the sentences of a topic in a language."""
    file = LOCALE / f"{topic}.{language}.toml"
    text = (root / file).read_text(encoding="utf-8") if (root / file).exists() else ""
    told = tomllib.loads(text)
    found = []
    # The areas' own sentences are English; those of pages stand in for them where need be.
    if (topic, language) != ("refusals", "en"):
        missing = sorted(codes - told.keys())
        found += [Finding(str(file), 0, f'"{code}" = ""  # is missing') for code in missing]
    for code, said in told.items():
        line = next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith(f'"{code}"'))
        if code not in codes and not (topic == "notices" and code.rpartition(".")[0] in codes):
            found.append(Finding(str(file), line, f"nothing says {code}"))
        sentences = [said] if isinstance(said, str) else said
        if not all(sentences):
            found.append(Finding(str(file), line, f"{code} is empty"))
        if topic != "notices" and PLACE.search(sentences[-1]):
            found.append(Finding(str(file), line, f"the last sentence of {code} needs a fact"))
    return found


@pytest.mark.parametrize("topic", ["refusals", "notices", "acts"])
def test_each_code_has_its_sentence(topic: str) -> None:
    codes = {
        "refusals": lambda: refusals(ROOT),
        "notices": lambda: named_by(NOTICES, ROOT),
        "acts": lambda: named_by(ACTS, ROOT),
    }[topic]()
    assert len(codes) > 10
    found = [each for language in ("nl", "en") for each in offences(topic, language, codes, ROOT)]
    assert not found, report(found)


def test_codes_are_found_where_they_are_made(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "src/entrepot/stock/errors.py": 'SHORT: Final = "stock.short"\n',
            "src/entrepot/apis/rest/errors.py": 'ODD: Final = "request.odd"\n',
            "src/entrepot/portal/forms.py": 'MISSING: Final = "portal.missing"\n',
            "src/entrepot/stock/a.py": (
                'ENDED: Final = "stock.ended"\n'
                'ACTS: Final = {"on": "stock.turned_on", "off": "stock.turned_off"}\n'
                "def do(act: str = 'stock.done'):\n"
                "    name = 'stock.one' if act else 'stock.other'\n"
                "    Happening(act, subject, answer)\n"
                "    Happening(name, subject, answer)\n"
                "    Happening(ENDED, subject, answer)\n"
                "    Happening(ACTS[state], subject, answer)\n"
                "    Happening(each.act, subject, answer)\n"
                "    partner_notice(row, me, 'moved')\n"
            ),
        },
    )
    assert refusals(tmp_path) == {"stock.short", "portal.missing"}
    assert named_by(ACTS, tmp_path) == {
        f"stock.{each}" for each in ("done", "one", "other", "ended", "turned_on", "turned_off")
    }
    assert named_by(NOTICES, tmp_path) == {"partnerships.moved"}


def test_a_code_that_is_put_together_has_to_be_explained(tmp_path: Path) -> None:
    plant(tmp_path, {"src/entrepot/stock/a.py": "Happening(f'stock.{state}', subject, answer)\n"})
    with pytest.raises(AssertionError, match="PUT_TOGETHER"):
        named_by(ACTS, tmp_path)


def test_sentences_that_are_missing_left_over_or_in_want_of_a_fact_are_found(
    tmp_path: Path,
) -> None:
    text = '"stock.gone" = "Weg."\n"stock.short" = ["Er zijn er {left}."]\n"stock.empty" = ""\n'
    plant(tmp_path, {str(LOCALE / "refusals.nl.toml"): text})
    codes = {"stock.short", "stock.late", "stock.empty"}
    assert [each.says for each in offences("refusals", "nl", codes, tmp_path)] == [
        '"stock.late" = ""  # is missing',
        "nothing says stock.gone",
        "the last sentence of stock.short needs a fact",
        "stock.empty is empty",
    ]
