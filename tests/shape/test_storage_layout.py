"""docs/reference/storage-layout.md tells of every table, and of every column."""

import re

from entrepot.metadata.sql import transaction  # noqa: F401 - whatever it offers has its tables here
from entrepot.metadata.sql.tables import schema
from tests.shape.tree import ROOT

PAGE = ROOT / "docs" / "reference" / "storage-layout.md"
# Its rows begin and end with names in backticks: of a table, and of its columns.
ROW = re.compile(r"^\| `(\w+)` \|.*\| ((?:`\w+`(?:, )?)+) \|$", re.MULTILINE)
ALEMBIC = {"alembic_version": {"version_num"}}


def test_the_page_has_all_tables_and_columns() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    told = {table: set(re.findall(r"`(\w+)`", columns)) for table, columns in rows}
    known = {
        name: {column.name for column in table.columns} for name, table in schema.tables.items()
    }
    assert told == known | ALEMBIC
