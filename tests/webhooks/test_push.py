"""A push over the distribution API, and the webhook that tells of it."""

from collections.abc import Iterator

import httpx
import pytest

from entrepot.webhooks.signature import verify
from tests.api.site import Site, serving
from tests.conformance import content
from tests.conformance.registry import Repository
from tests.programs.waiting import PATIENCE
from tests.webhooks.receiver import Receiver

SECRET = "correct horse battery"


@pytest.fixture(scope="module", params=[1, 2], ids=["one-worker", "two-workers"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    settings = {"webhooks__allowed_networks": "127.0.0.0/8"}
    with serving(tmp_path_factory.mktemp("push"), settings, workers=request.param) as made:
        yield made


def test_a_push_is_told(site: Site, listening: Receiver) -> None:
    owner = site.person()
    space = owner.organization()
    hooks = f"/namespaces/{space}/webhooks"
    for form in ("docker-hub", "cloudevents", "notifications"):
        body = {"name": form, "url": f"{listening.url}/{form}", "events": ["push"]}
        owner.do("POST", hooks, **body, format=form, secret=SECRET)
    with httpx.Client(
        base_url=site.server.url, headers=owner.headers, trust_env=False, timeout=PATIENCE
    ) as http:
        repository = Repository(f"{space}/web", http)
        blob = content.config()
        image = content.image(blob)
        repository.push_blob(blob)
        repository.push_manifest(image, "v1")
    (hub,) = listening.wait(1, "/docker-hub")
    assert hub.document["repository"]["repo_name"] == f"{space}/web"
    assert hub.document["push_data"]["tag"] == "v1"
    assert hub.document["push_data"]["pusher"] == owner.name
    (cloud,) = listening.wait(1, "/cloudevents")
    assert (cloud.document["type"], cloud.document["subject"]) == ("entrepot.push", "v1")
    assert cloud.document["data"]["digest"] == image.digest
    (note,) = listening.wait(1, "/notifications")
    (entry,) = note.document["events"]
    assert entry["target"]["repository"] == f"{space}/web"
    assert entry["target"]["digest"] == image.digest
    for got in (hub, cloud, note):
        timestamp = got.headers["x-entrepot-timestamp"]
        signature = got.headers["x-entrepot-signature"]
        assert verify(SECRET, signature, timestamp, got.body, now=int(timestamp))
