"""Facts about images, in SQL."""

import json
from collections.abc import Mapping, Sequence

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
    update(tags).where(tags.c.manifest_id == bindparam("manifest")).values(size=bindparam("bytes"))
)
_FACTS = (images.c.size, images.c.platforms, images.c.kind, images.c.built_at)
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
        self._connection.execute(_FORGET, {"manifest": key})
        new = {"manifest_id": key, "size": facts.size, "kind": facts.kind}
        new |= {"platforms": json.dumps(facts.platforms), "built_at": facts.built_at}
        self._connection.execute(_KEEP, new)
        self._connection.execute(_SIZE_TAGS, {"manifest": key, "bytes": facts.size})

    def of(self, repository: str, digests: Sequence[Digest]) -> Mapping[Digest, ImageFacts]:
        found: dict[Digest, ImageFacts] = {}
        for part in batches(digests):
            wanted = {"name": repository, "digests": [digest.text for digest in part]}
            for digest, size, platforms, kind, built_at in self._connection.execute(_OF, wanted):
                facts = ImageFacts(size, tuple(json.loads(platforms)), kind, built_at)
                found[Digest(digest)] = facts
        return found
