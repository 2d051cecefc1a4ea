"""What is wrong with a configuration is told by place, setting and reason."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.config.load import load
from entrepot.config.schema import Settings
from entrepot.errors import ConfigInvalid

NO_INTEGER = "Input should be a valid integer, unable to parse string as an integer"


def refusal(file: Path | None = None, /, **variables: str) -> list[str]:
    """The lines that say what is wrong, with the folder of *file* left out."""
    environment = {f"ENTREPOT_{name.upper()}": value for name, value in variables.items()}
    with pytest.raises(ConfigInvalid) as refused:
        load(file, environment=environment)
    folder = f"{file.parent}/" if file else ""
    return [line.removeprefix(folder) for line in str(refused.value).splitlines()]


@pytest.fixture
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A file of the settings in the test's parameter."""
    path = tmp_path / "e.yaml"
    path.write_text(request.param)
    return path


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        pytest.param(
            "server:\n  prot: 5000\n",
            ["e.yaml:2: server.prot: there is no such setting"],
            id="unknown-setting",
        ),
        pytest.param(
            "data: d\nservers:\n  port: 1\n",
            ["e.yaml:2: servers: there is no such setting"],
            id="unknown-section",
        ),
        pytest.param(
            "server:\n  host: 127.0.0.1\n  port: http\n",
            [f"e.yaml:3: server.port: {NO_INTEGER}"],
            id="wrong-type",
        ),
        pytest.param(
            "\n\nblobs: {driver: ftp}\n",
            ["e.yaml:3: blobs.driver: Input should be 'filesystem' or 's3'"],
            id="wrong-word",
        ),
        pytest.param(
            "server: 5000\n",
            ["e.yaml:1: server: this is a section; set one of the settings in it"],
            id="value-for-a-section",
        ),
        pytest.param(
            "server:\n  tls:\n    key: k.pem\n",
            ["e.yaml:2: server.tls: set both tls.certificate and tls.key, or neither"],
            id="half-of-tls",
        ),
        pytest.param(
            "blobs:\n  driver: s3\n",
            ["e.yaml:1: blobs: set blobs.s3.bucket to use blobs.driver: s3"],
            id="s3-without-bucket",
        ),
        pytest.param(
            "database:\n  url: mysql://localhost/x\n",
            ["e.yaml:1: database: database.url must start with postgresql://, or be left out"],
            id="other-database",
        ),
        pytest.param(
            "server:\n  port: 1\nserver:\n  port: 2\n",
            ["e.yaml:3: server: this setting stands twice; first at {folder}e.yaml:1"],
            id="twice",
        ),
        pytest.param(
            "server:\n  port: 0\nlogs:\n  level: loud\n",
            [
                "e.yaml:2: server.port: Input should be greater than or equal to 1",
                "e.yaml:4: logs.level: Input should be 'debug', 'info', 'warning' or 'error'",
            ],
            id="two-mistakes",
        ),
        pytest.param("1: 2\n", ["e.yaml:1: 1: there is no such setting"], id="number-as-name"),
        pytest.param(
            "- server\n", ["e.yaml:1: settings must be written as `name: value`"], id="list"
        ),
        pytest.param(
            "? [a]\n: 1\n", ["e.yaml:1: settings must be written as `name: value`"], id="odd-key"
        ),
        pytest.param(
            "data: 2001-99-99\n", ["e.yaml:1: data: month must be in 1..12"], id="odd-date"
        ),
        pytest.param("a: &x {b: *x}\n", ["e.yaml: the settings nest too deeply"], id="circle"),
        pytest.param("[" * 100_000, ["e.yaml: the settings nest too deeply"], id="deep"),
    ],
    indirect=["file"],
)
def test_a_mistake_in_a_file(file: Path, lines: list[str]) -> None:
    assert refusal(file) == [line.replace("{folder}", f"{file.parent}/") for line in lines]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(b"a: 1\nb: [1,\n", "e.yaml:3: not YAML: ", id="unfinished"),
        pytest.param(b"a: 1\n\tb: 2\n", "e.yaml:2: not YAML: ", id="tab"),
        pytest.param(b"a: 1\n---\nb: 1\n", "e.yaml:2: not YAML: ", id="two-documents"),
        pytest.param(b"a: 1\nb: \x00\n", "e.yaml:2: not YAML: ", id="control-character"),
        pytest.param(b"a: !!python/object:os.system\n", "e.yaml:1: not YAML: ", id="tag"),
        pytest.param(b"a: *b\n", "e.yaml:1: not YAML: ", id="unknown-alias"),
        pytest.param(b"\xff\xfe", "e.yaml: not UTF-8: ", id="not-utf-8"),
    ],
)
def test_a_file_that_is_not_yaml(tmp_path: Path, content: bytes, line: str) -> None:
    file = tmp_path / "e.yaml"
    file.write_bytes(content)
    (said,) = refusal(file)
    assert said.startswith(line)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "e.yaml") == ["e.yaml: No such file or directory"]
    (tmp_path / "folder").mkdir()
    assert refusal(tmp_path / "folder") == ["folder: Is a directory"]


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        pytest.param(
            {"server__port": "http"},
            f"ENTREPOT_SERVER__PORT: server.port: {NO_INTEGER}",
            id="wrong-type",
        ),
        pytest.param(
            {"server__prot": "1"},
            "ENTREPOT_SERVER__PROT: server.prot: there is no such setting",
            id="unknown-setting",
        ),
        pytest.param(
            {"servr__port": "1"},
            "ENTREPOT_SERVR__PORT: servr: there is no such setting",
            id="unknown-section",
        ),
        pytest.param({"dta": "d"}, "ENTREPOT_DTA: dta: there is no such setting", id="unknown"),
        pytest.param(
            {"server": "{}"},
            "ENTREPOT_SERVER: server: this is a section; set one of the settings in it",
            id="section",
        ),
        pytest.param(
            {"server": "a", "server__port": "1"},
            "ENTREPOT_SERVER__PORT: ENTREPOT_SERVER is set to a value as well",
            id="section-and-setting",
        ),
        pytest.param(
            {"server__tls__certificate": "c.pem"},
            "ENTREPOT_SERVER__TLS__CERTIFICATE: server.tls:"
            " set both tls.certificate and tls.key, or neither",
            id="half-of-tls",
        ),
        pytest.param(
            {"blobs__driver": "s3"},
            "ENTREPOT_BLOBS__DRIVER: blobs: set blobs.s3.bucket to use blobs.driver: s3",
            id="s3-without-bucket",
        ),
    ],
)
def test_a_mistake_in_the_environment(variables: dict[str, str], line: str) -> None:
    assert refusal(**variables) == [line]


@pytest.mark.parametrize("file", ["server:\n  port: 5000\n"], indirect=True)
def test_the_place_is_the_one_in_force(file: Path) -> None:
    """A variable that is wrong is not blamed on the file that it stands over."""
    assert refusal(file, server__port="x")[0].startswith("ENTREPOT_SERVER__PORT: server.port: ")


def test_a_password_is_not_told() -> None:
    for url in ("mysql://me:hunter2@db/x", "postgresql://me:hunter2/9@db/x"):
        assert "hunter2" not in "".join(refusal(database__url=url))


@given(st.text())
def test_any_file_is_survived(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, encoding="utf-8", newline="")
    try:
        settings = load(file, environment={})
    except ConfigInvalid as refused:
        said = str(refused)
    else:
        assert settings == Settings()
        return
    assert said.startswith(f"{file}:")


@given(
    st.dictionaries(st.text("ABSERV_", max_size=12).map("ENTREPOT_".__add__), st.text(), max_size=4)
)
def test_any_environment_is_survived(variables: dict[str, str]) -> None:
    try:
        settings = load(environment=variables)
    except ConfigInvalid as refused:
        said = str(refused)
    else:
        assert settings == Settings()
        return
    assert said.startswith("ENTREPOT_")
