"""Passwords: which are taken; and a check costs as much where there is nobody."""

import asyncio
import contextlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.accounts.passwords import Passwords, accept, one_time
from entrepot.errors import FieldInvalid
from tests.programs.waiting import PATIENCE


@pytest.mark.parametrize("password", ["correct horse", "x" * 6 + "abcd", "ünïcödé-wörds"])
def test_what_is_taken(password: str) -> None:
    assert accept(password, "alice") == password


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "a" * 300,
        "aaaaaaaaaaaa",
        "alice12345",
        "ALICE12345",
        "nul\0nul nul",
        "half \ud800 x",
    ],
    ids=range(7),
)
def test_what_is_not(password: str) -> None:
    with pytest.raises(FieldInvalid):
        accept(password, "alice")


@given(st.text())
def test_any_text_is_taken_or_refused(password: str) -> None:
    with contextlib.suppress(FieldInvalid):
        accept(password, "alice").encode()


def test_one_time_passwords_are_good_and_differ() -> None:
    made = {one_time() for _ in range(100)}
    assert len(made) == 100
    assert all(accept(password, "admin") for password in made)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that passwords were compared with."""
    seen: list[str] = []
    real = Passwords._matches

    def watch(self: Passwords, kept: str, password: str) -> bool:
        seen.append(kept)
        return real(self, kept, password)

    monkeypatch.setattr(Passwords, "_matches", watch)
    return seen


def test_as_much_is_done_for_nobody(compared: list[str]) -> None:
    async def check() -> list[bool]:
        passwords = Passwords()
        kept = await passwords.hash("correct horse")
        tries = [(kept, "correct horse"), (kept, "wrong"), (None, "wrong"), ("no hash", "wrong")]
        return [await passwords.verify(hashed, password) for hashed, password in tries]

    assert asyncio.run(check()) == [True, False, False, False]
    right, wrong, nobody, _ = compared
    assert right == wrong
    assert nobody.split("$")[:4] == right.split("$")[:4]


def test_passwords_are_hashed_as_rfc_9106_recommends() -> None:
    """In a process of its own: the suite hashes with cheap parameters."""
    script = (
        "import asyncio; from entrepot.accounts.passwords import Passwords;"
        "print(asyncio.run(Passwords().hash('correct horse')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert done.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
