"""Passwords that cost next to nothing: what they protect in a test is worth no more."""

from functools import partial

from argon2 import PasswordHasher

from entrepot.accounts import passwords


def make_cheap() -> None:
    """Hash passwords in this process with 8 KiB, once, instead of with 64 MiB three times."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    passwords.PasswordHasher = cheap  # type: ignore[attr-defined, assignment]
