"""Actions of notices, one a file."""
