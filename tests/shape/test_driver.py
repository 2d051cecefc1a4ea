"""Files of SQLite are opened by one library, that of metadata/sql/driver.py."""

import re

from tests.shape.tree import texts

PYTHONS_OWN = re.compile(
    r"^\s*(?:import|from) _?sqlite3\b|[\"'](?:import|from) sqlite3\b", re.MULTILINE
)
APSW = re.compile(r"^\s*(?:import|from) apsw\b", re.MULTILINE)
# The driver and what is built on it; databases that are in memory only; another process.
ALLOWED = {
    "src/entrepot/metadata/sql/driver.py",
    "src/entrepot/metadata/sql/dbapi.py",
    "src/entrepot/metadata/sql/failures.py",
    "src/entrepot/metadata/sql/refusals.py",
    "src/entrepot/registry/layers/rpm_sqlite.py",
    "tests/registry/rpms.py",
}


def importers(pattern: re.Pattern[str]) -> set[str]:
    return {path for path, text in texts() if path.endswith(".py") and pattern.search(text)}


def test_pythons_own_driver_is_not_used() -> None:
    """Beside another SQLite in one process it would release that one's locks."""
    assert importers(PYTHONS_OWN) == set()


def test_the_driver_is_chosen_in_one_place() -> None:
    assert importers(APSW) == ALLOWED
