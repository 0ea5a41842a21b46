"""What columns a sheet may have, and which column of a file is which of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from entrepot.infra import errors
from entrepot.infra.sheets.values import CellKind
from entrepot.kernel.refusal import Fault, Refusal, gather

ERROR: Final = "error"
"""The column that a file of failed rows has at its end; read over on the way in."""
NAME_LENGTH_MAX: Final = 60


class Column(msgspec.Struct, frozen=True):
    """A column of a sheet: our name, how its cells are read, and other names people give it.

    `is_read` is False for what is only shown on the way out, and read over on the way in.
    """

    name: str
    kind: CellKind = "text"
    synonyms: tuple[str, ...] = ()
    is_needed: bool = False
    is_read: bool = True


class Unique(msgspec.Struct, frozen=True):
    """Columns in all of which two rows of a file may not be alike.

    Only rows with something in the column `when` count. `is_caseless` compares without regard to
    case, `is_padded` without regard to zeros at the beginning.
    """

    columns: tuple[str, ...]
    when: str
    is_caseless: bool = False
    is_padded: bool = False

    def key(self, cells: Sequence[str]) -> str:
        """What the cells of these columns are compared by."""
        key = "\n".join(cells)
        if self.is_padded:
            key = key.lstrip("0")
        return key.casefold() if self.is_caseless else key


class Kind(msgspec.Struct, frozen=True):
    """A kind of sheet: what its rows are, its columns, and what tells its rows apart."""

    name: str
    columns: tuple[Column, ...]
    unique: tuple[Unique, ...]


class Mapped(msgspec.Struct, frozen=True):
    """Which columns of a file are read: each with its place; and the names of those that are not.

    `error` is the place of the column of errors, if the file has one.
    """

    read: tuple[tuple[int, Column], ...]
    ignored: tuple[str, ...]
    error: int | None


def map_columns(
    kind: Kind, header: Sequence[str], chosen: Mapping[str, str], *, ignore_unknown: bool
) -> Mapped | Refusal:
    """Find the columns of a kind in a header, by what the caller chose and by known names.

    A column for which "" was chosen is read over. Refuses, all at once, `import.map_not_valid`,
    `import.column_unknown`, `import.column_twice` and `import.column_missing`.
    """
    columns = {column.name: column for column in kind.columns}
    known = {_plain(name): column for column in kind.columns for name in _names(column)}
    wanted = {_plain(theirs): ours for theirs, ours in chosen.items()}
    faults = list(_map_faults(chosen, columns, {_plain(name) for name in header}))
    read: list[tuple[int, Column]] = []
    unknown: list[str] = []
    ignored: list[str] = []
    error = None
    for place, name in enumerate(header):
        plain = _plain(name)
        column = columns.get(wanted[plain]) if plain in wanted else known.get(plain)
        if column is not None and column.is_read:
            read.append((place, column))
        elif plain == ERROR and column is None:
            error = place
        else:
            ignored.append(name)
            if column is None and plain not in wanted:
                unknown.append(name or f"(column {place + 1}, without a name)")
    if unknown and not ignore_unknown:
        faults.append(_unknown(unknown, kind))
    faults += _column_faults(kind, header, read)
    return gather(faults, errors.PRECEDENCE) or Mapped(tuple(read), tuple(ignored), error)


def _map_faults(
    chosen: Mapping[str, str], columns: Mapping[str, Column], header: set[str]
) -> Iterator[Fault]:
    for theirs, ours in chosen.items():
        if ours and (ours not in columns or not columns[ours].is_read):
            there_are = ", ".join(name for name, column in columns.items() if column.is_read)
            yield Fault(
                errors.MAP_NOT_VALID,
                f"There is no field {ours[:NAME_LENGTH_MAX]}; there are {there_are}.",
                "map",
                {"field": ours},
            )
        if _plain(theirs) not in header:
            yield Fault(
                errors.MAP_NOT_VALID,
                f"The file has no column {theirs[:NAME_LENGTH_MAX]}.",
                "map",
                {"column": theirs},
            )


def _unknown(names: Sequence[str], kind: Kind) -> Fault:
    listed = ", ".join(name[:NAME_LENGTH_MAX] for name in names)
    return Fault(
        errors.COLUMN_UNKNOWN,
        f"These columns mean nothing here: {listed}. Map them to fields of {kind.name},"
        " or ask for unknown columns to be ignored.",
        None,
        {"columns": listed},
    )


def _column_faults(
    kind: Kind, header: Sequence[str], read: Sequence[tuple[int, Column]]
) -> Iterator[Fault]:
    for column in kind.columns:
        theirs = [header[place] for place, each in read if each is column]
        if len(theirs) > 1:
            listed = " and ".join(name[:NAME_LENGTH_MAX] for name in theirs)
            yield Fault(
                errors.COLUMN_TWICE,
                f"Several columns are {column.name}: {listed}. Rename or map all but one.",
                column.name,
                {"columns": listed},
            )
        if column.is_needed and not theirs:
            yield Fault(
                errors.COLUMN_MISSING,
                f"There is no column {column.name}, which every file of {kind.name} needs.",
                column.name,
            )


def guess_column(kind: Kind, name: str) -> Column | None:
    """The column of a kind that a name in a header means, as far as names are known."""
    plain = _plain(name)
    found = (each for each in kind.columns if plain in map(_plain, _names(each)))
    return next(found, None)


def _names(column: Column) -> tuple[str, ...]:
    return (column.name, *column.synonyms)


def _plain(name: str) -> str:
    """A column's name without regard to case, spaces and signs."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())
