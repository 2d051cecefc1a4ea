"""The `oras` package: any files, as artifacts."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import oras.client
import oras.oci
import pytest
import requests

from tests.clients.layout import CONFIG, LAYER, blobs, digest_of
from tests.programs.file_systems import archive
from tests.programs.skopeo import Skopeo

MIB = 1024 * 1024
NOTES = "application/vnd.example.notes"


class Oras(oras.client.OrasClient):  # type: ignore[misc]  # the package has no types
    """A client that pushes and pulls what it is given as bytes."""

    def send(self, target: str, files: dict[str, bytes], **options: Any) -> None:
        """Push *files* as one artifact; it takes files of the current folder only."""
        for name, content in files.items():
            Path(name).write_bytes(content)
        self.push(target=target, files=[f"{name}:{NOTES}" for name in files], quiet=True, **options)

    def received(self, target: str) -> dict[str, bytes]:
        """The files of an artifact."""
        files = map(Path, self.pull(target=target, outdir="received"))
        return {file.name: file.read_bytes() for file in files}


@pytest.fixture
def client(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Oras:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Oras(hostname=host, insecure=True)


def test_files_come_back_byte_for_byte(client: Oras, repository: str) -> None:
    files = {"notes.txt": os.urandom(5000), "other.bin": os.urandom(100_000), "empty": b""}
    client.send(f"{repository}:1.0", files)
    assert client.received(f"{repository}:1.0") == files


def test_an_image_comes_back_byte_for_byte(
    client: Oras, skopeo_client: Skopeo, repository: str, tmp_path: Path
) -> None:
    tree = archive({"file": os.urandom(5000)})
    rootfs = {"type": "layers", "diff_ids": [digest_of(tree)]}
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": rootfs}).encode()
    packed = gzip.compress(tree)
    Path("layer.tar.gz").write_bytes(packed)
    Path("config.json").write_bytes(config)
    client.push(
        target=f"{repository}:1.0",
        files=[f"layer.tar.gz:{LAYER}"],
        manifest_config=f"config.json:{CONFIG}",
        quiet=True,
    )
    for content in (config, packed):
        assert client.get_blob(f"{repository}:1.0", digest_of(content)).content == content
    skopeo_client.copy(f"docker://{repository}:1.0", f"oci:{tmp_path}/copy:1.0")
    found = blobs(tmp_path / "copy")
    assert found[digest_of(config)] == config
    assert found[digest_of(packed)] == packed


def test_a_file_sent_in_chunks_comes_back_byte_for_byte(client: Oras, repository: str) -> None:
    files = {"large": os.urandom(5 * MIB + 1)}
    client.send(f"{repository}:1.0", files, do_chunked=True, chunk_size=2 * MIB)
    assert client.received(f"{repository}:1.0") == files


def test_the_manifest_names_the_files_and_their_type(client: Oras, repository: str) -> None:
    content = os.urandom(5000)
    client.send(f"{repository}:1.0", {"notes.txt": content})
    [layer] = client.get_manifest(f"{repository}:1.0")["layers"]
    assert layer["mediaType"] == NOTES
    assert layer["digest"] == digest_of(content)
    assert layer["annotations"]["org.opencontainers.image.title"] == "notes.txt"


def test_tags_are_listed_page_by_page_and_deleted(client: Oras, repository: str) -> None:
    tags = ["1", "2", "3", "4", "5"]
    for tag in tags:
        client.send(f"{repository}:{tag}", {"notes.txt": os.urandom(100)})
    assert client.get_tags(repository) == tags
    assert pages(client, repository, 2) == [["1", "2"], ["3", "4"], ["5"]]
    assert client.delete_tag(f"{repository}:3", "3")
    assert client.get_tags(repository) == ["1", "2", "4", "5"]


def pages(client: Oras, repository: str, size: int) -> list[list[str]]:
    """The tags as the client meets them when it follows the links from page to page."""
    found: list[list[str]] = []

    def collect(response: requests.Response) -> bool:
        found.append(response.json()["tags"])
        return True

    client._do_paginated_request(f"{address(client, repository)}/tags/list?n={size}", collect)
    return found


def address(client: Oras, repository: str) -> str:
    host, _, name = repository.partition("/")
    return f"{client.prefix}://{host}/v2/{name}"


def test_an_artifact_is_found_by_what_it_is_about(
    client: Oras, skopeo_client: Skopeo, repository: str
) -> None:
    client.send(f"{repository}:1.0", {"program": os.urandom(5000)})
    subject = skopeo_client.manifest(f"{repository}:1.0")
    digest = digest_of(subject)
    about = oras.oci.Subject("application/vnd.oci.image.manifest.v1+json", digest, len(subject))
    client.send(f"{repository}:notes", {"notes.txt": b"notes"}, subject=about)
    found = client.do_request(f"{address(client, repository)}/referrers/{digest}").json()
    [referrer] = found["manifests"]
    assert referrer["digest"] == digest_of(skopeo_client.manifest(f"{repository}:notes"))


def test_what_does_not_exist_is_not_found(client: Oras, repository: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)404|not found|unknown"):
        client.pull(target=f"{repository}:1.0", outdir="received")
