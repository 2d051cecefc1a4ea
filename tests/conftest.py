"""The options of the whole suite, and which process runs what."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent

# Used by other folders too, which may come before its own.
pytest.register_assert_rewrite("tests.registry.pushes")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--registry",
        metavar="URL",
        help="run tests/conformance against this registry instead of an Entrepot of its own",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes run the suite, one has all of a folder: its tests share servers."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        item.add_marker(pytest.mark.xdist_group(folder))


def pytest_make_parametrize_id(val: object) -> str | None:
    """Where processes share the suite, ids are the same in each: packed bytes hold the second."""
    if isinstance(val, bytes) and val[:3] == b"\x1f\x8b\x08":
        raise pytest.UsageError("give the compressed bytes of a parameter an id: pytest.param(id=)")
    return None
