"""The documents, as a reviewed file each, against what the formats' own descriptions ask for."""

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from entrepot.metadata.port import Transaction
from entrepot.model.event import Event, EventKind
from entrepot.model.permission import Visibility
from entrepot.model.records import NewManifest
from entrepot.model.repository import RepositoryCard
from entrepot.model.webhook import WebhookFormat
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.registry import events
from entrepot.webhooks.formats import CONTENT_TYPES, TELLS, Told, render, render_ping
from tests.shape.tree import ROOT
from tests.webhooks.round import Rounds
from tests.webhooks.samples import AT, BUILD, DIGEST, MANIFEST, event, webhook

GOLDEN = ROOT / "tests" / "webhooks" / "golden"
SITE = "https://registry.example.org"
CARD = RepositoryCard("acme/web", Visibility.PRIVATE, "A shop ☃", 3, 40, True, AT, None)
HUB, NOTIFICATIONS, CLOUDEVENTS = (
    WebhookFormat.DOCKER_HUB,
    WebhookFormat.NOTIFICATIONS,
    WebhookFormat.CLOUDEVENTS,
)
# What its documentation shows a payload to have, and of which type.
HUB_REPOSITORY = {
    "comment_count": int,
    "date_created": int,
    "description": str,
    "dockerfile": str,
    "full_description": str,
    "is_official": bool,
    "is_private": bool,
    "is_trusted": bool,
    "name": str,
    "namespace": str,
    "owner": str,
    "repo_name": str,
    "repo_url": str,
    "star_count": int,
    "status": str,
}


def told(form: WebhookFormat, kind: EventKind = EventKind.PUSH, **values: Any) -> Any:
    about = Told("11111111-2222", event(kind, **values), CARD, "# Web", SITE)
    return json.loads(render(form, about))


def ping(form: WebhookFormat, **values: Any) -> Any:
    hook = webhook("ci", format=form, **values)
    return json.loads(render_ping(hook, key="11111111-2222", at=AT, actor="alice", site=SITE))


CASES = [(form, kind) for form in WebhookFormat for kind in sorted(TELLS[form])]


@pytest.mark.parametrize(("form", "kind"), CASES)
def test_events_are_told_as_reviewed(form: WebhookFormat, kind: EventKind) -> None:
    assert told(form, kind) == golden(f"{form}.{kind}")


@pytest.mark.parametrize("form", WebhookFormat)
def test_pings_are_told_as_reviewed(form: WebhookFormat) -> None:
    assert ping(form) == golden(f"{form}.ping")


def test_the_sample_of_a_build_is_what_is_told_of_one(work: Rounds) -> None:
    manifest = NewManifest(Descriptor(MANIFEST, Digest.parse(DIGEST), 528))

    def tell(t: Transaction) -> Event:
        t.manifests.put(BUILD.repository, manifest, at=AT, actor="alice")
        events.built(t, BUILD)
        (found,) = t.events.page(9)
        return found

    # Whence it was reported is not even kept.
    sample = event(EventKind.BUILD, address="")
    found = work.write(tell)
    assert replace(found, id=sample.id, detail="") == replace(sample, detail="")
    assert json.loads(found.detail) == json.loads(sample.detail)


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def test_no_reviewed_file_is_left_over() -> None:
    names = {f"{form}.{kind}" for form, kind in CASES} | {f"{form}.ping" for form in WebhookFormat}
    assert {file.stem for file in GOLDEN.iterdir()} == names


@pytest.mark.parametrize("name", ["acme/web", "web", "acme/deep/web"])
def test_docker_hubs_payload_has_all_fields_of_their_types(name: str) -> None:
    found = told(HUB, repository=name)
    assert {key: type(value) for key, value in found["repository"].items()} == HUB_REPOSITORY
    pushed = {key: type(value) for key, value in found["push_data"].items()}
    assert pushed == {"pushed_at": int, "pusher": str, "tag": str}
    assert found.keys() == {"callback_url", "push_data", "repository"}


def test_docker_hub_calls_official_images_library() -> None:
    found = told(HUB, repository="web")["repository"]
    assert (found["namespace"], found["name"]) == ("library", "web")
    assert found["repo_name"] == "library/web"
    assert found["is_official"] is True
    assert told(HUB)["repository"]["is_official"] is False


@pytest.mark.parametrize("kind", sorted(TELLS[CLOUDEVENTS]))
@pytest.mark.parametrize("values", [{}, {"tag": "", "digest": ""}, {"actor": "", "tag": ""}])
def test_cloudevents_are_of_version_1(kind: EventKind, values: dict[str, str]) -> None:
    found = told(CLOUDEVENTS, kind, **values)
    assert found["specversion"] == "1.0"
    for name in ("id", "source", "type"):
        assert isinstance(found[name], str)
        assert found[name]
    # Attributes are lower-case letters and digits, and null is no value of one.
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in found)
    assert None not in [value for name, value in found.items() if name != "data"]
    assert datetime.fromisoformat(found["time"]) == AT
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", found["time"])


def test_an_unknown_address_still_gives_a_source() -> None:
    about = Told("key", event(), None, "", "")
    assert json.loads(render(CLOUDEVENTS, about))["source"] == "/acme/web"


def test_notifications_leave_out_what_is_not_known() -> None:
    found = told(NOTIFICATIONS, EventKind.DELETE, digest="", media_type="", size=0)
    (entry,) = found["events"]
    assert entry["target"] == {"repository": "acme/web", "tag": "v1"}
    assert told(NOTIFICATIONS, actor="")["events"][0]["actor"] == {}


def test_notifications_name_the_manifest() -> None:
    (entry,) = told(NOTIFICATIONS, EventKind.PULL)["events"]
    assert entry["target"]["url"] == f"{SITE}/v2/acme/web/manifests/{DIGEST}"
    assert entry["target"]["length"] == entry["target"]["size"] == 528


@pytest.mark.parametrize(("form", "kind"), CASES)
def test_nobody_is_told_whence(form: WebhookFormat, kind: EventKind) -> None:
    assert "192.0.2.7" not in json.dumps(told(form, kind))


def test_every_format_has_a_media_type() -> None:
    assert CONTENT_TYPES[CLOUDEVENTS].startswith("application/cloudevents+json")
    assert "application/vnd.docker.distribution.events" in CONTENT_TYPES[NOTIFICATIONS]
    assert CONTENT_TYPES[HUB] == "application/json"
