"""What is told of a manifest, from its configuration and from what it lists."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from entrepot.errors import ManifestUnknown
from entrepot.model.repository import ImageKind
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import OCI_MANIFEST
from entrepot.registry.inspect import facts, image
from entrepot.registry.push import Sparse
from entrepot.registry.stores import Stores
from tests.oci import documents
from tests.registry.pushes import REPOSITORY, push, push_blob

LAYERS = (b"layer one", b"layer number two")


def config(**members: Any) -> bytes:
    return json.dumps({"os": "linux", "architecture": "amd64", **members}).encode()


def manifest(content: bytes, held: tuple[bytes, ...] = LAYERS, **members: Any) -> bytes:
    return documents.written(
        documents.image(
            **{
                "config": documents.named(content, documents.CONFIG),
                "layers": [documents.named(layer, documents.LAYER) for layer in held],
                **members,
            }
        )
    )


async def pushed(stores: Stores, content: bytes, layers: tuple[bytes, ...] = LAYERS, **more: Any):
    for blob in (content, *layers):
        await push_blob(stores, blob)
    written = manifest(content, layers, **more)
    return written, (await push(stores, written, Digest.of(written))).digest


def listed(written: bytes, **more: Any) -> dict[str, object]:
    return documents.named(written, OCI_MANIFEST, **more)


async def push_index(stores: Stores, *parts: dict[str, object], **more: Any) -> Digest:
    written = documents.written(documents.index(manifests=list(parts), **more))
    return (await push(stores, written, sparse=Sparse.MANIFESTS)).digest


def test_an_image_is_measured_and_dated(run, stores: Stores) -> None:
    async def scene() -> None:
        content = config(
            variant="v3", created="2026-05-01T00:00:00Z", config={"Labels": {"team": "web"}}
        )
        title = {"org.opencontainers.image.base.name": "debian:13"}
        written, digest = await pushed(stores, content, annotations=title)
        known, texts = await facts(stores, REPOSITORY, digest)
        assert known.size == len(written) + len(content) + sum(map(len, LAYERS))
        assert known.platforms == ("linux/amd64/v3",)
        assert known.kind == ImageKind.IMAGE
        assert known.built_at == datetime(2026, 5, 1, tzinfo=UTC)
        assert set(texts) == {"team web", "org.opencontainers.image.base.name debian:13"}

    run(scene())


def test_a_layer_that_is_there_twice_counts_once(run, stores: Stores) -> None:
    async def scene() -> None:
        written, digest = await pushed(stores, config(), (b"same", b"same"))
        known, _ = await facts(stores, REPOSITORY, digest)
        assert known.size == len(written) + len(config()) + len(b"same")

    run(scene())


def test_an_index_is_all_its_parts(run, stores: Stores) -> None:
    async def scene() -> None:
        amd64, _ = await pushed(stores, config(created="2026-05-01T00:00:00Z"))
        arm64, _ = await pushed(stores, config(architecture="arm64"), (b"another",))
        digest = await push_index(
            stores,
            listed(amd64, platform={"os": "linux", "architecture": "amd64"}),
            listed(arm64),  # says nothing of its platform: its configuration does
        )
        known, _ = await facts(stores, REPOSITORY, digest)
        view = await image(stores, REPOSITORY, digest)
        assert known.kind == view.kind == ImageKind.INDEX
        assert known.platforms == ("linux/amd64", "linux/arm64")
        assert known.built_at == datetime(2026, 5, 1, tzinfo=UTC)
        assert [part.platform.name for part in view.parts] == ["linux/amd64", "linux/arm64"]
        sizes = [part.size or 0 for part in view.parts]
        assert sizes[1] == len(arm64) + len(config(architecture="arm64")) + len(b"another")
        assert known.size == view.size == sum(sizes) + view.record.size

    run(scene())


def test_an_attestation_in_an_index_is_no_platform(run, stores: Stores) -> None:
    async def scene() -> None:
        amd64, digest = await pushed(stores, config())
        await push_blob(stores, b"{}")
        await push_blob(stores, b"statement")
        statement = documents.named(b"statement", "application/vnd.in-toto+json")
        written = manifest(b"{}", layers=[statement])
        await push(stores, written, Digest.of(written))
        unknown = {"os": "unknown", "architecture": "unknown"}
        about = {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": digest.text,
        }
        index = await push_index(
            stores, listed(amd64), listed(written, platform=unknown, annotations=about)
        )
        known, _ = await facts(stores, REPOSITORY, index)
        assert known.platforms == ("linux/amd64",)
        part = (await image(stores, REPOSITORY, index)).parts[1]
        assert (part.kind, part.about) == (ImageKind.ATTESTATION, digest.text)

    run(scene())


def test_parts_that_are_not_here_are_survived(run, stores: Stores) -> None:
    async def scene() -> None:
        platform = {"os": "linux", "architecture": "s390x"}
        index = await push_index(stores, listed(b"elsewhere", platform=platform))
        known, _ = await facts(stores, REPOSITORY, index)
        (part,) = (await image(stores, REPOSITORY, index)).parts
        assert (known.platforms, part.size) == ((), None)
        assert part.platform.name == "linux/s390x"

    run(scene())


def test_a_configuration_that_is_not_here_is_survived(run, stores: Stores) -> None:
    async def scene() -> None:
        written = manifest(config())
        digest = (await push(stores, written, sparse=Sparse.ANYTHING)).digest
        known, _ = await facts(stores, REPOSITORY, digest)
        view = await image(stores, REPOSITORY, digest)
        assert (known.platforms, known.kind) == ((), ImageKind.IMAGE)
        assert view.config is None
        assert [step.layer for step in view.steps] == list(view.layers)

    run(scene())


def test_a_configuration_of_another_repository_is_not_shown(run, stores: Stores) -> None:
    async def scene() -> None:
        await push_blob(stores, config(author="bob"), "bob/private")
        digest = (await push(stores, manifest(config(author="bob")), sparse=Sparse.ANYTHING)).digest
        assert (await image(stores, REPOSITORY, digest)).config is None

    run(scene())


@pytest.mark.parametrize("content", [b"no json", b"[]", config() + b" " * 4 * 1024 * 1024])
def test_a_configuration_that_nobody_can_read_is_survived(
    run, stores: Stores, content: bytes
) -> None:
    async def scene() -> None:
        _, digest = await pushed(stores, content)
        known, _ = await facts(stores, REPOSITORY, digest)
        assert (known.platforms, known.built_at, known.kind) == ((), None, ImageKind.IMAGE)

    run(scene())


def test_sizes_beyond_belief_still_fit_a_database(run, stores: Stores) -> None:
    async def scene() -> None:
        huge = documents.named(b"x", documents.LAYER) | {"size": 2**63 - 1}
        other = documents.named(b"y", documents.LAYER) | {"size": 2**63 - 1}
        written = manifest(config(), layers=[huge, other])
        digest = (await push(stores, written, sparse=Sparse.ANYTHING)).digest
        known, _ = await facts(stores, REPOSITORY, digest)
        await stores.metadata.write(lambda t: t.images.put(REPOSITORY, digest, known))

    run(scene())


def test_an_index_that_lists_indexes_without_end_is_survived(run, stores: Stores) -> None:
    async def scene() -> None:
        written, digest = await pushed(stores, config())
        for _ in range(6):
            parts = [documents.named(written, "application/vnd.oci.image.index.v1+json")]
            if b'"layers"' in written:
                parts = [listed(written)]
            written = documents.written(documents.index(manifests=parts))
            digest = (await push(stores, written)).digest
        assert (await facts(stores, REPOSITORY, digest))[0].kind == ImageKind.INDEX

    run(scene())


def test_an_index_that_lists_the_same_again_and_again_is_survived(run, stores: Stores) -> None:
    async def scene() -> None:
        written, _ = await pushed(stores, config())
        inner = documents.written(documents.index(manifests=[listed(written)] * 3_000))
        await push(stores, inner)
        name = documents.named(inner, "application/vnd.oci.image.index.v1+json")
        outer = documents.written(documents.index(manifests=[name] * 500))
        digest = (await push(stores, outer)).digest
        found, _ = await facts(stores, REPOSITORY, digest)
        assert found.platforms == ("linux/amd64",)
        assert len((await image(stores, REPOSITORY, digest)).parts) <= 200

    run(scene())


def test_texts_are_bounded(run, stores: Stores) -> None:
    async def scene() -> None:
        labels = {f"label {number}": "x" * 2000 for number in range(500)}
        _, digest = await pushed(stores, config(config={"Labels": labels}))
        _, texts = await facts(stores, REPOSITORY, digest)
        assert 0 < sum(map(len, texts)) <= 16 * 1024

    run(scene())


def test_a_manifest_that_is_not_here_is_unknown(run, stores: Stores) -> None:
    async def scene() -> None:
        await pushed(stores, config())
        with pytest.raises(ManifestUnknown):
            await facts(stores, REPOSITORY, Digest.of(b"nothing"))
        with pytest.raises(ManifestUnknown):
            await image(stores, REPOSITORY, Digest.of(b"nothing"))

    run(scene())


def test_steps_have_the_sizes_of_their_layers(run, stores: Stores) -> None:
    async def scene() -> None:
        history = [
            {"created_by": "/bin/sh -c #(nop) ADD a in /"},
            {"created_by": "ENV A=1", "empty_layer": True},
            {"created_by": "RUN /bin/sh -c make # buildkit"},
        ]
        _, digest = await pushed(stores, config(history=history))
        steps = (await image(stores, REPOSITORY, digest)).steps
        assert [(step.command, step.layer and step.layer.size) for step in steps] == [
            ("ADD a in /", len(LAYERS[0])),
            ("ENV A=1", None),
            ("RUN make", len(LAYERS[1])),
        ]

    run(scene())
