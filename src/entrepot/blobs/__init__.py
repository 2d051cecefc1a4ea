"""The bytes: finished content by digest, unfinished content by upload."""
