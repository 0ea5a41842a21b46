"""Actions of settlement, one a file."""
