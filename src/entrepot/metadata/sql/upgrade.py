"""The steps of migrations/ that a database lacks, taken by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from entrepot.errors import ConfigInvalid


def upgrade(connection: Connection, steps: Path) -> None:
    """Bring the database to the last of the steps, in the connection's transaction; ConfigInvalid.

    Raised where the database is further than they lead.
    """
    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigInvalid(
            f"the database was made by a newer Entrepot ({error}); run that one or a later one"
        ) from error
