"""/api: everything that can be done to accounts and access, as JSON."""
