"""Debian's nginx as the proxy in front, set up as docs/guides/identity-sources.md has it."""

import os
import pwd
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.programs.authority import Authority
from tests.programs.ports import free_port
from tests.programs.process import environment, running

_PROGRAM: Final = "/usr/sbin/nginx"
_GUIDE: Final = Path(__file__).parents[2] / "docs/guides/identity-sources.md"
_BLOCK: Final = re.compile(r"^```nginx\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CONFIG: Final = """\
daemon off;
{user}
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    {server}
}}
"""


def _server(places: dict[str, str]) -> str:
    """The guide's block, with *places* of this test in the stead of the guide's."""
    found = _BLOCK.search(_GUIDE.read_text(encoding="utf-8"))
    assert found is not None
    text = found[1]
    for written, place in places.items():
        assert text.count(written) == 1, written
        text = text.replace(written, place)
    return text


@contextmanager
def nginx(folder: Path, authority: Authority, behind: str) -> Iterator[str]:
    """Pass requests on to *behind*; the address is that of HTTPS on a free port."""
    folder.mkdir(parents=True)
    port, issued = free_port(), authority.server("localhost")
    config = folder / "nginx.conf"
    # Its workers would else become an account to whom pytest's folders are closed.
    user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    places = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "registry.crt": str(issued.certificate),
        "registry.key": str(issued.key),
        "people-ca.pem": str(authority.file),
        "http://127.0.0.1:5000": behind,
    }
    config.write_text(_CONFIG.format(user=user, folder=folder, server=_server(places)))
    argv: list[str | Path] = [_PROGRAM, "-e", "stderr", "-p", folder, "-c", config]
    pid = folder / "nginx.pid"
    with running(argv, log=folder / "nginx.log", env=environment(), ready=pid.is_file, grace=5):
        yield f"https://localhost:{port}"
