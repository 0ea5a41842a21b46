"""Text that people wrote: names, codes, units."""


def is_plain(text: str, length_max: int) -> bool:
    """Whether text is 1 to `length_max` printable characters without outer spaces."""
    return 0 < len(text) <= length_max and text.isprintable() and text == text.strip()


def pattern_of(text: str) -> str | None:
    """What holds a text, as SQL's LIKE has it, whatever signs are in it; None for an empty one."""
    if not text:
        return None
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
