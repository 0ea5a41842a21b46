"""Actions of sales sessions, one a file."""
