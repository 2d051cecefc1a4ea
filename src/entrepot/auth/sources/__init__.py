"""Where identities come from, beside accounts with a password here."""
