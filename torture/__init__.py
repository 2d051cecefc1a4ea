"""`make torture`: power cuts, kills and a soak, for hours rather than minutes."""
