"""Frozen records, free of any storage."""
