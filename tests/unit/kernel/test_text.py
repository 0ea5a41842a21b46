"""What people may write as a name, a code or a unit."""

from __future__ import annotations

import pytest

from entrepot.kernel.text import is_plain


@pytest.mark.parametrize("text", ["a", "Jean's farm", "Söhne & Co", "木", "a b", "x" * 10])
def test_plain_text(text: str) -> None:
    assert is_plain(text, 11)


@pytest.mark.parametrize(
    "text", ["", " ", " a", "a ", "a\nb", "a\tb", "a\x00", "\u200b", "\ud800", "x" * 12]
)
def test_text_that_is_not_plain(text: str) -> None:
    assert not is_plain(text, 11)
