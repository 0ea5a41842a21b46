"""Makes what tests need, in the domain's words and with sensible defaults."""
