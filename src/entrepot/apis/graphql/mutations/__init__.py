"""Acts: one file each, with the resolver of its field."""
