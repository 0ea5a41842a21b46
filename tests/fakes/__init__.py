"""Stand-ins for what lies outside; each behaves as the real thing as far as tests can see."""
