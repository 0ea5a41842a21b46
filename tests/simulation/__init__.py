"""Worlds with a seed, and auditors that keep books of their own."""
