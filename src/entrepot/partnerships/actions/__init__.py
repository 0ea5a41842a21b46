"""Actions of partnerships, one a file."""
