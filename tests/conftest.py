"""The options of the whole suite, and which process runs what."""

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.programs import forked
from tests.programs.passwords import make_cheap

# A busy machine may be slow; that is no fault of the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

make_cheap()
forked.use()

# Used by other folders too, which may come before its own.
pytest.register_assert_rewrite("tests.registry.pushes")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--registry",
        metavar="URL",
        help="run tests/conformance against this registry instead of an Entrepot of its own",
    )


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Where several processes run the suite, one has all of a folder: its tests share servers."""

    def _split_scope(self, nodeid: str) -> str:
        _, folder, *_ = nodeid.split("/")
        return folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """Share the suite out by folders, whatever --dist says."""
    return FolderScheduling(config, log)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Where processes share the suite, ids are the same in each: packed bytes hold the second."""
    if isinstance(val, bytes) and val[:3] == b"\x1f\x8b\x08":
        raise pytest.UsageError("give the compressed bytes of a parameter an id: pytest.param(id=)")
    return None
