"""What docs/guides/webhooks.md tells receivers to do works as it stands there."""

import re
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from entrepot.webhooks.signature import sign
from tests.programs.process import environment
from tests.programs.waiting import PATIENCE
from tests.shape.tree import ROOT

GUIDE = (ROOT / "docs" / "guides" / "webhooks.md").read_text(encoding="utf-8")
SECRET, BODY = "correct horse battery", '{"text": "☃ $x"}\n'.encode()
Verify = Callable[[str, str, bytes], bool]


def block(language: str, word: str) -> str:
    """The one block of the guide in that language that has the word."""
    found = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    (text,) = (each for each in found if word in each)
    return str(text)


def in_python(timestamp: str, signature: str, body: bytes) -> bool:
    names: dict[str, Any] = {}
    exec(block("python", "is_genuine"), names)
    headers = {"X-Entrepot-Timestamp": timestamp, "X-Entrepot-Signature": signature}
    return bool(names["is_genuine"](SECRET, headers, body))


def in_shell(timestamp: str, signature: str, body: bytes) -> bool:
    argv = ["sh", "-c", block("sh", "openssl"), "verify", timestamp, signature]
    env = environment({"SECRET": SECRET})
    done = subprocess.run(argv, input=body, env=env, check=False, timeout=PATIENCE)
    return done.returncode == 0


@pytest.mark.parametrize("verify", [in_python, in_shell])
def test_a_receiver_takes_what_is_genuine_and_nothing_else(verify: Verify) -> None:
    now = int(time.time())
    good = sign(SECRET, now, BODY)
    assert verify(str(now), good, BODY)
    assert not verify(str(now), good, BODY + b"\n")
    assert not verify(str(now + 1), good, BODY)
    assert not verify(str(now), good[:-1], BODY)
    assert not verify(str(now), sign("another secret", now, BODY), BODY)
    assert not verify(str(now), "", BODY)
    assert not verify("", good, BODY)
    assert not verify("soon", good, BODY)
    for at in (now - 3600, now + 3600):
        assert not verify(str(at), sign(SECRET, at, BODY), BODY)
