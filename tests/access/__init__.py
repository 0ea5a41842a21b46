"""Who may see and do what: the access matrix over every served route, and a read oracle."""
