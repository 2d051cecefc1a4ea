"""Telling other servers what happened here."""
