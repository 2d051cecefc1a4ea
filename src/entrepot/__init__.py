"""Entrepot: a container-image registry, hub and mirror."""

__version__ = "0.1.0"
