"""A database of RPM that a stranger made is read within bounds, and never a reason to fail."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.registry.layers.packages import read_packages
from tests.registry import rpms
from tests.registry.rpms import BERKELEY, NDB, SQLITE, TABLE

PATHS = (SQLITE, NDB, BERKELEY)
VIEW = f"CREATE VIEW Packages AS SELECT 1 AS hnum, x'{rpms.header().hex()}' AS blob"
ENDLESS = """CREATE VIEW Packages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
SELECT i AS hnum, zeroblob(1000) AS blob FROM n"""
COMPUTED = f"CREATE TABLE Packages (hnum INTEGER, blob BLOB AS (x'{rpms.header().hex()}'))"


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Those with packages that RPM installed, by their paths."""
    return rpms.kinds(tmp_path_factory.mktemp("rpm"))


def read(path: str, content: bytes) -> list[tuple[str, str]]:
    return [(package.name, package.version) for package in read_packages(path, bytearray(content))]


@given(st.data())
@pytest.mark.parametrize("path", PATHS)
def test_a_damaged_database_is_survived(
    databases: dict[str, bytes], path: str, data: st.DataObject
) -> None:
    changed = bytearray(databases[path])
    places = st.integers(0, 200) | st.integers(0, len(changed) - 1)
    for place, value in data.draw(st.dictionaries(places, st.integers(0, 255), max_size=8)).items():
        changed[place] = value
    length = data.draw(st.just(len(changed)) | st.integers(0, len(changed)))
    told = read(path, bytes(changed[:length]))
    assert all(name and version for name, version in told)
    assert sum(len(name) + len(version) for name, version in told) <= len(changed)


@given(st.sampled_from(PATHS), st.binary(max_size=5000))
def test_any_content_is_survived(path: str, content: bytes) -> None:
    read(path, content)
    read(SQLITE, b"SQLite format 3\0" + content)
    read(NDB, b"RpmP\0\0\0\0" + content)
    read(BERKELEY, bytes(12) + b"\x61\x15\x06\0" + content)


@given(st.binary(max_size=200))
def test_any_header_is_survived(header: bytes) -> None:
    read(SQLITE, rpms.sqlite(TABLE, headers=[header]))


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
    told = read(SQLITE, rpms.sqlite(TABLE, headers=rows))
    assert told == [("before", "1-2"), ("after", "1-2")]


def test_what_a_header_says_last_counts() -> None:
    """RPM adds to headers; a number from beyond the end is none."""
    entries = [(1000, 6, 0, 1), (1001, 6, 2, 1), (1003, 4, 6, 1), (1001, 6, 4, 1)]
    row = rpms.counted(entries, b"a\x001\x002\0")
    assert read(SQLITE, rpms.sqlite(TABLE, headers=[row])) == [("a", "2")]


