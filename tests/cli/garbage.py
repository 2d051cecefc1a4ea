"""`entrepot gc` on a registry, and what its database says then."""

from contextlib import closing

from entrepot.metadata.sql import driver
from tests.cli.command import entrepot
from tests.registry.place import Place


def gc(place: Place, *words: str) -> str:
    """What a collection prints that succeeds."""
    done = entrepot("gc", "--data", place.root, *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def counts(told: str) -> list[int]:
    """Retired, restored, forgotten, strays, removed; and left as retired and as condemned."""
    return [int(line.split()[1]) for line in told.splitlines() if not line.startswith("left")]


def query(place: Place, statement: str, *values: object) -> list[tuple[object, ...]]:
    with closing(driver.connect(place.database)) as database:
        return database.execute(statement, values).fetchall()


def rows(place: Place) -> list[str]:
    """Every row of every table, as text."""
    tables = query(place, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    return [f"{name} {row}" for (name,) in tables for row in query(place, f"SELECT * FROM {name}")]
