"""Versions of SQLite that can corrupt a database, as sqlite.org lists them."""

import pytest

from entrepot.metadata.sql.driver import VERSION
from entrepot.metadata.sql.versions import can_corrupt


@pytest.mark.parametrize(
    "version", ["3.7.0", "3.40.1", "3.44.5", "3.45.0", "3.46.1", "3.50.6", "3.51.0", "3.51.2", "?"]
)
def test_these_can(version: str) -> None:
    assert can_corrupt(version)


@pytest.mark.parametrize(
    "version", ["3.6.23", "3.44.6", "3.50.7", "3.51.3", "3.52.0", "3.54.1", "4.0"]
)
def test_these_cannot(version: str) -> None:
    assert not can_corrupt(version)


def test_the_one_in_use_cannot() -> None:
    assert not can_corrupt(VERSION)
