"""The distribution API, one module a noun."""
