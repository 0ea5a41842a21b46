"""What can be asked at the root: one file a topic, with resolvers by the names of their fields."""
