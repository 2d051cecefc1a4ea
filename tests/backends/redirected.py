"""What the conformance suite finds when blobs come from the object store itself.

The client has followed the redirect, so these facts are about the store's answer and not ours.
"""

from typing import Final

_PULL: Final = "tests.conformance.test_blob_pull"
_RANGES: Final = "tests.conformance.test_blob_ranges"

DIFFERENT: Final = {
    f"{_PULL}::test_get_tells_the_digest": "a store knows no digests",
    f"{_PULL}::test_head_has_the_headers_of_get[Docker-Content-Digest]": "HEAD is answered by us",
    f"{_PULL}::test_head_has_the_headers_of_get[ETag]": "a store has entity tags of its own",
    f"{_RANGES}::test_a_part_has_the_headers_of_the_whole[ETag]": "HEAD is answered by us",
    f"{_RANGES}::test_a_part_has_the_headers_of_the_whole[Docker-Content-Digest]": "as above",
    f"{_RANGES}::test_several_ranges_are_served_or_ignored": "Ceph serves the first of them",
    f"{_RANGES}::test_if_range_with_anything_else_is_200[other]": "Ceph does not know If-Range;",
    f"{_RANGES}::test_if_range_with_anything_else_is_200[weak]": "the content of a digest never",
    f"{_RANGES}::test_if_range_with_anything_else_is_200[date]": "changes, so nothing goes wrong",
}
