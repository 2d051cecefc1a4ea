"""What exists: repositories, manifests, tags, links to blobs, uploads."""
