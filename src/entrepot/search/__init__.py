"""Search: what repositories are found by, and how they are found."""
