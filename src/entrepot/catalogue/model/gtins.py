"""GTINs: the numbers under barcodes, of 8, 12, 13 or 14 digits, the last of which checks them."""

from typing import Final

GTIN_LENGTHS: Final = frozenset({8, 12, 13, 14})
GTIN_DIGITS: Final = max(GTIN_LENGTHS)


def is_gtin(text: str) -> bool:
    """Whether text is a GTIN: digits only, of a length there is, with the right check digit."""
    if len(text) not in GTIN_LENGTHS or not (text.isascii() and text.isdecimal()):
        return False
    # With it come all prefixes that GS1 ever gave out: a quarter of a second that few need.
    from biip.checksums import gs1_standard_check_digit  # noqa: PLC0415 - as said above

    return gs1_standard_check_digit(text[:-1]) == int(text[-1])


def gtin_key(gtin: str) -> str:
    """What GTINs are compared by: a number is the same GTIN whatever zeros it begins with."""
    return gtin.rjust(GTIN_DIGITS, "0")
