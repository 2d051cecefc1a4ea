"""People, organizations and machines: who there is, and what they were given."""
