"""Actions of orders, one a file."""
