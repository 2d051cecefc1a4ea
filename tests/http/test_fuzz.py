"""Requests of plausible and hostile parts, thrown together by chance."""

from typing import Final
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance import content
from tests.conformance.content import MANIFEST_TYPES, Content
from tests.conformance.registry import Registry
from tests.http.connection import Connection, head
from tests.http.outcome import turned_away
from tests.programs.entrepot import Entrepot

DIGESTS: Final = [content.digest(b""), content.digest(b"{}"), content.digest(b"{}", "sha512")]
WORDS: Final = [
    *["v2", "_catalog", "team", "app", "library", "manifests", "blobs", "uploads", "tags", "list"],
    *["referrers", "latest", "a", "..", ".", "", "%2e%2e", "%2F", "%00", "%ff", "%", "metrics"],
    *["00000000-0000-0000-0000-000000000000", "sha256:", ":", *DIGESTS],
]
PARAMETERS: Final = [
    *["n", "last", "digest", "mount", "from", "tag", "artifactType", "digest-algorithm", "x"]
]
FIELDS: Final = [
    *["Content-Type", "Accept", "Range", "Content-Range", "If-None-Match", "If-Range", "Expect"],
    *["Authorization", "Host", "Connection", "Accept-Encoding", "Content-Encoding", "X"],
]
VALUES: Final = [
    *[*MANIFEST_TYPES, "*/*", "bytes=0-", "bytes=-1", "0-1", "bytes 0-1/2", "*", "100-continue"],
    *[
        "Basic Og==",
        "Bearer x",
        "keep-alive",
        "gzip",
        "\xff",
        *DIGESTS,
        *map('"{}"'.format, DIGESTS),
    ],
]

segments = st.sampled_from(WORDS) | st.text(max_size=20).map(quote)
paths = st.lists(segments, max_size=7).map("/".join).map("/".__add__)
near = st.lists(segments, max_size=5).map("/".join).map("/v2/".__add__)
values = st.sampled_from([*WORDS, *VALUES]) | st.text(max_size=20) | st.integers().map(str)
pairs = st.tuples(st.sampled_from(PARAMETERS), values.map(lambda text: quote(text, safe="%/:")))
queries = st.lists(pairs.map("=".join), max_size=3).map("&".join)
methods = st.sampled_from(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "BREW"])
printable = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
fields = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(VALUES) | printable).map(": ".join),
    max_size=4,
)
bodies = st.sampled_from([b"", b"{}", b'{"schemaVersion": 2, "manifests": []}']) | st.binary()


def sized(body: bytes) -> tuple[str, bytes]:
    return f"Content-Length: {len(body)}", body


def chunked(body: bytes) -> tuple[str, bytes]:
    chunk = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
    return "Transfer-Encoding: chunked", chunk + b"0\r\n\r\n"


# The header that frames a body, and the body as it is sent.
framed = bodies.map(sized) | bodies.map(chunked)


def test_any_request_is_survived(server: Entrepot, registry: Registry, image: Content) -> None:
    @settings(max_examples=1500, suppress_health_check=list(HealthCheck))
    @given(methods, paths | near, queries, fields, framed)
    def survives(
        method: str, path: str, query: str, more: list[str], body: tuple[str, bytes]
    ) -> None:
        field, sent = body
        with Connection(server.host, server.port) as connection:
            connection.send_all_it_takes(head(method, f"{path}?{query}", field, *more) + sent)
            answer = connection.answer(method)
        assert answer is None or answer.status_code < 400 or method == "HEAD" or turned_away(answer)
        assert answer is None or answer.status_code < 500

    survives()
    repository = registry.repository()
    pushed = repository.push_image("latest")
    assert repository.pull("latest").content == pushed.data
    assert registry.repository("team/app").pull(image.digest).content == image.data
