"""How alembic runs the steps: on the connection, and in the transaction, it is handed."""

from alembic import context

from entrepot.metadata.sql import tables_access  # noqa: F401 - adds its tables to the schema
from entrepot.metadata.sql.tables import schema

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=schema, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
