"""Configurations of images are read from any builder, and from anyone."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import ManifestInvalid
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.image import ImageConfig, Platform, layer_steps, parse_config, parse_platform
from tests.oci import documents

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_RUN = st.dictionaries(
    st.sampled_from(
        ["Env", "Cmd", "Entrypoint", "Shell", "User", "Labels", "ExposedPorts", "Healthcheck"]
    ),
    _JSON | st.fixed_dictionaries({"Test": _JSON, "Interval": _JSON}),
)
_MEMBERS = st.sampled_from(
    ["os", "architecture", "created", "author", "history", "rootfs", "config"]
)
_HISTORY = st.lists(
    st.fixed_dictionaries({"created_by": _JSON, "empty_layer": _JSON, "created": _JSON}) | _JSON,
    max_size=4,
)
_DOCUMENTS = st.dictionaries(_MEMBERS, _JSON | _RUN | _HISTORY)


def _layers(count: int) -> list[Descriptor]:
    return [
        Descriptor(documents.LAYER, Digest.of(str(number).encode()), number + 1)
        for number in range(count)
    ]


def test_all_that_a_configuration_says_is_read() -> None:
    config = parse_config(
        json.dumps(
            {
                "os": "linux",
                "architecture": "arm64",
                "variant": "v8",
                "created": "2026-01-02T03:04:05.678901234+01:00",
                "author": "alice",
                "config": {
                    "Env": ["A=1", "B=2"],
                    "Entrypoint": ["/start"],
                    "Cmd": ["--now"],
                    "WorkingDir": "/srv",
                    "User": "1000:1000",
                    "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
                    "Volumes": {"/data": {}},
                    "Labels": {"a": "b"},
                    "StopSignal": "SIGQUIT",
                    "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5, "Retries": 3},
                },
                "history": [{"created_by": "RUN x", "comment": "c", "empty_layer": True}],
                "rootfs": {"type": "layers", "diff_ids": ["sha256:1"]},
            }
        ).encode()
    )
    assert config.platform.name == "linux/arm64/v8"
    assert config.created == datetime(2026, 1, 2, 2, 4, 5, 678901, tzinfo=UTC)
    assert (config.author, config.working_dir, config.user) == ("alice", "/srv", "1000:1000")
    assert (config.env, config.entrypoint, config.cmd) == (("A=1", "B=2"), ("/start",), ("--now",))
    assert config.exposed_ports == ("80/tcp", "53/udp")
    assert (config.volumes, config.labels) == (("/data",), {"a": "b"})
    assert config.stop_signal == "SIGQUIT"
    assert config.healthcheck is not None
    assert (config.healthcheck.test, config.healthcheck.interval) == (("CMD", "true"), 5)
    assert config.healthcheck.retries == 3
    assert config.history[0].empty_layer
    assert config.diff_ids == ("sha256:1",)


@given(st.binary() | _DOCUMENTS.map(lambda document: json.dumps(document).encode()))
def test_whatever_a_configuration_holds_is_survived(content: bytes) -> None:
    try:
        config = parse_config(content)
    except ManifestInvalid:
        return
    steps = layer_steps(config, _layers(3))
    assert [step.layer for step in steps if step.layer][:3]
    repr(config).encode()


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"a":'])
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(ManifestInvalid):
        parse_config(content)


@pytest.mark.parametrize("text", ['"\\ud800"', '"a\\u0000b"'])
def test_text_is_fit_for_a_database(text: str) -> None:
    author = parse_config(b'{"author": %s}' % text.encode()).author
    assert "\0" not in author
    assert author.encode()


@pytest.mark.parametrize("created", ["0001-01-01T00:00:00Z", "2026-01-01", "yesterday", 5, ""])
def test_a_moment_that_is_none_is_left_out(created: object) -> None:
    assert parse_config(json.dumps({"created": created}).encode()).created is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"os": "linux", "architecture": "amd64"}, "linux/amd64"),
        ({"os": "unknown", "architecture": "unknown"}, ""),
        ({"os": "linux"}, ""),
        ({"os": 1, "architecture": "amd64"}, ""),
        (None, ""),
    ],
)
def test_a_platform_has_a_name_once_it_is_known(value: object, name: str) -> None:
    assert parse_platform(value).name == name


def test_a_windows_platform_keeps_its_version() -> None:
    found = parse_platform({"os": "windows", "architecture": "amd64", "os.version": "10.0.1"})
    assert found == Platform("windows", "amd64", "", "10.0.1")


def _config(*empty: bool) -> ImageConfig:
    history = [{"created_by": f"RUN {n}", "empty_layer": flag} for n, flag in enumerate(empty)]
    return parse_config(json.dumps({"history": history}).encode())


def test_each_step_has_its_layer() -> None:
    one, two = _layers(2)
    steps = layer_steps(_config(False, True, False), [one, two])
    assert [(step.command, step.layer) for step in steps] == [
        ("RUN 0", one),
        ("RUN 1", None),
        ("RUN 2", two),
    ]


def test_layers_that_the_history_does_not_know_come_first() -> None:
    one, two, three = _layers(3)
    steps = layer_steps(_config(False), [one, two, three])
    assert [(step.command, step.layer) for step in steps] == [
        ("", one),
        ("", two),
        ("RUN 0", three),
    ]


def test_steps_for_which_no_layer_is_left_have_none() -> None:
    (one,) = _layers(1)
    steps = layer_steps(_config(False, False), [one])
    assert [step.layer for step in steps] == [one, None]


def test_without_a_configuration_there_are_still_the_layers() -> None:
    layers = _layers(2)
    assert [step.layer for step in layer_steps(ImageConfig(), layers)] == layers
