"""What people set: their account, and the namespaces that they own."""
