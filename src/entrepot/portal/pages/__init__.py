"""All pages, one file a subject: what a page shows, and what its forms do."""

from typing import Final

from entrepot.portal.pages import (
    entering,
    home,
    imports,
    notices,
    orders,
    orders_acts,
    orders_placing,
    partners,
    partners_activity,
    partners_allocations,
    partners_inviting,
    partners_matches,
    partners_matching,
    partners_suppliers,
    partners_terms,
    preferences,
    products,
    products_changing,
    products_new,
    searching,
    settlement,
    settlement_open,
    stock,
    stock_acts,
)
from entrepot.portal.routes import Page

PAGES: Final[tuple[Page, ...]] = (
    *entering.PAGES,
    *home.PAGES,
    *notices.PAGES,
    *imports.PAGES,
    *orders.PAGES,
    *orders_acts.PAGES,
    *orders_placing.PAGES,
    *partners.PAGES,
    *partners_activity.PAGES,
    *partners_allocations.PAGES,
    *partners_inviting.PAGES,
    *partners_matches.PAGES,
    *partners_matching.PAGES,
    *partners_suppliers.PAGES,
    *partners_terms.PAGES,
    *preferences.PAGES,
    *products.PAGES,
    *products_changing.PAGES,
    *products_new.PAGES,
    *searching.PAGES,
    *settlement.PAGES,
    *settlement_open.PAGES,
    *stock.PAGES,
    *stock_acts.PAGES,
)
"""Every page and every form's act."""
