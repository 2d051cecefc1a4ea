"""Metadata as a few dictionaries: what the real ones must be indistinguishable from."""

from dataclasses import dataclass, field
from datetime import datetime

from entrepot.model.records import ManifestRecord, NewManifest, TagChange, TagRecord, UploadRecord
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.names import namespace_of


@dataclass
class Model:
    """All repositories, with what is in them."""

    repositories: set[str] = field(default_factory=set)
    blobs: dict[tuple[str, Digest], int] = field(default_factory=dict)
    manifests: dict[tuple[str, Digest], NewManifest] = field(default_factory=dict)
    tags: dict[tuple[str, str], TagRecord] = field(default_factory=dict)
    changes: dict[tuple[str, str], list[TagChange]] = field(default_factory=dict)
    uploads: dict[str, UploadRecord] = field(default_factory=dict)
    stored: dict[Digest, int] = field(default_factory=dict)
    charges: dict[tuple[str, Digest], int] = field(default_factory=dict)

    def link(self, repository: str, digest: Digest, size: int) -> None:
        self.repositories.add(repository)
        self.blobs[repository, digest] = self.stored[digest] = size
        space = namespace_of(repository)
        if digest in self._named(space):
            # A manifest came before what it names.
            self.charges.setdefault((space, digest), size)

    def unlink(self, repository: str, digest: Digest) -> bool:
        return self.blobs.pop((repository, digest), None) is not None

    def put(self, repository: str, manifest: NewManifest) -> None:
        self.repositories.add(repository)
        described, space = manifest.descriptor, namespace_of(repository)
        if (repository, described.digest) in self.manifests:
            return
        self.manifests[repository, described.digest] = manifest
        sizes = {blob: self.stored[blob] for blob in manifest.blobs if blob in self.stored}
        for digest, size in (sizes | {described.digest: described.size}).items():
            self.charges.setdefault((space, digest), size)

    def held(self, namespace: str) -> int:
        return sum(size for (owner, _), size in self.charges.items() if owner == namespace)

    def _named(self, namespace: str) -> set[Digest]:
        return {
            digest
            for (owner, _), manifest in self.manifests.items()
            if namespace_of(owner) == namespace
            for digest in (manifest.descriptor.digest, *manifest.blobs)
        }

    def delete_manifest(self, repository: str, digest: Digest, at: datetime, actor: str) -> bool:
        if self.manifests.pop((repository, digest), None) is None:
            return False
        space = namespace_of(repository)
        named = self._named(space)
        for owner, content in list(self.charges):
            if owner == space and content not in named:
                del self.charges[owner, content]
        for (owner, name), tag in list(self.tags.items()):
            if (owner, tag.digest) == (repository, digest):
                self.delete_tag(owner, name, at, actor)
        return True

    def set_tag(self, repository: str, name: str, digest: Digest, at: datetime, actor: str) -> bool:
        if (repository, digest) not in self.manifests:
            return False
        self.tags[repository, name] = TagRecord(name, digest, at, actor)
        self._changed(repository, TagChange(name, digest, at, actor))
        return True

    def delete_tag(self, repository: str, name: str, at: datetime, actor: str) -> bool:
        if self.tags.pop((repository, name), None) is None:
            return False
        self._changed(repository, TagChange(name, None, at, actor))
        return True

    def _changed(self, repository: str, change: TagChange) -> None:
        self.changes.setdefault((repository, change.tag), []).insert(0, change)

    def record(self, repository: str, digest: Digest) -> ManifestRecord | None:
        found = self.manifests.get((repository, digest))
        if found is None:
            return None
        return ManifestRecord(digest, found.descriptor.media_type, found.descriptor.size)

    def referrers(self, repository: str, subject: Digest, kind: str | None) -> list[Descriptor]:
        found = [
            manifest.descriptor
            for (owner, _), manifest in self.manifests.items()
            if owner == repository and manifest.subject == subject
        ]
        asked = [each for each in found if kind in {None, each.artifact_type}]
        return sorted(asked, key=lambda each: each.digest.text)

    def advance(self, before: UploadRecord, after: UploadRecord) -> bool:
        found = self.uploads.get(before.id)
        if found is None or (found.offset, found.receipts) != (before.offset, before.receipts):
            return False
        self.uploads[before.id] = after
        return True
