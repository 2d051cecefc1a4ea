"""The metadata in a relational database: one set of tables and queries, two adapters."""