def test_names_are_cut_off_and_made_readable() -> None:
    rows = [rpms.header("n" * 1000), rpms.counted([(1000, 6, 0, 1), (1001, 6, 2, 1)], b"\xff\x001")]
    assert read(SQLITE, rpms.sqlite(TABLE, headers=rows)) == [
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
    assert read(SQLITE, database) == []


def test_a_view_behind_the_name_of_a_table_is_not_read() -> None:
    """What the schema says that it is counts for nothing, only what SQLite makes of it."""
    lie = "UPDATE sqlite_schema SET type = 'table' WHERE name = 'Packages'"
    assert read(SQLITE, rpms.sqlite(VIEW, "PRAGMA writable_schema = ON", lie)) == []


def test_a_complaint_of_a_name_that_is_no_text_is_survived() -> None:
    database = rpms.sqlite(TABLE, "CREATE TABLE xxxxx (a)", headers=[rpms.header()])
    assert read(SQLITE, database) == [("a", "1-2")]
    assert read(SQLITE, database.replace(b"xxxxx", b"\xff" * 5).replace(b"(a)", b"(((")) == []


@pytest.mark.parametrize("value", ["'text'", "7", "1.5", "x''"])
def test_values_that_are_no_headers_are_left_out(value: str) -> None:
    odd = f"INSERT INTO Packages (blob) VALUES ({value})"
    assert read(SQLITE, rpms.sqlite(TABLE, odd, headers=[rpms.header()])) == [("a", "1-2")]


def test_a_schema_of_more_parts_than_any_is_not_read_to_its_end() -> None:
    others = (f"CREATE TABLE t{number} (a)" for number in range(5000))
    database = rpms.sqlite(TABLE, *others, headers=[rpms.header()])
    assert read(SQLITE, database) == []


def test_a_statement_of_the_schema_that_is_too_long_is_not_read() -> None:
    long = f"CREATE TABLE t (a CHECK (a IN ({', '.join(map(str, range(1000)))})))"
    assert read(SQLITE, rpms.sqlite(TABLE, long, headers=[rpms.header()])) == []


def test_a_header_larger_than_any_is_not_read() -> None:
    """Nor are those behind it; Python looks ahead, and also loses the one before."""
    rows = [rpms.header(name) for name in ("first", "before", "behind")]
    rows.insert(2, rpms.header(padding=32 * 1024 * 1024))
    told = read(SQLITE, rpms.sqlite(TABLE, headers=rows))
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
    assert read(SQLITE, few) == [("a", "1-2")]
    assert read(SQLITE, far) == []


def test_bytes_that_are_part_of_many_headers_are_not_read_again_and_again() -> None:
    """A row of a megabyte, and a page on which all rows are that one."""
    rows = [rpms.header("large", padding=1024 * 1024), *[b"small"] * 100]
    database = bytearray(rpms.sqlite(TABLE, headers=rows))
    pages = range(0, len(database), 4096)
    (page,) = (at for at in pages if database[at : at + 5] == b"\r\0\0\0\x65")
    assert read(SQLITE, bytes(database)) == [("large", "1-2")]
    database[page + 8 : page + 8 + 202] = database[page + 8 : page + 10] * 101
    assert read(SQLITE, bytes(database)) == [("large", "1-2")]


def test_slots_that_share_a_header_are_not_all_read() -> None:
    large = rpms.header("large", padding=100_000)
    blocks = len(large) // 16 + 2
    database = rpms.ndb(*[(1, 256, blocks)] * 254, headers=[large])
    assert read(NDB, database) == [("large", "1-2")]


@pytest.mark.parametrize(
    ("slot", "pages"),
    [
        pytest.param((1, 256, 1), 1, id="too few blocks"),
        pytest.param((2, 256, 100), 1, id="of another slot"),
        pytest.param((1, 257, 100), 1, id="not at a beginning"),
        pytest.param((1, 0xFFFFFFFF, 100), 1, id="beyond the end"),
        pytest.param((1, 0, 100), 1, id="free"),
    ],
)
def test_slots_that_lead_nowhere_are_left_out(slot: tuple[int, int, int], pages: int) -> None:
    assert read(NDB, rpms.ndb(slot, pages=pages, headers=[rpms.header()])) == []
    assert read(NDB, rpms.ndb((1, 256, 100), slot, headers=[rpms.header()])) == [("a", "1-2")]


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        pytest.param(0, b"RpmX", [], id="another file"),
        pytest.param(4, b"\1\0\0\0", [], id="another version"),
        pytest.param(12, b"\xff" * 4, [("a", "1-2")], id="more slots than bytes"),
        pytest.param(32, b"Slow", [], id="no slot"),
        pytest.param(4096, b"Blob", [], id="no header"),
    ],
)
def test_parts_that_are_not_what_they_should_be_are_left_out(
    place: int, value: bytes, told: list[tuple[str, str]]
) -> None:
    database = bytearray(rpms.ndb((1, 256, 100), headers=[rpms.header()]))
    assert read(NDB, bytes(database)) == [("a", "1-2")]
    database[place : place + 4] = value
    assert read(NDB, bytes(database)) == told
