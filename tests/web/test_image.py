"""Pages of tags and of images, also of images that strangers made to do harm."""

import json

import pytest

from tests.api.site import Caller, Site, unique
from tests.conformance import content
from tests.conformance.content import OCI_INDEX, OCI_MANIFEST, Content
from tests.web.pushing import EVIL, config, found, layer, push, repository, show
from tests.web.site import Browser


@pytest.fixture
def name(alice: Caller) -> str:
    """A repository that is not there yet."""
    return f"{alice.name}/{unique('web')}"


HISTORY = [
    {"created_by": "/bin/sh -c #(nop) ADD file:x in / "},
    {"created_by": '/bin/sh -c #(nop)  CMD ["sh"]', "empty_layer": True},
    {"created_by": f"/bin/sh -c echo {EVIL}"},
]


def test_a_tag_tells_what_it_points_to(site: Site, alice: Caller, name: str, home: Browser) -> None:
    first = push(site, alice, name, "v1")
    second = push(site, alice, name, "v1")
    page = home.get(f"/r/{name}/-/tags/v1")
    assert f"/{name}@{second.digest}" in page.html
    assert f"/{name}:v1" in page.html
    moves = page.html[page.html.index("Where it pointed") :]
    assert moves.index(second.digest) < moves.index(first.digest)


