"""Pushing manifests: what is taken, and what is told about it ("Pushing Manifests")."""

import json

import pytest

from tests.conformance import content
from tests.conformance.content import (
    DOCKER_CONFIG,
    DOCKER_LAYER,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_MANIFEST,
)
from tests.conformance.registry import Repository
from tests.conformance.upload import location

LIMIT = 4 * 2**20
ODD = {
    "white-space": b'{ "schemaVersion":2,\r\n\t"mediaType":\n"TYPE"  ,"config":CONFIG}\n\n',
    "order": b'{"layers":[],"config":CONFIG,"mediaType":"TYPE","schemaVersion":2}',
    "escapes": b'{"schemaVersion":2,"media\\u0054ype":"TYPE","config":CONFIG,"layers":[]}',
}


def padded(image: content.Content, size: int) -> content.Content:
    """The same image manifest with white space behind it, up to *size*."""
    return content.Content(image.media_type, image.data.ljust(size))


def test_a_push_by_tag_is_201(repository: Repository) -> None:
    image = repository.push_image("latest")
    assert repository.pull("latest").content == image.data


def test_a_push_by_digest_is_201(repository: Repository) -> None:
    image = repository.push_image()
    assert repository.pull(image.digest).content == image.data


def test_a_push_by_tag_can_be_pulled_by_digest(repository: Repository) -> None:
    image = repository.push_image("latest")
    assert repository.pull(image.digest).content == image.data


@pytest.mark.parametrize("tag", ["latest", None], ids=["by-tag", "by-digest"])
def test_a_push_tells_where_the_manifest_is(repository: Repository, tag: str | None) -> None:
    image = repository.push_image()
    address = location(repository.put_manifest(image, tag))
    answer = repository.http.get(address, headers={"Accept": OCI_MANIFEST})
    assert answer.content == image.data


@pytest.mark.parametrize("tag", ["latest", None], ids=["by-tag", "by-digest"])
def test_a_push_tells_the_digest(repository: Repository, tag: str | None) -> None:
    image = repository.push_image()
    answer = repository.put_manifest(image, tag)
    assert answer.headers["Docker-Content-Digest"] == image.digest


def test_a_push_by_sha512_tells_that_digest(repository: Repository) -> None:
    config = repository.push_blob(content.config())
    image = content.manifest(OCI_MANIFEST, "sha512", config=config.descriptor(), layers=[])
    answer = repository.put_manifest(image)
    assert (answer.status_code, answer.headers["Docker-Content-Digest"]) == (201, image.digest)


def test_a_push_by_sha512_can_be_pulled(repository: Repository) -> None:
    config = repository.push_blob(content.config())
    image = content.manifest(OCI_MANIFEST, "sha512", config=config.descriptor(), layers=[])
    assert repository.put_manifest(image).status_code == 201
    answer = repository.pull(image.digest)
    assert (answer.content, answer.headers["Docker-Content-Digest"]) == (image.data, image.digest)


def test_a_push_twice_is_201(repository: Repository) -> None:
    image = repository.push_image("latest")
    assert repository.put_manifest(image, "latest").status_code == 201


def test_a_tag_moves_to_what_is_pushed_last(repository: Repository) -> None:
    repository.push_image("latest")
    second = repository.push_image("latest")
    assert repository.pull("latest").content == second.data


def test_a_tag_can_move_back(repository: Repository) -> None:
    first = repository.push_image("latest")
    repository.push_image("latest")
    repository.push_manifest(first, "latest")
    assert repository.pull("latest").content == first.data


def test_what_a_tag_left_stays(repository: Repository) -> None:
    first = repository.push_image("latest")
    repository.push_image("latest")
    assert repository.pull(first.digest).content == first.data


def test_a_manifest_can_have_several_tags(repository: Repository) -> None:
    image = repository.push_image("one")
    repository.push_manifest(image, "two")
    assert repository.pull("one").content == repository.pull("two").content == image.data


@pytest.mark.parametrize(
    "tag",
    ["_", "A", "1.0", "v1.0_rc-1", "x" * 128, "0" * 64],
    ids=["underscore", "upper-case", "dot", "all-signs", "longest", "like-hex"],
)
def test_a_tag_of_the_grammar_is_taken(repository: Repository, tag: str) -> None:
    image = repository.push_image(tag)
    assert repository.pull(tag).content == image.data


