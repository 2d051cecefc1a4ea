"""The garbage collection: what nothing names any more goes, while the registry serves."""
