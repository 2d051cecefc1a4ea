"""Facts about images, in SQL."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from entrepot.metadata.sql.blobs import batches
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.manifests import ID, OWNED
from entrepot.metadata.sql.tables import manifests, repositories, tags
from entrepot.metadata.sql.tables_hub import images
from entrepot.model.repository import ImageFacts
from entrepot.oci.digest import Digest

_FORGET = delete(images).where(images.c.manifest_id == bindparam("manifest"))
_KEEP = images.insert()
_SIZE_TAGS = (
    update(tags)
    .where(tags.c.manifest_id == bindparam("manifest"), tags.c.size != bindparam("bytes"))
    .values(size=bindparam("bytes"))
)
_FACTS = (images.c.size, images.c.platforms, images.c.kind, images.c.built_at)
_ONE = select(*_FACTS).where(images.c.manifest_id == bindparam("manifest"))
_OF = (
    select(manifests.c.digest, *_FACTS)
    .select_from(OWNED.join(images, images.c.manifest_id == manifests.c.id))
    .where(
        repositories.c.name == bindparam("name"),
        manifests.c.digest.in_(bindparam("digests", expanding=True)),
    )
)


class SqlImages:
    """Facts about manifests."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def put(self, repository: str, digest: Digest, facts: ImageFacts) -> None:
        found = {"name": repository, "digest": digest.text}
        key = self._connection.execute(ID, found).scalar()
        if key is None:
            return
        present = self._connection.execute(_ONE, {"manifest": key}).first()
        if present is None or _facts(present) != facts:
            self._connection.execute(_FORGET, {"manifest": key})
            new = {"manifest_id": key, "size": facts.size, "kind": facts.kind}
            new |= {"platforms": json.dumps(facts.platforms), "built_at": facts.built_at}
            self._connection.execute(_KEEP, new)
        # Tags that have the size already are not written: a manifest can have any number of them.
        self._connection.execute(_SIZE_TAGS, {"manifest": key, "bytes": facts.size})

    def of(self, repository: str, digests: Sequence[Digest]) -> Mapping[Digest, ImageFacts]:
        found: dict[Digest, ImageFacts] = {}
        for part in batches(digests):
            wanted = {"name": repository, "digests": [digest.text for digest in part]}
            for digest, *facts in self._connection.execute(_OF, wanted):
                found[Digest(digest)] = _facts(facts)
        return found


def _facts(row: Sequence[Any]) -> ImageFacts:
    size, platforms, kind, built_at = row
    return ImageFacts(size, tuple(json.loads(platforms)), kind, built_at)
