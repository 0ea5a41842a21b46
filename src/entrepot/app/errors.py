"""What can go wrong with serving that a person can mend."""


class AddressTakenError(Exception):
    """The address to listen on cannot be had; the message says what to do."""
