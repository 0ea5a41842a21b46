"""What every room may use: ids, quantities, refusals, and the types that cross between areas.

Nothing here does I/O, reads a clock or makes a random value.
"""
