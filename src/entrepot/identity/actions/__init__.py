"""Actions of identity, one a file."""
