"""The options of the whole suite, and which process runs what."""

from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.programs import forked
from tests.programs.authorities import share_authorities
from tests.programs.passwords import make_cheap

# A busy machine may be slow; that is no fault of the code. The same inputs are drawn each time, so
# that a failure is that of a change; `make torture` draws others.
settings.register_profile(
    "same",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "explore", settings.get_profile("same"), derandomize=False, max_examples=1000
)
settings.load_profile("same")

make_cheap()
share_authorities()
forked.use()

# Used by other folders too, which may come before its own.
pytest.register_assert_rewrite("tests.registry.pushes")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--registry",
        metavar="URL",
        help="run tests/conformance against this registry instead of an Entrepot of its own",
    )


# Folders whose tests share container engines, gateways or directories, which take long to start.
_TOGETHER: Final = ("backends", "access", "clients", "auth", "blobs", "hub", "peers")
# Their files come next; the many short ones are shared out at the end.
_LONG: Final = ("browser", "metadata")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that processes that share the suite end together."""
    order = (*_TOGETHER, *_LONG)
    items.sort(
        key=lambda item: order.index(f) if (f := _folder(item.nodeid)) in order else len(order)
    )


def _folder(nodeid: str) -> str:
    return nodeid.split("/")[1]


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Where several processes run the suite, one has all of a file, or of a folder."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        folder = _folder(nodeid)
        return folder if folder in _TOGETHER else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Share the suite out by files and folders, whatever --dist says."""
    return Scheduling(config, log)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Where processes share the suite, ids are the same in each: packed bytes hold the second."""
    if isinstance(val, bytes) and val[:3] == b"\x1f\x8b\x08":
        raise pytest.UsageError("give the compressed bytes of a parameter an id: pytest.param(id=)")
    return None
