"""The options of the whole suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--registry",
        metavar="URL",
        help="run tests/conformance against this registry instead of an Entrepot of its own",
    )
