"""What can be saved of an upload after a crash, an outage or a power cut.

Between the store and the database anything may have stopped: content may be in its place while the
upload's row is still there, and bytes that the row counts may be lost. The row has the hash of the
bytes that it counts, which proves what a client has sent where only the finished content is left.
"""

from dataclasses import replace

from entrepot.errors import BlobUnknown
from entrepot.model.records import UploadRecord
from entrepot.oci.digest import DEFAULT_ALGORITHM, Digest
from entrepot.registry.hashes import Hashes
from entrepot.registry.receive import Body
from entrepot.registry.stores import Stores


async def continued(stores: Stores, upload: UploadRecord) -> UploadRecord | None:
    """Return the upload as the store can continue it: shorter, where bytes were lost.

    None where it cannot be continued.
    """
    here = await stores.blobs.standing(upload.id, upload.offset, upload.receipts)
    if here is None:
        return None
    if here.offset == upload.offset:
        return upload
    return replace(upload, offset=here.offset, receipts=here.receipts, arrived=here.offset, hash="")


async def is_in_place(stores: Stores, upload: UploadRecord) -> bool:
    """Whether all that was received is finished content, to be closed with its digest."""
    await stores.blobs.discard(upload.id)
    if not upload.hash:
        return False
    try:
        digest = Digest(f"{upload.algorithm}:{upload.hash}")
        return await stores.blobs.size(digest) == upload.offset
    except BlobUnknown:
        return False


async def proven_size(
    stores: Stores, hashes: Hashes, upload: UploadRecord, body: Body, digest: Digest
) -> int | None:
    """Return the length of the content *digest* if the upload and *body* are all of it.

    None where the content is not in the store, or its bytes are not those that were sent: whoever
    only knows the digest gets nothing.
    """
    # A commit that was cut short puts the content in its place.
    await stores.blobs.discard(upload.id)
    try:
        size = await stores.blobs.size(digest)
    except BlobUnknown:
        return None
    rest = size - upload.offset
    if (
        rest < 0
        or body.length not in {None, rest}
        or not await _begins_with(stores, hashes, upload, digest)
    ):
        return None
    sent, stored = hashes.start(DEFAULT_ALGORITHM), hashes.start(DEFAULT_ALGORITHM)
    async for chunk in body.chunks:
        await sent.update([chunk])
        if sent.offset > rest:
            return None
    async for piece in stores.blobs.read(digest, upload.offset):
        await stored.update([piece])
    return size if sent.hex == stored.hex else None


async def _begins_with(
    stores: Stores, hashes: Hashes, upload: UploadRecord, digest: Digest
) -> bool:
    if not upload.offset:
        return True
    running = hashes.start(upload.algorithm)
    if upload.hash:
        async for piece in stores.blobs.read(digest, 0, upload.offset):
            await running.update([piece])
    return running.hex == upload.hash
