"""`docker search`, byte for byte, with each command line that this host has.

Those that show AUTOMATED sort by stars; the newer ones show what comes as it comes.
"""

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.access.clients import log_in, logins
from tests.access.registry import ALICE, BOB, Person, Registry, administrator
from tests.hub.stage import LONG, Stage, fill
from tests.programs.addresses import own_address
from tests.programs.dockerd import Docker
from tests.programs.entrepot import entrepot, entrepot_at, entrepot_command
from tests.programs.ports import free_port
from tests.programs.waiting import until

PUBLIC = (
    """\
NAME               DESCRIPTION                                     STARS     OFFICIAL
quark              The official quark                              3         [OK]
acme/quark-tools   Tools around quark: for those who build, and…   1         
""",  # noqa: W291
    """\
NAME               DESCRIPTION                                     STARS     OFFICIAL   AUTOMATED
quark              The official quark                              3         [OK]       
acme/quark-tools   Tools around quark: for those who build, and…   1                    [OK]
""",  # noqa: W291
)
ALL = (
    """\
NAME               DESCRIPTION                                     STARS     OFFICIAL
quark              The official quark                              3         [OK]
alice/quark        Nobody's business                               0         
acme/quark-tools   Tools around quark: for those who build, and…   1         
""",  # noqa: W291
    """\
NAME               DESCRIPTION                                     STARS     OFFICIAL   AUTOMATED
quark              The official quark                              3         [OK]       
acme/quark-tools   Tools around quark: for those who build, and…   1                    [OK]
alice/quark        Nobody's business                               0                    
""",  # noqa: W291
)
ONE = (
    """\
NAME      DESCRIPTION          STARS     OFFICIAL
quark     The official quark   3         [OK]
""",
    """\
NAME      DESCRIPTION          STARS     OFFICIAL   AUTOMATED
quark     The official quark   3         [OK]       
""",  # noqa: W291
)
TOOLS_ALONE = (
    """\
NAME               DESCRIPTION                                     STARS     OFFICIAL
acme/quark-tools   Tools around quark: for those who build, and…   1         
""",  # noqa: W291
    """\
NAME               DESCRIPTION                                     STARS     OFFICIAL   AUTOMATED
acme/quark-tools   Tools around quark: for those who build, and…   1                    [OK]
""",
)
NONE = (
    "NAME      DESCRIPTION   STARS     OFFICIAL\n",
    "NAME      DESCRIPTION   STARS     OFFICIAL   AUTOMATED\n",
)


def printed(docker: Docker, *words: str) -> str:
    """What `docker search` prints."""
    return docker.run("search", *words).stdout


def is_table(text: str, expected: tuple[str, str]) -> None:
    """It must be the table that this kind of command line prints."""
    assert text == expected["AUTOMATED" in text.partition("\n")[0]]


def test_a_stranger_finds_what_is_public(docker: Docker, stage: Stage) -> None:
    is_table(printed(docker, stage.term), PUBLIC)


@pytest.mark.parametrize(("person", "expected"), [(ALICE, ALL), (BOB, PUBLIC)])
def test_who_has_logged_in_finds_what_they_may_see(
    docker: Docker, stage: Stage, person: Person, expected: tuple[str, str]
) -> None:
    log_in(docker, person, stage.host)
    assert logins(docker, stage.host)["identitytoken"]
    is_table(printed(docker, stage.term), expected)
    docker.run("logout", stage.host)
    is_table(printed(docker, stage.term), PUBLIC)


def test_a_login_by_access_token(docker: Docker, stage: Stage) -> None:
    limited = stage.registry.token(ALICE, ("acme/*", "pull"))
    log_in(docker, limited, stage.host)
    is_table(printed(docker, stage.term), PUBLIC)
    log_in(docker, stage.registry.token(ALICE, ("alice/*", "pull")), stage.host)
    is_table(printed(docker, stage.term), ALL)


def test_a_revoked_login_is_told(docker: Docker, stage: Stage) -> None:
    person = stage.registry.new_person()
    log_in(docker, person, stage.host)
    (listed,) = stage.registry.call(person, "GET", "/account/tokens")["items"]
    stage.registry.call(person, "DELETE", f"/account/tokens/{listed['id']}")
    assert "log in again" in docker.refused("search", stage.term)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["stars=1"], PUBLIC),
        (["stars=2"], ONE),
        (["stars=4"], NONE),
        (["is-official=true"], ONE),
        (["is-official=false"], TOOLS_ALONE),
        (["is-automated=true"], TOOLS_ALONE),
        (["is-automated=false"], ONE),
        (["is-official=true", "stars=3"], ONE),
        (["is-official=true", "is-automated=true"], NONE),
    ],
    ids=" ".join,
)
def test_filters(
    docker: Docker, stage: Stage, filters: list[str], expected: tuple[str, str]
) -> None:
    words = [word for each in filters for word in ("--filter", each)]
    is_table(printed(docker, *words, stage.term), expected)


