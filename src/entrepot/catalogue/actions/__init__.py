"""Actions of catalogue, one a file."""
