"""Scalars: what is taken from clients, and what they are answered.

What cannot be taken is refused in the words that clients of marketplaces know.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from graphql import (
    FloatValueNode,
    GraphQLError,
    GraphQLSchema,
    IntValueNode,
    StringValueNode,
    ValueNode,
    value_from_ast_untyped,
)
from graphql.type import GraphQLScalarType

from entrepot.kernel.quantity import quantity_text

_DIGITS_MAX: Final = 40
_SHOWN_MAX: Final = 100
_DATE_LENGTH: Final = 10


class Rule(NamedTuple):
    """How a scalar is read from a client's value, and written; and which literals may say it."""

    read: Callable[[Any], object]
    write: Callable[[Any], object]
    literals: tuple[type[ValueNode], ...] = (StringValueNode,)


def read_moment(value: Any) -> datetime:  # noqa: ANN401 - whatever a client sent
    """Read a moment; one without an offset is in UTC, and a day alone is its beginning."""
    if isinstance(value, str) and "\0" not in value:
        try:
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise _refused(value, "ISO8601DateTime")


def read_date(value: Any) -> date:  # noqa: ANN401 - as above
    """Read a day, or the day of a moment as it is written."""
    if isinstance(value, str):
        try:
            if len(value) > _DATE_LENGTH:
                datetime.fromisoformat(value)
                # Python takes an hour alone for a time; those who wrote a day and a half did not.
                if ":" in value:
                    return date.fromisoformat(value[:_DATE_LENGTH])
            else:
                return date.fromisoformat(value)
        except ValueError:
            pass
    raise _refused(value, "ISO8601Date")


def read_decimal(value: Any) -> Decimal:  # noqa: ANN401 - as above
    """Read an exact number, as text or as a number; a number is taken as it is written in JSON."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        text = str(value)
        try:
            number = Decimal(text) if len(text) <= _DIGITS_MAX else None
        except InvalidOperation:
            number = None
        if number is not None and number.is_finite() and abs(number.adjusted()) <= _DIGITS_MAX:
            return number
    raise _refused(value, "Decimal")


def read_whole(value: Any) -> int:  # noqa: ANN401 - as above
    """Read a whole number, as text or as a number."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        text = str(value)
        if len(text) <= _DIGITS_MAX and text.isascii() and text.lstrip("-").isdigit():
            try:
                return int(text)
            except ValueError:
                pass
    raise _refused(value, "BigInt")


def write_moment(value: datetime) -> str:
    """Write a moment in UTC, to the second."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_decimal(value: Decimal) -> str:
    """Write an exact number with at least one place after the point: 25.0."""
    text = quantity_text(value)
    return text if "." in text else f"{text}.0"


def _as_it_is(value: Any) -> Any:  # noqa: ANN401 - any JSON is itself
    return value


RULES: Final[Mapping[str, Rule]] = {
    "ISO8601DateTime": Rule(read_moment, write_moment),
    "ISO8601Date": Rule(read_date, date.isoformat),
    "Decimal": Rule(read_decimal, write_decimal, (StringValueNode, IntValueNode, FloatValueNode)),
    "BigInt": Rule(read_whole, str, (StringValueNode, IntValueNode)),
}


def bind_scalars(schema: GraphQLSchema) -> None:
    """Teach a schema how its scalars are read and written."""
    for name, rule in RULES.items():
        scalar = _scalar(schema, name)
        scalar.coerce_input_value = rule.read
        scalar.coerce_output_value = rule.write
        scalar.coerce_input_literal = _literal_reader(name, rule)
    json = _scalar(schema, "JSON")
    json.coerce_input_value = _as_it_is
    json.coerce_output_value = _as_it_is
    json.coerce_input_literal = value_from_ast_untyped


def _scalar(schema: GraphQLSchema, name: str) -> GraphQLScalarType:
    scalar = schema.type_map[name]
    assert isinstance(scalar, GraphQLScalarType), "the schema declares its scalars"
    return scalar


def _literal_reader(name: str, rule: Rule) -> Callable[[ValueNode], object]:
    def read(node: ValueNode) -> object:
        if not isinstance(node, rule.literals):
            raise _refused(getattr(node, "value", node.kind), name)
        return rule.read(node.value)  # type: ignore[attr-defined] # literals of these kinds have one

    return read


def _refused(value: object, kind: str) -> GraphQLError:
    shown = f'"{value[:_SHOWN_MAX]}"' if isinstance(value, str) else str(value)[:_SHOWN_MAX]
    return GraphQLError(f"Could not coerce value {shown} to {kind}")
