"""The suite: one folder for each kind of test, and the house rules in `tidy`."""
