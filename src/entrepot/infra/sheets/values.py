"""Reads cells: text, exact numbers with a decimal comma or point, whole numbers, yes and no."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, Literal, TypeAlias

DecimalMark: TypeAlias = Literal["comma", "point"]
Value: TypeAlias = str | Decimal | int | bool | None
CellKind: TypeAlias = Literal["text", "number", "percentage", "whole", "flag"]
Parse: TypeAlias = Callable[[str], Value]
"""Reads a cell that is not empty; raises ValueError with what would be right."""

NUMBER_LENGTH_MAX: Final = 40

_POINT: Final = re.compile(r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?")
_COMMA: Final = re.compile(r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,[0-9]+)?")
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
# Leading zeros, as in 0,125 and 00.125, never stand before a mark of thousands.
_EITHER: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_SPACES: Final = str.maketrans("", "", " \u00a0\u202f")

_FLAGS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("yes", "y", "true", "1", "ja", "j", "waar", "x"), True),
    **dict.fromkeys(("no", "n", "false", "0", "nee", "onwaar", "-"), False),
}


def parser_of(kind: CellKind, mark: DecimalMark) -> Parse:
    """What reads the cells of a column of this kind."""
    if kind == "number":
        return _number_with_comma if mark == "comma" else _number_with_point
    if kind == "percentage":
        number = _number_with_comma if mark == "comma" else _number_with_point
        return lambda text: number(text.removesuffix("%").rstrip())
    others: Mapping[str, Parse] = {"text": _text, "whole": _whole, "flag": _flag}
    return others[kind]


def marks_of(text: str) -> DecimalMark | Literal["either"] | None:
    """Which decimal mark the number in a cell proves; None when it proves none.

    `either` is a number such as 1.234, which is a thousand to some and hardly more than one to
    others.
    """
    text = _bare(text)
    if _EITHER.fullmatch(text):
        return "either"
    comma, point = _COMMA.fullmatch(text), _POINT.fullmatch(text)
    if comma is None:
        return None if point is None else "point"
    return "comma" if point is None else None


def _text(text: str) -> str:
    return text


def _number_with_point(text: str) -> Decimal:
    bare = _bare(text)
    if _POINT.fullmatch(bare) is None:
        raise ValueError("a number such as 1234.56 (this file has decimal points)")
    return Decimal(bare.replace(",", ""))


def _number_with_comma(text: str) -> Decimal:
    bare = _bare(text)
    if _COMMA.fullmatch(bare) is None:
        raise ValueError("a number such as 1234,56 (this file has decimal commas)")
    return Decimal(bare.replace(".", "").replace(",", "."))


def _whole(text: str) -> int:
    if _WHOLE.fullmatch(text) is None:
        raise ValueError("a whole number, such as 12")
    return int(text)


def _flag(text: str) -> bool:
    flag = _FLAGS.get(text.casefold())
    if flag is None:
        raise ValueError("yes or no")
    return flag


def _bare(text: str) -> str:
    """A number without spaces and without the sign of the currency, which says nothing here."""
    if len(text) > NUMBER_LENGTH_MAX:
        return ""
    if text.isascii() and " " not in text:
        return text
    return text.translate(_SPACES).removeprefix("€").removesuffix("€")
