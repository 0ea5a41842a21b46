"""The programs that send orders, each in a process of its own so that its CPU can be told apart."""
