"""Measurements against Debian's docker-registry, side by side on one machine."""
