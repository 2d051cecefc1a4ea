"""Bodies that are not as long as was said, or not framed as HTTP asks (RFC 9112, 6 and 7)."""

from typing import Final

import pytest

from tests.conformance import content
from tests.conformance.content import OCI_MANIFEST, Content
from tests.conformance.upload import Upload
from tests.http.connection import Connection, head
from tests.http.outcome import turned_away
from tests.programs.entrepot import Entrepot

BODY: Final = b'{"schemaVersion": 2, "manifests": []}'
DIGEST: Final = content.digest(BODY)
CHUNKED: Final = "Transfer-Encoding: chunked"
WHOLE: Final = b"%x\r\n%s\r\n" % (len(BODY), BODY)

# Wherever a body goes. It is one that would be taken, did it come as it should.
PLACES: Final = {
    "manifest": ("PUT", "/v2/team/app/manifests/new"),
    "patch": ("PATCH", "{upload}"),
    "put": ("PUT", "{upload}?digest={digest}"),
    "post": ("POST", "/v2/team/app/blobs/uploads/?digest={digest}"),
}
LENGTHS: Final = {
    "word": ["abc"],
    "empty": [""],
    "negative": ["-1"],
    "plus": ["+37"],
    "hexadecimal": ["0x25"],
    "fraction": ["37.0"],
    "underscore": ["3_7"],
    "list": ["37, 37"],
    "two-that-differ": ["37", "36"],
    "63-bits": [str(2**63 - 1)],
    "64-bits": [str(2**64 - 1)],
    "70-bits": [str(2**70)],
    "thousand-digits": ["9" * 1000],
    "petabyte": [str(10**15)],
}
BROKEN: Final = {
    "no-size": b"zz\r\nabc\r\n",
    "negative-size": b"-1\r\nabc\r\n0\r\n\r\n",
    "huge-size": b"fffffffffffffffff\r\nabc",
    "no-line-end": WHOLE[:-2] + b"0\r\n\r\n",
    "longer-than-said": WHOLE[:-2] + b"extra\r\n0\r\n\r\n",
    "no-last-chunk": WHOLE,
    "within-a-chunk": WHOLE[:-9],
    "within-a-size": WHOLE + b"1",
    "within-the-end": WHOLE + b"0\r\n",
    "nothing": b"",
}

at_each_place = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())


def begin(place: tuple[str, str], upload: Upload, *fields: str) -> bytes:
    """The head of a request to *place*."""
    method, target = place
    target = target.format(upload=upload.url.path, digest=DIGEST)
    return head(method, target, f"Content-Type: {content.OCI_INDEX}", *fields)


@at_each_place
def test_a_body_that_breaks_off(
    connection: Connection, upload: Upload, place: tuple[str, str]
) -> None:
    connection.send(begin(place, upload, f"Content-Length: {len(BODY) + 1}") + BODY)
    connection.stop_sending()
    answer = connection.answer()
    # A petabyte is a length, for which no disk has room.
    assert (answer is not None and answer.status_code == 507) or turned_away(answer)


@at_each_place
def test_a_body_that_breaks_off_with_the_connection(
    connection: Connection, upload: Upload, place: tuple[str, str]
) -> None:
    connection.send(
        begin(place, upload, f"Content-Length: {len(BODY) + 1}", "Expect: 100-continue")
    )
    assert connection.invited()
    connection.send(BODY)
    connection.close()


@pytest.mark.parametrize(
    ("place", "status"),
    list(zip(PLACES.values(), [400, 202, 400, 400], strict=True)),
    ids=PLACES.keys(),
)
def test_what_comes_after_the_end_is_no_body(
    server: Entrepot, upload: Upload, place: tuple[str, str], status: int
) -> None:
    """It is the next request, and must be one."""
    with Connection(server.host, server.port) as connection:
        connection.send(begin(place, upload, "Content-Length: 2") + BODY[:2])
        connection.send(BODY[2:] + b"\r\n\r\n")
        said = connection.rest().split(b"HTTP/1.1 ")[1:]
    # 405: what looks like a method is none that there is.
    assert [int(each[:3]) for each in said] in ([status], [status, 400], [status, 405])


@at_each_place
@pytest.mark.parametrize("values", LENGTHS.values(), ids=LENGTHS.keys())
def test_a_length_that_is_none(
    connection: Connection, upload: Upload, place: tuple[str, str], values: list[str]
) -> None:
    fields = [f"Content-Length: {value}" for value in values]
    connection.send_all_it_takes(begin(place, upload, *fields) + BODY)
    connection.stop_sending()
    answer = connection.answer()
    # A petabyte is a length, for which no disk has room.
    assert (answer is not None and answer.status_code == 507) or turned_away(answer)


@at_each_place
@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN.keys())
def test_broken_chunks(
    connection: Connection, upload: Upload, place: tuple[str, str], sent: bytes
) -> None:
    connection.send_all_it_takes(begin(place, upload, CHUNKED) + sent)
    connection.stop_sending()
    assert turned_away(connection.answer())


@pytest.mark.parametrize("length", [2, len(BODY), 1000])
@pytest.mark.parametrize("first", ["length", "encoding"])
def test_chunks_and_a_length(
    connection: Connection, upload: Upload, length: int, first: str
) -> None:
    """Refused, or the length does not count (RFC 9112, 6.3)."""
    fields = [f"Content-Length: {length}", CHUNKED]
    if first == "encoding":
        fields.reverse()
    connection.send_all_it_takes(begin(PLACES["patch"], upload, *fields) + WHOLE + b"0\r\n\r\n")
    answer = connection.answer()
    if answer is None or answer.status_code != 202:
        assert turned_away(answer)
    else:
        assert answer.headers["Range"] == f"0-{len(BODY) - 1}"


@at_each_place
@pytest.mark.parametrize("coding", ["gzip", "chunked, gzip", "identity, x"])
def test_an_unknown_transfer_coding(
    connection: Connection, upload: Upload, place: tuple[str, str], coding: str
) -> None:
    connection.send_all_it_takes(
        begin(place, upload, f"Transfer-Encoding: {coding}") + b"2\r\n{}\r\n0\r\n\r\n"
    )
    connection.stop_sending()
    assert turned_away(connection.answer())


def test_the_body_would_have_been_taken(connection: Connection, image: Content) -> None:
    """What is refused above is refused for its framing."""
    target = "/v2/team/framing/manifests/new"
    connection.send(head("PUT", target, f"Content-Type: {content.OCI_INDEX}", CHUNKED))
    connection.send(WHOLE + b"0\r\n\r\n")
    answer = connection.answer()
    assert answer is not None
    assert (answer.status_code, image.media_type) == (201, OCI_MANIFEST)
