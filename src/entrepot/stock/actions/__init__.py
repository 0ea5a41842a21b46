"""Actions of stock, one a file."""
