"""Text that people wrote: names, codes, units."""


def is_plain(text: str, length_max: int) -> bool:
    """Whether text is 1 to `length_max` printable characters without outer spaces."""
    return 0 < len(text) <= length_max and text.isprintable() and text == text.strip()
