"""Actions of webhooks, one a file."""
