"""Entrepot: a server that companies on one wholesale network share."""

__version__ = "0.1.0"
