"""Commands of a history are shown as they were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.oci.command import tidy

CLASSIC = "/bin/sh -c "


@pytest.mark.parametrize(
    ("created_by", "command"),
    [
        (CLASSIC + '#(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        (CLASSIC + "#(nop) ADD file:abc in / ", "ADD file:abc in /"),
        (CLASSIC + "apt-get update", "RUN apt-get update"),
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("COPY . /app # buildkit", "COPY . /app"),
        ("|2 A=1 B=two words /bin/sh -c make all", "RUN make all"),
        ("RUN |1 A=1 /bin/sh -c make # buildkit", "RUN make"),
        ("/bin/bash -o pipefail -c a | b", "RUN a | b"),
        ("RUN /bin/bash -eo pipefail -c a | b # buildkit", "RUN a | b"),
        ("cmd /S /C echo hi", "RUN echo hi"),
        ("RUN echo /bin/sh -c x", "RUN echo /bin/sh -c x"),
        ('RUN ["/start", "-c"]', 'RUN ["/start", "-c"]'),
        ("wash -c x", "wash -c x"),
        ("bazel build ...", "bazel build ..."),
        ("RUN", "RUN"),
        ("", ""),
    ],
)
def test_a_command_is_shown_as_it_was_written(created_by: str, command: str) -> None:
    assert tidy(created_by) == command


@given(st.text("|12 /bin/sh-c#(nop)RUN\n") | st.text())
def test_any_text_is_survived(created_by: str) -> None:
    assert isinstance(tidy(created_by), str)


@pytest.mark.parametrize("piece", ["/", "/sh ", "sh -a ", "|1 /sh -", " -c", "|1 sh -a"])
def test_a_long_text_takes_no_longer_than_its_length_warrants(piece: str) -> None:
    assert tidy("|1 " + piece * 200_000)
