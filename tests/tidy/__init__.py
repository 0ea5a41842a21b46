"""The house rules, each a test that is itself tested on planted offences."""
