"""Content digests (descriptor.md, "Digests")."""

import hashlib
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import DigestInvalid
from entrepot.oci.digest import DEFAULT_ALGORITHM, HEX_LENGTH, Digest, hasher, known_algorithm
from tests.oci import grammar
from tests.oci.strategies import almost_digests

EMPTY: Final = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ALGORITHMS = st.sampled_from(sorted(HEX_LENGTH))


def test_the_digest_of_nothing() -> None:
    assert Digest.of(b"").text == EMPTY
    assert Digest.literal(EMPTY) == Digest.of(b"")


def test_both_registered_algorithms_are_known() -> None:
    assert set(HEX_LENGTH) == {"sha256", "sha512"}
    assert known_algorithm("sha512") == "sha512"
    assert DEFAULT_ALGORITHM == "sha256"


@pytest.mark.parametrize("name", ["", "md5", "SHA256", "sha384", "sha256 ", "sha3_256"])
def test_another_algorithm_is_refused(name: str) -> None:
    with pytest.raises(DigestInvalid):
        known_algorithm(name)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("sha256", id="no-hex"),
        pytest.param("sha256:", id="empty-hex"),
        pytest.param(EMPTY[:-1], id="short"),
        pytest.param(EMPTY + "0", id="long"),
        pytest.param(EMPTY.upper(), id="upper-case"),
        pytest.param(EMPTY.replace("sha256", "sha512"), id="wrong-length"),
        pytest.param(EMPTY.replace("sha256", "md5"), id="unknown-algorithm"),
        pytest.param(EMPTY.replace(":", "+b64u:"), id="composed-algorithm"),
        pytest.param(EMPTY + "\n", id="line-end"),
        pytest.param("sha256:" + "٣" * 64, id="digits-outside-ascii"),
        pytest.param("sha256:" + "../" * 21 + ".", id="path"),
    ],
)
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(DigestInvalid):
        Digest.parse(text)


@given(st.binary(), ALGORITHMS)
def test_a_digest_is_hashlibs(content: bytes, algorithm: str) -> None:
    digest = Digest.of(content, algorithm)
    assert digest.algorithm == algorithm
    assert digest.hex == hashlib.new(algorithm, content).hexdigest()
    assert str(digest) == f"{algorithm}:{digest.hex}"


@given(st.binary(), ALGORITHMS)
def test_a_digest_parses_back(content: bytes, algorithm: str) -> None:
    digest = Digest.of(content, algorithm)
    assert Digest.parse(digest.text) == digest


@given(st.lists(st.binary()), ALGORITHMS)
def test_a_running_hash_comes_to_the_same(pieces: list[bytes], algorithm: str) -> None:
    running = hasher(algorithm)
    for piece in pieces:
        running.update(piece)
    assert f"{algorithm}:{running.hexdigest()}" == Digest.of(b"".join(pieces), algorithm).text


@given(almost_digests | st.text())
def test_digests_follow_the_grammar(text: str) -> None:
    if grammar.is_digest(text):
        assert Digest.parse(text).text == text
    else:
        with pytest.raises(DigestInvalid):
            Digest.parse(text)
