"""A database of RPM that a stranger made is read within bounds, and never a reason to fail."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.registry.layers.packages import read_packages
from tests.registry import rpms
from tests.registry.rpms import SQLITE, TABLE

VIEW = f"CREATE VIEW Packages AS SELECT 1 AS hnum, x'{rpms.header().hex()}' AS blob"
ENDLESS = """CREATE VIEW Packages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
SELECT i AS hnum, zeroblob(1000) AS blob FROM n"""
COMPUTED = f"CREATE TABLE Packages (hnum INTEGER, blob BLOB AS (x'{rpms.header().hex()}'))"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One with packages that RPM installed."""
    return rpms.installed(tmp_path_factory.mktemp("rpm"))


def read(content: bytes) -> list[tuple[str, str]]:
    found = read_packages(SQLITE, bytearray(content))
    return [(package.name, package.version) for package in found]


@given(st.data())
def test_a_damaged_database_is_survived(database: bytes, data: st.DataObject) -> None:
    changed = bytearray(database)
    places = st.integers(0, 200) | st.integers(0, len(changed) - 1)
    for place, value in data.draw(st.dictionaries(places, st.integers(0, 255), max_size=8)).items():
        changed[place] = value
    length = data.draw(st.just(len(changed)) | st.integers(0, len(changed)))
    told = read(bytes(changed[:length]))
    assert all(name and version for name, version in told)
    assert sum(len(name) + len(version) for name, version in told) <= len(changed)


@given(st.binary(max_size=5000))
def test_any_content_is_survived(content: bytes) -> None:
    read(content)
    read(b"SQLite format 3\0" + content)


@given(st.binary(max_size=200))
def test_any_header_is_survived(header: bytes) -> None:
    read(rpms.sqlite(TABLE, headers=[header]))


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(struct.pack(">2I", 0xFFFFFFFF, 0xFFFFFFFF), id="huge counts"),
        pytest.param(struct.pack(">2I", 1, 0xFFFFFFF0) + bytes(16), id="huge data"),
        pytest.param(rpms.header()[:-1], id="cut off"),
        pytest.param(rpms.counted([(1000, 6, 0xFFFFFFFF, 1), (1001, 6, 0, 1)], b"1\0"), id="far"),
        pytest.param(rpms.counted([(1000, 4, 0, 1), (1001, 6, 0, 1)], b"1234\0"), id="a number"),
        pytest.param(rpms.header(name=""), id="no name"),
        pytest.param(rpms.header(version=""), id="no version"),
    ],
)
def test_a_header_that_makes_no_sense_is_left_out(header: bytes) -> None:
    rows = [rpms.header("before"), header, rpms.header("after")]
    told = read(rpms.sqlite(TABLE, headers=rows))
    assert told == [("before", "1-2"), ("after", "1-2")]


def test_what_a_header_says_last_counts() -> None:
    """RPM adds to headers; a number from beyond the end is none."""
    entries = [(1000, 6, 0, 1), (1001, 6, 2, 1), (1003, 4, 6, 1), (1001, 6, 4, 1)]
    row = rpms.counted(entries, b"a\x001\x002\0")
    assert read(rpms.sqlite(TABLE, headers=[row])) == [("a", "2")]


def test_names_are_cut_off_and_made_readable() -> None:
    rows = [rpms.header("n" * 1000), rpms.counted([(1000, 6, 0, 1), (1001, 6, 2, 1)], b"\xff\x001")]
    assert read(rpms.sqlite(TABLE, headers=rows)) == [
        ("n" * 200, "1-2"),
        ("\N{REPLACEMENT CHARACTER}", "1"),
    ]


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param([VIEW], id="view"),
        pytest.param([ENDLESS], id="endless view"),
        pytest.param([COMPUTED, "INSERT INTO Packages (hnum) VALUES (1), (2)"], id="computed"),
        pytest.param(["CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob)"], id="virtual"),
        pytest.param(["CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, other BLOB)"], id="other"),
        pytest.param(["CREATE TABLE Other (hnum INTEGER PRIMARY KEY, blob BLOB)"], id="none"),
    ],
)
def test_only_a_table_as_rpm_makes_it_is_read(statements: list[str]) -> None:
    database = rpms.sqlite(*statements)
    assert read(database) == []


def test_a_view_behind_the_name_of_a_table_is_not_read() -> None:
    """What the schema says that it is counts for nothing, only what SQLite makes of it."""
    lie = "UPDATE sqlite_schema SET type = 'table' WHERE name = 'Packages'"
    assert read(rpms.sqlite(VIEW, "PRAGMA writable_schema = ON", lie)) == []


def test_a_complaint_of_a_name_that_is_no_text_is_survived() -> None:
    database = rpms.sqlite(TABLE, "CREATE TABLE xxxxx (a)", headers=[rpms.header()])
    assert read(database) == [("a", "1-2")]
    assert read(database.replace(b"xxxxx", b"\xff" * 5).replace(b"(a)", b"(((")) == []


@pytest.mark.parametrize("value", ["'text'", "7", "1.5", "x''"])
def test_values_that_are_no_headers_are_left_out(value: str) -> None:
    odd = f"INSERT INTO Packages (blob) VALUES ({value})"
    assert read(rpms.sqlite(TABLE, odd, headers=[rpms.header()])) == [("a", "1-2")]


def test_a_schema_of_more_parts_than_any_is_not_read_to_its_end() -> None:
    others = (f"CREATE TABLE t{number} (a)" for number in range(5000))
    database = rpms.sqlite(TABLE, *others, headers=[rpms.header()])
    assert read(database) == []


def test_a_statement_of_the_schema_that_is_too_long_is_not_read() -> None:
    long = f"CREATE TABLE t (a CHECK (a IN ({', '.join(map(str, range(1000)))})))"
    assert read(rpms.sqlite(TABLE, long, headers=[rpms.header()])) == []


def test_a_header_larger_than_any_is_not_read() -> None:
    """Nor are those behind it; Python looks ahead, and also loses the one before."""
    rows = [rpms.header(name) for name in ("first", "before", "behind")]
    rows.insert(2, rpms.header(padding=32 * 1024 * 1024))
    told = read(rpms.sqlite(TABLE, headers=rows))
    assert told[:1] == [("first", "1-2")]
    assert ("behind", "1-2") not in told


@pytest.mark.parametrize(("value", "rows"), [("7", 500_000), ("x''", 150_000)])
def test_of_more_rows_than_any_database_has_the_last_are_not_read(value: str, rows: int) -> None:
    """Of the first ones nothing can be told, and reading on would take as long as they are many."""
    n = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {0})"
    many = f"INSERT INTO Packages (blob) {n} SELECT {value} FROM n"
    few, far = (
        rpms.sqlite(TABLE, many.format(number), headers=[rpms.header()])
        for number in (rows // 10, rows)
    )
    assert read(few) == [("a", "1-2")]
    assert read(far) == []


def test_bytes_that_are_part_of_many_headers_are_not_read_again_and_again() -> None:
    """A row of a megabyte, and a page on which all rows are that one."""
    rows = [rpms.header("large", padding=1024 * 1024), *[b"small"] * 100]
    database = bytearray(rpms.sqlite(TABLE, headers=rows))
    pages = range(0, len(database), 4096)
    (page,) = (at for at in pages if database[at : at + 5] == b"\r\0\0\0\x65")
    assert read(bytes(database)) == [("large", "1-2")]
    database[page + 8 : page + 8 + 202] = database[page + 8 : page + 10] * 101
    assert read(bytes(database)) == [("large", "1-2")]
