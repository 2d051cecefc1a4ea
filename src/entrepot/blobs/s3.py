from entrepot.blobs.port import BlobStore


def open_s3(**kw: object) -> BlobStore:
    raise SystemExit(1)
