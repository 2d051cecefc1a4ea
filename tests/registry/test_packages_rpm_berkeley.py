"""Pages of a Berkeley DB that no program would write like that are read within bounds."""

import struct

import pytest

from entrepot.registry.layers.packages import read_packages
from tests.registry import rpms
from tests.registry.rpms import BERKELEY

SIZE = 512
TABLE = 13
CHAIN = 7
HEADER = rpms.header("chained", padding=1000)
PARTS = [HEADER[at : at + SIZE - 26] for at in range(0, len(HEADER), SIZE - 26)]


def told(*pages: bytes) -> list[str]:
    """The packages on the pages, the first of which is number 1."""
    start = struct.pack("<12x3I", 0x061561, 9, SIZE).ljust(SIZE, b"\0")
    return [package.name for package in read_packages(BERKELEY, bytearray(start + b"".join(pages)))]


def page(
    number: int, kind: int, body: bytes, *, entries: int = 0, filled: int = 0, then: int = 0
) -> bytes:
    head = struct.pack("<8xI4xI2HxB", number, then, entries, filled, kind)
    return head + body.ljust(SIZE - 26, b"\0")


def table(number: int, value: bytes, **more: int) -> bytes:
    """A page with one key and one value."""
    offsets = struct.pack("<2H", SIZE - 1, SIZE - 1 - len(value))
    body = offsets + (value + b"\1").rjust(SIZE - 26 - len(offsets), b"\0")
    return page(number, more.pop("kind", TABLE), body, **{"entries": 2, **more})


def far(number: int, length: int = len(HEADER)) -> bytes:
    """A value that is on a chain of pages."""
    return struct.pack("<B3x2I", 3, number, length)


def chain(number: int, place: int, **more: int) -> bytes:
    """A page of the chain, the last of which is the first in the file."""
    made = {"kind": CHAIN, "filled": len(PARTS[place]), "then": number - 1, **more}
    return page(number, made.pop("kind"), PARTS[place], **made)


HERE = b"\1" + rpms.header("here")
CHAINED = [chain(2, 2), chain(3, 1), chain(4, 0)]


def test_values_are_on_the_page_or_on_a_chain_of_pages() -> None:
    assert told(table(1, HERE)) == ["here"]
    assert told(table(1, far(4)), *CHAINED) == ["chained"]
    assert told(table(1, far(4), kind=2), *CHAINED, table(5, HERE)) == ["chained", "here"]


def test_pages_are_not_read_for_two_values() -> None:
    assert told(table(1, far(4)), *CHAINED, table(5, far(4))) == ["chained"]
    assert told(table(1, far(4)), chain(2, 2), chain(3, 1, then=4, filled=1), chain(4, 0)) == []


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([table(2, HERE)], id="of another number"),
        pytest.param([table(1, HERE, kind=8)], id="of another kind"),
        pytest.param([table(1, HERE, entries=1)], id="a key alone"),
        pytest.param([table(1, b"\2" + HERE[1:])], id="a value of another kind"),
        pytest.param([table(1, far(4)), *CHAINED[:2]], id="a chain cut off"),
        pytest.param([table(1, far(0)), *CHAINED], id="a chain from the start of the file"),
        pytest.param(
            [table(1, far(4)), *CHAINED[:2], chain(4, 0, kind=0)], id="a chain of other pages"
        ),
        pytest.param(
            [table(1, far(4)), chain(2, 2, filled=SIZE), *CHAINED[1:]], id="a page too full"
        ),
        pytest.param([table(1, far(4, len(HEADER) - 1)), *CHAINED], id="a chain too long"),
        pytest.param([table(1, far(4)[:8])], id="a value cut off"),
        pytest.param(
            [page(1, TABLE, b"\xff" * (SIZE - 26), entries=2)], id="values beyond the end"
        ),
        pytest.param([page(1, TABLE, bytes(SIZE), entries=2)[:SIZE]], id="values without a length"),
    ],
)
def test_what_makes_no_sense_is_left_out(pages: list[bytes]) -> None:
    assert told(*pages) == []


def test_more_entries_than_a_page_has_room_for_are_no_matter() -> None:
    assert told(table(1, HERE, entries=0xFFFF)) == ["here"]


@pytest.mark.parametrize("size", [0, 1, 500, 131072])
def test_pages_of_a_size_that_none_has_are_not_read(size: int) -> None:
    start = struct.pack("<12x3I", 0x061561, 9, size).ljust(SIZE, b"\0")
    assert list(read_packages(BERKELEY, bytearray(start + table(1, HERE)))) == []
