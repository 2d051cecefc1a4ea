"""Where settings come from: command line over environment over file over defaults."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.config.load import load
from entrepot.config.schema import Driver, LogLevel, Settings
from entrepot.config.source import Source, merge


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that sets the port, the number of workers and the log level."""
    path = tmp_path / "entrepot.yaml"
    path.write_text("server:\n  port: 1001\n  workers: 2\nlogs:\n  level: debug\n")
    return path


def test_nothing_said_is_the_defaults() -> None:
    assert load(environment={}) == Settings()


def test_a_file_is_over_the_defaults(file: Path) -> None:
    settings = load(file, environment={})
    assert settings.server.port == 1001
    assert settings.logs.level is LogLevel.DEBUG
    assert settings.server.host == Settings().server.host


def test_the_environment_is_over_the_file(file: Path) -> None:
    settings = load(file, environment={"ENTREPOT_SERVER__PORT": "1002"})
    assert settings.server.port == 1002
    assert settings.server.workers == 2


def test_the_command_line_is_over_the_environment(file: Path) -> None:
    variables = {"ENTREPOT_SERVER__PORT": "1002", "ENTREPOT_SERVER__WORKERS": "3"}
    settings = load(file, {"server": {"port": 1003}}, variables)
    assert settings.server.port == 1003
    assert settings.server.workers == 3
    assert settings.logs.level is LogLevel.DEBUG


def test_a_variable_names_a_setting_at_any_depth() -> None:
    settings = load(
        environment={
            "ENTREPOT_DATA": "/srv/entrepot",
            "ENTREPOT_BLOBS__DRIVER": "s3",
            "ENTREPOT_BLOBS__S3__BUCKET": "images",
            "ENTREPOT_BLOBS__S3__ALLOW_HTTP": "true",
            "ENTREPOT_REGISTRY__UPLOAD_HOURS": "1.5",
            "ENTREPOT_DATABASE__URL": "postgresql://me:secret@db/entrepot",
        }
    )
    assert settings.data == Path("/srv/entrepot")
    assert settings.blobs.driver is Driver.S3
    assert settings.blobs.s3.bucket == "images"
    assert settings.blobs.s3.allow_http is True
    assert settings.registry.upload_age.total_seconds() == 5400
    assert settings.database.url is not None
    assert settings.database.url.get_secret_value() == "postgresql://me:secret@db/entrepot"


def test_other_variables_do_not_matter() -> None:
    variables = {"PATH": "/bin", "ENTREPOTS__SERVER__PORT": "x", "MY_ENTREPOT_DATA": "x"}
    assert load(environment=variables) == Settings()


def test_the_variables_of_a_kubernetes_service_do_not_matter() -> None:
    variables = {
        "ENTREPOT_SERVICE_HOST": "10.0.0.1",
        "ENTREPOT_SERVICE_PORT": "5000",
        "ENTREPOT_SERVICE_PORT_HTTP": "5000",
        "ENTREPOT_PORT": "tcp://10.0.0.1:5000",
        "ENTREPOT_PORT_5000_TCP": "tcp://10.0.0.1:5000",
        "ENTREPOT_PORT_5000_TCP_ADDR": "10.0.0.1",
    }
    assert load(environment=variables) == Settings()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("# server:\n", id="comments"),
        pytest.param("server:\n  # port: 1\n", id="empty-section"),
        pytest.param("server:\n  tls:\n", id="empty-inner-section"),
        pytest.param("database:\n  url: null\n", id="null"),
    ],
)
def test_a_file_may_say_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "entrepot.yaml"
    file.write_text(text)
    assert load(file, environment={}) == Settings()


def test_a_relative_path_stays_relative(tmp_path: Path) -> None:
    file = tmp_path / "entrepot.yaml"
    file.write_text("data: images\n")
    assert load(file, environment={}).data == Path("images")
    assert load(file, {"data": Path("other")}, {}).data == Path("other")


def test_settings_cannot_be_changed() -> None:
    settings = load(environment={})
    with pytest.raises(ValueError, match="frozen"):
        settings.server.port = 1  # type: ignore[misc] # the point of the test


TREES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
)


@given(st.lists(TREES, max_size=4))
def test_the_first_source_that_says_something_wins(trees: list[dict[str, Any]]) -> None:
    merged = merge([Source(tree, {}) for tree in trees])
    for name in "abc":
        said = [tree[name] for tree in trees if name in tree]
        assert (name in merged) is bool(said)
        if said and not isinstance(said[0], dict):
            assert merged[name] == said[0]


@given(TREES)
def test_a_source_alone_is_itself(tree: dict[str, Any]) -> None:
    assert merge([Source(tree, {}), Source({}, {})]) == tree
