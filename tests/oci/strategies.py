"""Names, tags and digests for properties: any text, almost right ones, and right ones."""

from hypothesis import strategies as st

_LETTERS = st.text("abz019", min_size=1, max_size=6)
_SEPARATORS = st.sampled_from([".", "_", "__", "-", "--", "---"])


@st.composite
def _parts(draw: st.DrawFn) -> str:
    pieces = [draw(_LETTERS)]
    for _ in range(draw(st.integers(0, 3))):
        pieces += [draw(_SEPARATORS), draw(_LETTERS)]
    return "".join(pieces)


names = st.lists(_parts() | st.just("library"), min_size=1, max_size=4).map("/".join)
almost_names = st.text("abc09._-/AZ:é\n ", max_size=24) | st.sampled_from(["a" * 255, "a" * 256])

tags = st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", fullmatch=True).filter(str.isascii)
almost_tags = st.text("aZ0_.-:/@é\n", max_size=8) | st.integers(126, 130).map("a".__mul__)

_hex = st.integers(62, 66) | st.integers(126, 130)
almost_digests = st.builds(
    lambda algorithm, length, letter: f"{algorithm}:{letter * length}",
    st.sampled_from(["sha256", "sha512", "sha384", "md5", "SHA256", "", "sha256:", " sha256"]),
    _hex,
    st.sampled_from("0afgA٣ \n"),
)
