"""Reads for doors: of orders, of those of marketplaces, and of what becomes of seller invoices."""
