"""How an upload ends in an object store: once, whoever tries and wherever they die.

Whoever first creates `ended` in the upload's folder has decided. It says all that is left to do,
so that anyone who comes later, after a crash or at the same moment, can do the same again: point
the digest to the segments, or remove them. What nothing points to goes in either case.
"""

import asyncio
import errno
from collections.abc import Mapping
from itertools import takewhile
from typing import Final

from entrepot.blobs import segments as layout
from entrepot.blobs.objects import Objects
from entrepot.blobs.segments import Ending, Segments
from entrepot.errors import UploadUnknown
from entrepot.oci.digest import Digest

# Each further try means that someone else wrote or deleted the same content in between.
_TRIES: Final = 20


class Endings:
    """Commits and discards of uploads."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def kept(self, upload: str, segments: Segments) -> Segments | None:
        """Those of *segments* before the first that is not there; None when the upload ended."""
        place = layout.folder(upload)
        here = await self._objects.lengths(place)
        if layout.ended_key(place) in here:
            return None
        return tuple(takewhile(lambda each: _complete((each,), here), segments))

    async def commit(self, upload: str, wanted: Ending) -> None:
        """End the upload as *wanted*; UploadUnknown when it ended otherwise, or is gone."""
        place = layout.folder(upload)
        ending = await self._decide(place, wanted)
        done = ending.digest is not None and await self._finish(place, ending, ending.digest)
        if ending != wanted or not done:
            raise UploadUnknown

    async def discard(self, upload: str, wanted: Ending) -> None:
        """End the upload as *wanted*, or finish the ending that came first."""
        place = layout.folder(upload)
        if not await self._objects.lengths(place):
            return
        ending = await self._decide(place, wanted)
        if ending.digest is None:
            await self._remove(place)
        else:
            await self._finish(place, ending, ending.digest)

    async def _decide(self, place: str, wanted: Ending) -> Ending:
        key = layout.ended_key(place)
        if await self._objects.create(key, wanted.text):
            return wanted
        found = await self._objects.text(key)
        # Only a discard takes its ending away, when it is through.
        return Ending.parse(found[0]) if found else Ending("")

    async def _finish(self, place: str, ending: Ending, digest: Digest) -> bool:
        """Make the ending's segments the content; False when they are gone."""
        here = await self._objects.lengths(place)
        if not _complete(ending.segments, here):
            await self._remove(place)
            return False
        kept = {each.key for each in await self._point(digest, ending.segments)}
        if kept & here.keys():
            kept.add(layout.ended_key(place))
        await self._objects.remove([key for key in here if key not in kept])
        return True

    async def _point(self, digest: Digest, segments: Segments) -> Segments:
        """Point *digest* to *segments*, unless its content is here; returns what it points to."""
        key, text = layout.pointer_key(digest), layout.pointer_text(segments)
        for _ in range(_TRIES):
            if await self._objects.create(key, text):
                return segments
            found = await self._objects.text(key)
            if found is None:
                continue
            there = layout.parse_pointer(found[0])
            if there == segments or await self._intact(there):
                return there
            if await self._objects.replace(key, text, found[1]):
                return segments
        raise OSError(errno.EAGAIN, "the object store neither keeps nor replaces a pointer", key)

    async def _intact(self, segments: Segments) -> bool:
        lengths = await asyncio.gather(*(self._objects.length(each.key) for each in segments))
        keys = [each.key for each in segments]
        return _complete(segments, dict(zip(keys, lengths, strict=True)))

    async def _remove(self, place: str) -> None:
        ended = layout.ended_key(place)
        here = await self._objects.lengths(place)
        await self._objects.remove([key for key in here if key != ended])
        await self._objects.remove([ended])


def _complete(segments: Segments, lengths: Mapping[str, int | None]) -> bool:
    return all((lengths.get(each.key) or 0) >= each.length for each in segments)
