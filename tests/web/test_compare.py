"""Two tags beside each other."""

import json

import pytest

from tests.api.site import Caller, Site, unique
from tests.conformance.content import OCI_INDEX, Content
from tests.web.pushing import EVIL, config, found, layer, push, repository
from tests.web.site import Browser, Page

STATUS = "Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n"


def dpkg(**versions: str) -> bytes:
    """A database of packages."""
    return "".join(STATUS.format(name=n, version=v) for n, v in versions.items()).encode()


@pytest.fixture
def name(site: Site, alice: Caller) -> str:
    """A repository with two images that share their lowest layer."""
    made = f"{alice.name}/{unique('web')}"
    shared = layer({"etc/os": b"os", "var/lib/dpkg/status": dpkg(bash="5.1", gone="1")})
    old = {"app/old": b"old", "app/kept": b"kept", "app/alike": b"one"}
    before = layer({**old, EVIL.replace("/", "_"): b""})
    new = {"app/new": b"new!", "app/kept": b"longer", "app/alike": b"two"}
    after = layer({**new, "var/lib/dpkg/status": dpkg(bash="5.2")})
    push(
        site,
        alice,
        made,
        "v1",
        configuration=config(config={"Env": ["A=1", f"B={EVIL}"], "Cmd": ["old"]}),
        layers=(shared, before),
    )
    push(
        site,
        alice,
        made,
        "v2",
        configuration=config(config={"Env": ["A=2"], "Cmd": ["new"], "Labels": {"x": EVIL}}),
        layers=(shared, after),
    )
    return made


def compared(browser: Browser, name: str, before: str, after: str, **more: str) -> Page:
    """The page once all layers were read."""
    query = "".join(f"&{key}={value}" for key, value in more.items())
    while True:
        page = browser.get(f"/r/{name}/-/compare?from={before}&to={after}{query}")
        if page.status != 202:
            return page


def test_two_tags_are_chosen_by_a_form(name: str, home: Browser) -> None:
    page = home.get(f"/r/{name}/-/compare")
    assert page.status == 200
    assert '<option value="v2">' in page.html
    after = home.send(page, f"/r/{name}/-/compare", **{"from": "v1", "to": "v2"})
    assert after.status in {200, 202}


def test_what_differs_is_shown(name: str, home: Browser) -> None:
    page = compared(home, name, "v1", "v2")
    assert page.status == 200
    assert page.unclosed == []
    for text in (
        "1 shared",
        "app/old",
        "app/new",
        "app/kept",
        "app/alike",
        "dpkg bash",
        "5.1",
        "5.2",
        "dpkg gone",
    ):
        assert text in page.text, text
    assert "etc/os" not in page.text
    # Of kept, alike and the database of packages.
    assert page.text.count("other content") == 3
    found(home, f"/r/{name}/-/compare?from=v1&to=v2")


def test_a_tag_is_the_same_as_itself(name: str, home: Browser) -> None:
    assert "The two are the same." in compared(home, name, "v1", "v1").text


@pytest.mark.parametrize(
    ("before", "status"), [("none", 404), ("-x", 400), ("%3Cscript%3Ealert", 400), ("x" * 500, 404)]
)
def test_tags_that_are_not_there_are_told_on_the_form(
    name: str, home: Browser, before: str, status: int
) -> None:
    page = home.get(f"/r/{name}/-/compare?from={before}&to=v2")
    assert page.status == status
    assert page.form(f"/r/{name}/-/compare").fields["to"] == ["v2"]
    assert "<script>alert" not in page.html


def test_of_several_platforms_the_wanted_one_is_compared(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    there = repository(site, alice, name)
    with there.http:
        listed = []
        for machine, tag in (("amd64", "v1"), ("arm64", "v2")):
            answer = there.pull(tag, "HEAD")
            listed.append(
                {
                    "mediaType": answer.headers["content-type"],
                    "digest": answer.headers["docker-content-digest"],
                    "size": int(answer.headers["content-length"]),
                    "platform": {"os": "linux", "architecture": machine},
                }
            )
        members = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}
        index = Content(OCI_INDEX, json.dumps(members).encode())
        assert there.put_manifest(index, "all").status_code == 201
    assert "same" in compared(home, name, "all", "v2", platform="linux/arm64").text
    assert "app/new" in compared(home, name, "all", "v2", platform="linux/amd64").text
    assert compared(home, name, "all", "all", platform="none/none").status == 404


def test_what_cannot_be_read_is_said(site: Site, alice: Caller, name: str, home: Browser) -> None:
    push(site, alice, name, "odd", layers=(Content("application/octet-stream", b"no layer"),))
    page = compared(home, name, "v1", "odd")
    assert page.status == 200
    assert "A layer could not be read" in page.text


def test_the_page_stays_small(site: Site, alice: Caller, name: str, home: Browser) -> None:
    files = {f"d/{'x' * 90}{number}": b"" for number in range(1500)}
    push(site, alice, name, "many", layers=(layer(files),))
    page = compared(home, name, "v1", "many")
    assert "The first 100 of" in page.text
    assert len(page.html) < 100_000
