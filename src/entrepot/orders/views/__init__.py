"""Reads of orders and of what becomes of seller invoices, for doors."""
