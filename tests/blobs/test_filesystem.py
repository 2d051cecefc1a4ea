"""The blob store in a folder."""

import signal
from pathlib import Path

import pytest

from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.blobs.port import Files
from entrepot.errors import BlobUnknown, UploadUnknown
from entrepot.oci.digest import Digest
from tests.blobs import dying
from tests.blobs.content import append, content, digests, push
from tests.blobs.contract import DurableBlobStoreContract
from tests.blobs.places import Folder

HELLO = Digest.of(b"hello")
# A commit opens, makes and renames less often than this.
MANY_CALLS = 40


def files_below(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def address(digest: Digest) -> str:
    return f"docker/registry/v2/blobs/{digest.algorithm}/{digest.hex[:2]}/{digest.hex}/data"


class TestFilesystemBlobs(DurableBlobStoreContract):
    @pytest.fixture
    def place(self, tmp_path) -> Folder:
        return Folder(str(tmp_path / "store"))

    def test_finished_content_stands_where_docker_keeps_it(self, place, store, run, upload):
        long = Digest.of(b"long", "sha512")
        run(push(store, upload, [b"hel", b"lo"]))
        run(store.put(long, b"long"))
        assert files_below(Path(place.root)) == sorted([address(HELLO), address(long)])
        assert (Path(place.root) / address(HELLO)).read_bytes() == b"hello"

    def test_no_upload_is_left_behind(self, place, store, run, upload, other_upload):
        run(push(store, upload, [b"hel", b"lo"]))
        run(append(store, other_upload, [b"something"]))
        run(store.discard(other_upload))
        run(store.put(Digest.of(b"small"), b"small"))
        run(store.ping())
        assert files_below(Path(place.root) / "uploads") == []

    def test_no_empty_folder_is_left_behind(self, place, store, run, upload):
        run(push(store, upload, [b"hello"]))
        run(store.delete(HELLO))
        assert list(Path(place.root).rglob(HELLO.hex)) == []

    def test_what_is_no_content_is_not_listed(self, place, store, run):
        """Whatever lies there: a listing that fails would end every collection."""
        blobs = Path(place.root) / "docker/registry/v2/blobs/sha256"
        run(store.put(HELLO, b"hello"))
        (blobs / "lost+found").mkdir()
        (blobs / ".DS_Store").write_bytes(b"")
        (blobs / "ab").write_bytes(b"a file")
        for name in ("xyz", HELLO.hex[:-1], HELLO.hex.upper(), "ff" * 32):
            (blobs / HELLO.hex[:2] / name).mkdir()
        for name in ("xyz", HELLO.hex[:-1], HELLO.hex.upper()):
            (blobs / HELLO.hex[:2] / name / "data").write_bytes(b"")
        assert run(digests(store)) == [HELLO]

    def test_a_folder_may_be_shared_with_docker(self, place, store, run):
        (Path(place.root) / "docker/registry/v2/repositories").mkdir()
        assert run(store.is_shared())

    def test_files_that_docker_left_are_content(self, place, store, run):
        path = Path(place.root) / address(HELLO)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"hello")
        assert run(content(store, HELLO)) == b"hello"
        assert run(digests(store)) == [HELLO]

    def test_content_is_at_hand(self, place, run):
        store = FilesystemBlobs(Path(place.root))
        files: Files = store
        run(store.put(HELLO, b"hello"))
        assert files.read_now(HELLO, 5) == b"hello"
        with pytest.raises(BlobUnknown):
            files.read_now(Digest.of(b"other"), 5)

    def test_a_commit_killed_at_any_call_leaves_all_or_nothing(self, tmp_path, run, upload):
        seen, status = set(), None
        for call in range(1, MANY_CALLS):
            place = Folder(str(tmp_path / str(call)))
            orders = dying.orders(place, upload, b"hello", digest=HELLO, last_call=call)
            status = dying.obey(orders)
            assert status in {0, -signal.SIGKILL}
            seen.add(run(self.after(place, upload)))
            if status == 0:
                break
        assert status == 0
        assert seen == {"nothing", "all"}

    async def after(self, place: Folder, upload: str) -> str:
        """What the next process finds; an upload that was not committed can be, still."""
        store = place.store()
        if await digests(store):
            assert await content(store, HELLO) == b"hello"
            with pytest.raises(UploadUnknown):
                await store.stage(upload, 5, [""])
            return "all"
        staging = await store.stage(upload, 5, [""])
        await staging.commit(HELLO)
        assert await content(store, HELLO) == b"hello"
        return "nothing"

    def test_a_put_that_fails_at_its_end_stops_no_other(self, place, store, run, upload):
        # Something that cannot be removed where the upload's file would be.
        (Path(place.root) / "uploads" / upload).mkdir()
        with pytest.raises(OSError, match="directory"):
            run(store.put(HELLO, b"hello", upload=upload))
        run(store.put(HELLO, b"hello"))
        assert run(content(store, HELLO)) == b"hello"
