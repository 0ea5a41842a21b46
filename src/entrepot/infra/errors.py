"""Refusals of the ground: what any write may answer, and what is wrong with a file to import."""

from typing import Final

KEY_REUSED: Final = "request.key_reused"
ENCODING_NOT_RECOGNISED: Final = "import.encoding_not_recognised"
HEADER_MISSING: Final = "import.header_missing"
MAP_NOT_VALID: Final = "import.map_not_valid"
COLUMN_UNKNOWN: Final = "import.column_unknown"
COLUMN_TWICE: Final = "import.column_twice"
COLUMN_MISSING: Final = "import.column_missing"
DECIMALS_CONTRADICT: Final = "import.decimals_contradict"
DECIMALS_UNCLEAR: Final = "import.decimals_unclear"
TOO_MANY_ROWS: Final = "import.too_many_rows"
ROW_NOT_READABLE: Final = "import.row_not_readable"
ROW_REPEATED: Final = "import.row_repeated"
VALUE_NOT_VALID: Final = "import.value_not_valid"

PRECEDENCE: Final = (
    KEY_REUSED,
    ENCODING_NOT_RECOGNISED,
    HEADER_MISSING,
    MAP_NOT_VALID,
    COLUMN_UNKNOWN,
    COLUMN_TWICE,
    COLUMN_MISSING,
    DECIMALS_CONTRADICT,
    DECIMALS_UNCLEAR,
    TOO_MANY_ROWS,
    ROW_NOT_READABLE,
    ROW_REPEATED,
    VALUE_NOT_VALID,
)
