"""What the tests of several sources share."""

import importlib
import warnings
from pathlib import Path

import pytest

from tests.programs import requirements
from tests.programs.authority import Authority

# ldap3 2.9 uses names that pyasn1 calls deprecated; only at its import, and not by our doing.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    importlib.import_module("ldap3")


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    advice = requirements.missing()
    if advice is not None:
        pytest.fail(advice, pytrace=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "trusted")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an authority that signed nothing here."""
    return Authority(tmp_path_factory.mktemp("stranger") / "stranger").file
