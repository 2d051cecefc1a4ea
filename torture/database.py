"""SQLite's own word on its file."""

from pathlib import Path

from entrepot.metadata.sql import driver


def faults(data: Path) -> list[str]:
    """What `PRAGMA integrity_check` finds in the database of a stopped server."""
    file = data / "entrepot.db"
    if not file.exists():
        return []
    connection = driver.connect(file)
    try:
        rows = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    except driver.Error as error:
        return [f"database: {error}"]
    finally:
        connection.close()
    return [f"database: {row}" for row in rows if row != "ok"]
