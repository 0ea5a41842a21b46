"""The table of pages says something about every page, and nothing that no page takes."""

from __future__ import annotations

from typing import Final

import pytest

from entrepot.portal import PAGES
from tests.access.pages_table import PAGE_TABLE, PageRow, Visitor

SERVED: Final = {f"{page.method} {page.path}": page for page in PAGES}


def test_every_page_has_one_row_and_every_row_a_page() -> None:
    assert sorted(row.page for row in PAGE_TABLE) == sorted(SERVED)


@pytest.mark.parametrize("row", PAGE_TABLE, ids=lambda row: row.page)
def test_a_row_names_the_scope_and_only_what_the_page_takes(row: PageRow) -> None:
    page = SERVED[row.page]
    who = Visitor.EVERYBODY if page.for_everybody else page.scope or Visitor.ANY_PERSON
    assert who == row.who
    assert set(row.query) <= set(page.query)
    assert set(row.fields) <= set(page.fields)
    assert page.method == "POST" or not (page.fields or page.files)