def test_limits(docker: Docker, stage: Stage) -> None:
    is_table(printed(docker, "--limit", "1", stage.term), ONE)
    is_table(printed(docker, "--limit", "100", stage.term), PUBLIC)
    assert "[1, 100]" in docker.refused("search", "--limit", "200", stage.term)


def test_whole_descriptions(docker: Docker, stage: Stage) -> None:
    text = printed(docker, "--no-trunc", stage.term)
    assert [line[:19].strip() for line in text.splitlines()[1:]] == ["quark", "acme/quark-tools"]
    assert text.splitlines()[2][19:].startswith(f"{LONG}   1 ")


def test_formats(docker: Docker, stage: Stage) -> None:
    text = printed(docker, "--format", "{{.Name}}|{{.StarCount}}|{{.IsOfficial}}", stage.term)
    assert text == "quark|3|[OK]\nacme/quark-tools|1|\n"
    wide = printed(docker, "--no-trunc", "--format", "{{.Description}}", stage.term)
    assert wide == f"The official quark\n{LONG}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("acme/quark-tools", TOOLS_ALONE),
        ("library/quark", PUBLIC),
        ("QUARK", PUBLIC),
        ("tools", TOOLS_ALONE),
        ("around build", TOOLS_ALONE),
        ("uark", PUBLIC),
        ("uark ool", TOOLS_ALONE),
        ("quark:2.0", ONE),
        ("is:official", ONE),
        ("nothinglikethis", NONE),
        ("镜像", NONE),
        ("", PUBLIC),
    ],
)
def test_words(docker: Docker, stage: Stage, words: str, expected: tuple[str, str]) -> None:
    is_table(printed(docker, f"{stage.host}/{words}"), expected)


def test_what_is_pushed_is_found_soon(docker: Docker, stage: Stage, engine: Docker) -> None:
    person = stage.registry.new_person("newcomer")
    name = f"{person.name}/just-pushed"
    log_in(docker, person, stage.host)
    engine.run("tag", "busybox:local", f"{stage.host}/{name}:1.0")
    docker.push(f"{stage.host}/{name}:1.0")
    until(lambda: name in printed(docker, f"{stage.host}/just-pushed"))
    stage.registry.show(person, name, "public")
    docker.run("logout", stage.host)
    assert name in printed(docker, f"{stage.host}/just-pushed")


@pytest.fixture(scope="module")
def safe(_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same behind HTTPS, with an authority that the engine knows."""
    folder, data = tmp_path_factory.mktemp("tls"), tmp_path_factory.mktemp("safe")
    with entrepot(data, settings={"auth__mode": "accounts"}) as server:
        fill(Registry(server, data, administrator(data)))
    with own_address() as address:
        host = f"{address}:{free_port()}"
        entrepot_command("tls", "self-signed").run(host, "--folder", folder)
        with entrepot_at(data, host, tls=folder), known(host, folder / "ca.crt"):
            yield host


@contextmanager
def known(host: str, authority: Path) -> Iterator[None]:
    """The engine knows the authority, as `tls self-signed` tells to have it."""
    certificates = Path("/etc/docker/certs.d") / host
    certificates.mkdir(parents=True)
    try:
        shutil.copy(authority, certificates / "ca.crt")
        yield
    finally:
        shutil.rmtree(certificates)
        with suppress(OSError):  # where other registries are known
            certificates.parent.rmdir()


def test_over_https_a_stranger_sends_an_empty_password(docker: Docker, safe: str) -> None:
    is_table(printed(docker, f"{safe}/quark"), PUBLIC)


def test_over_https_who_has_logged_in(docker: Docker, safe: str) -> None:
    log_in(docker, ALICE, safe)
    is_table(printed(docker, f"{safe}/quark"), ALL)
    docker.run("logout", safe)
    log_in(docker, BOB, safe)
    is_table(printed(docker, f"{safe}/quark"), PUBLIC)


def test_over_https_with_a_password_that_is_kept(docker: Docker, safe: str) -> None:
    """As logins are kept that were made where there was no token service: as name and password."""
    keep(docker, safe, ALICE)
    is_table(printed(docker, f"{safe}/quark"), ALL)
    keep(docker, safe, Person(ALICE.name, "not her password"))
    assert "Unexpected status code 401" in docker.refused("search", f"{safe}/quark")


def keep(docker: Docker, host: str, person: Person) -> None:
    """Have the command line keep a name and a password."""
    kept = base64.b64encode(f"{person.name}:{person.password}".encode()).decode()
    config = Path(docker.env["DOCKER_CONFIG"]) / "config.json"
    config.parent.mkdir(exist_ok=True)
    config.write_text(json.dumps({"auths": {host: {"auth": kept}}}))
