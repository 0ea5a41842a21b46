"""Types: one file each, with the resolvers of its fields by their names."""
