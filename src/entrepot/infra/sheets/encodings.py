"""Recognises how the text of a file is encoded, in one pass over its bytes.

UTF-8 is proved by reading the file as such; UTF-16 by its mark. Windows-1252 has no proof: it is
taken only for files that are no UTF-8 and hold none of the signs that other old encodings would
show in its place. Anything else is refused.
"""

import codecs
import hashlib
from typing import BinaryIO, Final

import msgspec

from entrepot.infra import errors
from entrepot.kernel.refusal import Refusal, refuse

_BLOCK: Final = 1 << 20
_NUL_SHARE_MAX: Final = 8
"""One NUL among so many bytes is no slip any more but another encoding."""

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Marks at the beginning of a file, and the codec of each; none for what is not read."""

WINDOWS: Final = "windows-1252"
_LIKELY_IN_WINDOWS: Final = bytes(range(0x80)) + bytes(
    # The euro sign, dots, quotes, dashes and the trade mark; and all that ISO 8859-1 has too.
    [0x80, 0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x99, *range(0xA0, 0x100)]
)
"""Old encodings of DOS and the Macintosh have their accented letters elsewhere, below 0xA0."""


class Recognised(msgspec.Struct, frozen=True):
    """What the bytes of a file are: how they are read, their SHA-256, how many, any NULs."""

    encoding: str
    digest: bytes
    size: int
    has_nuls: bool


def recognise(source: BinaryIO) -> Recognised | Refusal:
    """Read a file once and say how its text is encoded.

    Refuses `import.encoding_not_recognised`, with what to do.
    """
    source.seek(0)
    first = source.read(4)
    marked = next((codec for mark, codec in _MARKS if first.startswith(mark)), None)
    if marked == "":
        return _refuse("It is written in UTF-32.")
    source.seek(0)
    digest = hashlib.sha256()
    size = nuls = 0
    decoder = codecs.getincrementaldecoder(marked or "utf-8")("strict")
    is_readable = is_windows = True
    while block := source.read(_BLOCK):
        digest.update(block)
        size += len(block)
        nuls += block.count(b"\0")
        is_windows = is_windows and not block.translate(None, _LIKELY_IN_WINDOWS)
        is_readable = is_readable and _decodes(decoder, block)
    is_readable = is_readable and _decodes(decoder, b"", final=True)
    if marked is not None and not is_readable:
        return _refuse(f"It begins as {marked.upper()} and does not go on so.")
    if marked != "utf-16" and nuls * _NUL_SHARE_MAX > size:
        return _refuse("It is full of NUL bytes, as UTF-16 without its mark or no text at all.")
    if is_readable:
        encoding = marked or "utf-8"
    elif is_windows and not nuls:
        encoding = WINDOWS
    else:
        return _refuse("It is neither UTF-8 nor clearly Windows-1252.")
    return Recognised(encoding, digest.digest(), size, marked != "utf-16" and nuls > 0)


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _refuse(reason: str) -> Refusal:
    return refuse(
        errors.ENCODING_NOT_RECOGNISED,
        f"The file's text cannot be read for certain. {reason} Save it as CSV in UTF-8.",
        facts={"reason": reason},
    )
