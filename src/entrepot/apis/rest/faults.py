"""Names everything that is wrong with a body or a query at once, with the path of each field.

Decoding stops at the first fault and is fast; this walks the same types and is only asked when
decoding has failed.
"""

import types
import typing
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final, Literal

import msgspec

from entrepot.apis.rest import errors
from entrepot.kernel.refusal import Fault, Refusal, gather

FAULTS_MAX: Final = 100
"""Faults named in one answer."""
_NAME_LENGTH_MAX: Final = 100

_EXPECTED: Final[Mapping[object, str]] = {
    bool: "true or false",
    int: "a whole number",
    str: "text",
    Decimal: "a number, or a number as text",
    datetime: "a time with its zone, such as 2026-01-31T12:00:00Z",
    date: "a day, such as 2026-01-31",
}


def name_faults(wanted: Any, value: object, *, strict: bool = True) -> Refusal:  # noqa: ANN401 - any type that can be decoded
    """Say what keeps a decoded value from being what is wanted."""
    faults = islice(_faults(wanted, value, "", strict=strict), FAULTS_MAX)
    refusal = gather(faults, errors.PRECEDENCE)
    assert refusal is not None, "a value that could not be decoded has a fault"
    return refusal


def name_nuls(value: object) -> tuple[Fault, ...]:
    """Name the texts of a body that hold a NUL, if there are any."""
    return tuple(islice(_nuls(value, ""), FAULTS_MAX))


def _nuls(value: object, path: str) -> Iterator[Fault]:
    if isinstance(value, str):
        if "\0" in value:
            yield _not_valid(path, "text without NUL characters")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _nuls(each, f"{path}[{number}]")
    elif isinstance(value, dict):
        for name, each in value.items():
            shown = name.replace("\0", "?")[:_NAME_LENGTH_MAX]
            yield from _nuls(each, f"{path}.{shown}" if path else shown)


def _faults(wanted: Any, value: object, path: str, *, strict: bool) -> Iterator[Fault]:  # noqa: ANN401 - as above
    plain, may_be_none = _plain(wanted)
    if value is None and may_be_none:
        return
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        yield from _struct_faults(plain, value, path, strict=strict)
    elif typing.get_origin(plain) is list:
        if not isinstance(value, list):
            yield _not_valid(path, "a list")
            return
        (inner,) = typing.get_args(plain)
        for number, each in enumerate(value):
            yield from _faults(inner, each, f"{path}[{number}]", strict=strict)
    else:
        try:
            msgspec.convert(value, wanted, strict=strict)
        except (msgspec.ValidationError, ValueError, OverflowError):
            yield _not_valid(path, _expected(plain, wanted))


def _struct_faults(
    wanted: type[msgspec.Struct], value: object, path: str, *, strict: bool
) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield _not_valid(path, "an object")
        return
    before = f"{path}." if path else ""
    fields = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    for name in value:
        if name not in fields:
            shown = str(name)[:_NAME_LENGTH_MAX]
            yield Fault(
                errors.FIELD_UNKNOWN,
                f"There is no field {shown} here; there are {', '.join(fields)}.",
                before + shown,
            )
    for name, field in fields.items():
        if name in value:
            yield from _faults(field.type, value[name], before + name, strict=strict)
        elif field.required:
            yield Fault(errors.FIELD_MISSING, f"The field {name} is missing.", before + name)


def _not_valid(path: str, expected: str) -> Fault:
    return Fault(
        errors.FIELD_NOT_VALID,
        f"{path or 'The body'} must be {expected}.",
        path or None,
        {"expected": expected},
    )


def _plain(wanted: Any) -> tuple[Any, bool]:  # noqa: ANN401 - as above
    """Take annotations, None and being absent off a type; say whether it may be None."""
    if typing.get_origin(wanted) is typing.Annotated:
        wanted = typing.get_args(wanted)[0]
    if typing.get_origin(wanted) in {typing.Union, types.UnionType}:
        every = typing.get_args(wanted)
        parts = [part for part in every if part not in {type(None), msgspec.UnsetType}]
        if len(parts) < len(every) and len(parts) == 1:
            return _plain(parts[0])[0], type(None) in every
    return wanted, False


def _expected(plain: Any, wanted: Any) -> str:  # noqa: ANN401 - as above
    """Say in words what a value must be, with its bounds."""
    if typing.get_origin(plain) is Literal:
        return "one of " + ", ".join(str(each) for each in typing.get_args(plain))
    expected = _EXPECTED.get(plain, "something else")
    for part in _annotations(wanted):
        if part.max_length is not None:
            expected += f" of at most {part.max_length} characters"
        if part.ge is not None:
            expected += f" from {part.ge}"
        if part.le is not None:
            expected += f" to {part.le}"
    return expected


def _annotations(wanted: Any) -> Iterator[msgspec.Meta]:  # noqa: ANN401 - as above
    for part in typing.get_args(wanted):
        if isinstance(part, msgspec.Meta):
            yield part
        elif typing.get_args(part):
            yield from _annotations(part)