def test_a_chunked_transfer_is_taken(repository: Repository) -> None:
    image = repository.push_image()
    answer = repository.request(
        "PUT",
        "manifests/latest",
        headers={"Content-Type": image.media_type},
        content=iter([image.data[:10], image.data[10:]]),
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("form", ODD.values(), ids=ODD.keys())
def test_the_bytes_are_kept(repository: Repository, form: bytes) -> None:
    described = json.dumps(repository.push_blob(content.config()).descriptor()).encode()
    data = form.replace(b"TYPE", OCI_MANIFEST.encode()).replace(b"CONFIG", described)
    odd = content.Content(OCI_MANIFEST, data)
    assert repository.put_manifest(odd, "odd").status_code == 201
    assert repository.pull("odd").content == odd.data


def test_escaped_characters_are_kept(repository: Repository) -> None:
    image = repository.push_image("odd", annotations={"example.test": "caf\u00e9 \U0001f980 </>&"})
    assert b"\\u00e9" in image.data
    assert repository.pull("odd").content == image.data


def test_plain_utf_8_is_kept(repository: Repository) -> None:
    image = content.image(repository.push_blob(content.config()), annotations={"k": "VALUE"})
    plain = content.Content(OCI_MANIFEST, image.data.replace(b"VALUE", "caf\u00e9".encode()))
    repository.push_manifest(plain, "odd")
    assert repository.pull("odd").content == plain.data


def test_parameters_of_the_type_are_ignored(repository: Repository) -> None:
    image = repository.push_image()
    headers = {"Content-Type": f"{OCI_MANIFEST}; charset=utf-8"}
    answer = repository.request("PUT", "manifests/latest", headers=headers, content=image.data)
    assert answer.status_code == 201
    assert repository.pull("latest").headers["Content-Type"] == OCI_MANIFEST


def test_the_manifest_s_own_type_is_enough(repository: Repository) -> None:
    image = repository.push_image()
    answer = repository.request("PUT", "manifests/latest", content=image.data)
    assert answer.status_code == 201
    assert repository.pull("latest").headers["Content-Type"] == OCI_MANIFEST


def test_the_header_s_type_is_enough(repository: Repository) -> None:
    image = repository.push_image("latest", mediaType=None)
    assert "mediaType" not in json.loads(image.data)
    assert repository.pull("latest").headers["Content-Type"] == OCI_MANIFEST


def test_a_docker_manifest_is_kept(repository: Repository) -> None:
    config = repository.push_blob(content.config(DOCKER_CONFIG))
    layer = repository.push_blob(content.layer(DOCKER_LAYER))
    image = content.image(config, layer, media_type=DOCKER_MANIFEST)
    repository.push_manifest(image, "docker")
    answer = repository.pull("docker")
    assert (answer.content, answer.headers["Content-Type"]) == (image.data, DOCKER_MANIFEST)


def test_a_docker_manifest_list_is_kept(repository: Repository) -> None:
    config = repository.push_blob(content.config(DOCKER_CONFIG))
    image = repository.push_manifest(content.image(config, media_type=DOCKER_MANIFEST))
    platform = {"architecture": "arm", "os": "linux", "variant": "v7", "features": ["sse"]}
    listed = content.manifest(DOCKER_LIST, manifests=[image.descriptor(platform=platform)])
    repository.push_manifest(listed, "docker")
    answer = repository.pull("docker")
    assert (answer.content, answer.headers["Content-Type"]) == (listed.data, DOCKER_LIST)


def test_an_image_without_layers_is_taken(repository: Repository) -> None:
    image = content.image(repository.push_blob(content.config()))
    assert repository.put_manifest(image).status_code == 201


def test_an_image_that_names_a_layer_twice_is_taken(repository: Repository) -> None:
    config, layer = repository.push_blob(content.config()), repository.push_blob(content.layer())
    assert repository.put_manifest(content.image(config, layer, layer)).status_code == 201


def test_an_index_is_taken(repository: Repository) -> None:
    index = repository.push_index(repository.push_image(), repository.push_image(), tag="many")
    assert repository.pull("many").content == index.data


def test_an_index_of_an_index_is_taken(repository: Repository) -> None:
    inner = repository.push_index(repository.push_image())
    outer = repository.push_index(inner, tag="outer")
    assert repository.pull("outer").content == outer.data


def test_an_empty_index_is_taken(repository: Repository) -> None:
    repository.push_blob()
    assert repository.put_manifest(content.index(), "none").status_code == 201


def test_an_index_with_an_artifact_type_is_taken(repository: Repository) -> None:
    index = content.index(repository.push_image(), artifactType="application/vnd.example.set")
    assert repository.put_manifest(index).status_code == 201


def test_an_artifact_is_taken(repository: Repository) -> None:
    nothing = content.Content("application/vnd.oci.empty.v1+json", b"{}")
    repository.push_blob(nothing)
    bill = repository.push_blob(content.blob(media_type="text/spdx"))
    artifact = content.image(nothing, bill, artifactType="application/vnd.example.sbom.v1")
    repository.push_manifest(artifact, "sbom")
    assert repository.pull("sbom").content == artifact.data


def test_a_config_may_be_of_any_type(repository: Repository) -> None:
    config = repository.push_blob(content.blob(media_type="application/vnd.example.chart+json"))
    assert repository.put_manifest(content.image(config)).status_code == 201


def test_a_descriptor_may_carry_its_data(repository: Repository) -> None:
    config = repository.push_blob(content.Content("application/vnd.example+json", b'{"a":1}'))
    image = content.image(config, config=config.descriptor(data="eyJhIjoxfQ=="))
    repository.push_manifest(image, "data")
    assert repository.pull("data").content == image.data


def test_unknown_members_are_kept(repository: Repository) -> None:
    config = repository.push_blob(content.config())
    described = config.descriptor(**{"org.example": {"deep": [1, None, True]}})
    image = content.image(config, config=described, example={"a": []})
    repository.push_manifest(image, "more")
    assert repository.pull("more").content == image.data


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ],
    ids=["oci", "oci-gzip", "docker"],
)
def test_a_layer_that_may_not_be_distributed_need_not_be_here(
    repository: Repository, media_type: str
) -> None:
    config = repository.push_blob(content.config())
    layer = content.layer(media_type).descriptor(urls=["https://example.test/layer"])
    assert repository.put_manifest(content.image(config, layers=[layer])).status_code == 201


def test_a_manifest_of_4_mib_is_taken(repository: Repository) -> None:
    image = padded(repository.push_image(), LIMIT)
    assert repository.put_manifest(image, "large").status_code == 201
    assert repository.pull("large").content == image.data
