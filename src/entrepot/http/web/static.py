"""Files that pages need, under addresses that change with their content."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Final

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from entrepot.errors import EndpointUnknown

PREFIX: Final = "/static"
_FOLDER: Final = Path(__file__).with_name("static")
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
}
_FOREVER: Final = "public, max-age=31536000, immutable"


class Static:
    """All static files, in memory: they are few and small."""

    @cached_property
    def _files(self) -> dict[str, tuple[str, bytes]]:
        found: dict[str, tuple[str, bytes]] = {}
        for path in sorted(_FOLDER.rglob("*")):
            if path.suffix in _TYPES:
                content = path.read_bytes()
                version = hashlib.sha256(content).hexdigest()[:12]
                found[path.relative_to(_FOLDER).as_posix()] = version, content
        return found

    def url(self, name: str) -> str:
        """The address of a file; KeyError where there is none."""
        version, _ = self._files[name]
        return f"{PREFIX}/{version}/{name}"

    async def serve(self, http: HttpRequest) -> Response:
        """The file; of another version, too, what is there now, but not for good."""
        name, version = http.path_params["file"], http.path_params["version"]
        if name not in self._files:
            raise EndpointUnknown("there is no such file")
        current, content = self._files[name]
        headers = {"cache-control": _FOREVER if version == current else "no-cache"}
        return Response(content, headers=headers, media_type=_TYPES[Path(name).suffix])