def test_a_deleted_tag_tells_where_it_pointed(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    image = push(site, alice, name, "v1")
    there = repository(site, alice, name)
    with there.http:
        there.delete("manifests/v1")
    html = found(home, f"/r/{name}/-/tags/v1", 404)
    assert "deleted" in html
    assert image.digest in html
    assert "docker pull" not in html
    assert home.get(f"/r/{name}/-/tags/never").status == 404


def test_an_image_shows_its_layers_and_its_configuration(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    large, small = layer({"a": bytes(range(256)) * 400}), layer({"b": b"b"})
    made = config(
        history=HISTORY,
        config={
            "Env": ["PATH=/bin", "A=b=c", "BARE"],
            "Cmd": ["sh", "-c", "true"],
            "Entrypoint": ["/init"],
            "User": "nobody",
            "WorkingDir": "/srv",
            "ExposedPorts": {"80/tcp": {}},
            "Volumes": {"/data": {}},
            "Labels": {"maintainer": "somebody"},
            "StopSignal": "SIGQUIT",
        },
    )
    image = push(site, alice, name, configuration=made, layers=(large, small))
    page = home.get(f"/r/{name}/-/images/{image.digest}")
    for text in (
        "/init",
        "sh -c true",
        "nobody",
        "/srv",
        "80/tcp",
        "/data",
        "SIGQUIT",
        "linux/amd64",
    ):
        assert text in page.text, text
    assert '<dt class="mono">A</dt><dd class="mono">b=c</dd>' in page.html
    assert '<dt class="mono">maintainer</dt><dd>somebody</dd>' in page.html
    assert page.html.count("<rect") == 2
    assert 'width="100.0"' in page.html
    layers = [link for link in page.links if "/layers/" in link]
    assert [link.rpartition("/")[2] for link in layers] == [large.digest, small.digest]
    assert "#(nop)" not in page.text


def test_an_image_of_strangers_is_text(site: Site, alice: Caller, name: str, home: Browser) -> None:
    evil = {
        "Env": [f"X={EVIL}", EVIL],
        "Cmd": [EVIL],
        "Entrypoint": EVIL,
        "User": EVIL,
        "ExposedPorts": {EVIL: {}},
        "Volumes": {EVIL: {}},
        "Labels": {EVIL: EVIL, "url": "javascript:alert(1)"},
        "Healthcheck": {"Test": [EVIL]},
    }
    made = config(config=evil, history=[{"created_by": EVIL, "comment": EVIL}], author=EVIL)
    annotations = {"evil": EVIL, "org.opencontainers.image.url": "javascript:alert(1)"}
    image = push(
        site, alice, name, configuration=made, layers=(layer({"a": b""}),), annotations=annotations
    )
    html = found(home, f"/r/{name}/-/images/{image.digest}")
    assert html.count("&lt;script&gt;alert(1)") > 10
    assert 'href="javascript:' not in html
    found(home, f"/r/{name}/-/tags/latest")


ODD = [
    {"config": [], "history": {}, "rootfs": 7, "os": None},
    {"config": {"Env": "x", "Labels": [], "Cmd": {"a": 1}, "Volumes": 3}, "history": ["x", None]},
    {"history": [{"created_by": "x" * 50_000}] * 500},
    {"created": "yesterday", "history": [{"created": 7, "created_by": ["x"]}]},
    {"config": {"Labels": {"half": "\ud800", "nul": "a\0b"}}, "author": "\udfff"},
]


@pytest.mark.parametrize("members", ODD)
def test_odd_configurations_are_shown(
    site: Site, alice: Caller, name: str, home: Browser, members: dict[str, object]
) -> None:
    image = push(site, alice, name, configuration=config(**members), layers=(layer({"a": b""}),))
    for path in (f"images/{image.digest}", "tags/latest"):
        page = home.get(f"/r/{name}/-/{path}")
        assert page.status == 200
        assert len(page.html) < 400_000


def test_halves_of_characters_in_a_manifest_are_survived(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    there = repository(site, alice, name)
    with there.http:
        blob = there.push_blob(content.config())
        text = content.image(blob, annotations={"a": "HALF"}).data.replace(b"HALF", b"\\ud800")
        answer = there.put_manifest(Content(OCI_MANIFEST, text), "latest")
    if answer.status_code == 201:
        digest = content.digest(text)
        assert home.get(f"/r/{name}/-/images/{digest}").status == 200
    assert answer.status_code < 500


def test_an_index_leads_to_its_platforms(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    there = repository(site, alice, name)
    with there.http:
        images = [push(site, alice, name, f"t{number}") for number in range(2)]
        platforms = [{"os": "linux", "architecture": "arm64", "variant": "v8"}, {"os": EVIL}]
        listed = [
            image.descriptor(platform=platform)
            for image, platform in zip(images, platforms, strict=True)
        ]
        members = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}
        index = Content(OCI_INDEX, json.dumps(members).encode())
        assert there.put_manifest(index, "all").status_code == 201
    for path in ("tags/all", f"images/{index.digest}"):
        html = found(home, f"/r/{name}/-/{path}")
        assert "linux/arm64/v8" in html
        for image in images:
            assert f'/-/images/{image.digest}"' in html


def test_signatures_and_charts_are_named(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    image = push(site, alice, name)
    there = repository(site, alice, name)
    kinds = {
        "application/vnd.cncf.notary.signature": "signature",
        "application/spdx+json": "SBOM",
        "application/vnd.in-toto+json": "attestation",
        f"application/x-{'evil'}": "artifact",
    }
    with there.http:
        for kind in kinds:
            there.push_image(subject=image.descriptor(), artifactType=kind)
    page = home.get(f"/r/{name}/-/images/{image.digest}")
    for kind, word in kinds.items():
        assert kind in page.text
        assert word in page.text
    one = next(
        link for link in page.links if "/-/images/sha256" in link and image.digest not in link
    )
    about = home.get(one)
    assert "This is about" in about.text
    assert f"/-/images/{image.digest}" in about.html


def test_a_manifest_is_downloaded_and_never_shown(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    image = push(site, alice, name, annotations={"a": EVIL})
    answer = home.http.get(f"/r/{name}/-/images/{image.digest}/manifest")
    assert answer.content == image.data
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_no_digest_or_not_there_is_said(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    push(site, alice, name)
    for path, status in (
        (content.unknown_digest(), 404),
        ("sha256:xyz", 400),
        ("latest", 400),
        (f"{content.unknown_digest()}/manifest", 404),
    ):
        assert home.get(f"/r/{name}/-/images/{path}").status == status


def test_an_image_of_another_repository_is_not_there(
    site: Site, alice: Caller, bob: Caller, name: str, browser: Browser
) -> None:
    secret = push(site, bob, f"{bob.name}/secret")
    push(site, alice, name)
    show(site, name)
    assert browser.get(f"/r/{name}/-/images/{secret.digest}").status == 404
