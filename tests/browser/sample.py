"""A small hub with people, organizations and images, made through the API."""

from dataclasses import dataclass
from random import Random
from typing import Final

from tests.api.runs import over
from tests.api.site import Caller, Site, with_basic
from tests.browser import sample_builds
from tests.browser.images import Image, Layer, push, push_index

PASSWORD: Final = "plain sailing by night"
REPOSITORY: Final = "harbour/tide-table"

README: Final = """\
# Tide table

Serves the **tide table** of a harbour as JSON and as plain text.

## Start it

```sh
docker run -p 8080:8080 HOST/harbour/tide-table:2.1
```

| variable | meaning | default |
|---|---|---|
| `PORT` | where it listens | `8080` |
| `STATION` | whose tides it tells | `north-pier` |

1. Choose a station.
2. Start the container.
3. Ask `/tides/today`.

> Times are those of the station.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Who and what is there."""

    owner: Caller
    guest: Caller
    repository: str
    digest: str
    layer: str


def make(site: Site) -> Sample:
    """Fill *site*."""
    owner, guest = _person(site, "marina", "Marina Quay"), _person(site, "guest", "")
    owner.do(
        "POST",
        "/organizations",
        name="harbour",
        description="What the harbour office runs",
        visibility="public",
    )
    new, old = _tides("2.1", 352_000), _tides("2.0", 418_000)
    before = push(owner, REPOSITORY, old, "2.0", "2.0.3")
    push(owner, REPOSITORY, _tides("1.9", 431_000), "1.9")
    both = (new, _tides("2.1", 349_000, "arm64"))
    index = push_index(owner, REPOSITORY, both, "2.1", "latest")
    digest = push(owner, REPOSITORY, new, "2.1-amd64")
    _describe(owner, REPOSITORY, "Tide tables as JSON, for one harbour or many", README)
    _others(site, owner, guest)
    sample_builds.make(site, owner, REPOSITORY, before=before, digest=digest, index=index)
    site.admin.do("PUT", "/namespaces/harbour/quota", bytes=20_000_000, repositories=20)
    over(site)
    over(site, by=site.admin.name, thorough=True, error="OSError: [Errno 5] Input/output error")
    return Sample(owner, guest, REPOSITORY, digest, _layer(owner, REPOSITORY, digest))


def _person(site: Site, name: str, full_name: str) -> Caller:
    fields = {"name": name, "password": PASSWORD, "email": f"{name}@example.org"}
    site.admin.do("POST", "/users", **fields, full_name=full_name)
    return with_basic(site.http, name, PASSWORD)


def _describe(who: Caller, repository: str, description: str, readme: str = "") -> None:
    who.do("PATCH", f"/repositories/{repository}", description=description, readme=readme)
    who.do("PATCH", f"/repositories/{repository}", visibility="public")


def _layer(who: Caller, repository: str, digest: str) -> str:
    accept = {"accept": "application/vnd.oci.image.manifest.v1+json"}
    answer = who.ask("GET", f"/v2/{repository}/manifests/{digest}", headers=accept)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["layers"][0]["digest"])


_NAMES: Final = {
    "harbour/lock-keeper": "Opens and closes the locks, and keeps a log of it",
    "harbour/weather-desk": "Forecasts for the next three days, as small pictures",
    "harbour/berth-planner": "Who lies where, and for how long",
    "marina/notebook": "Notes in the browser",
    "marina/chart-tiles": "海图瓦片服务, sea charts as map tiles",
    "library/kite": "A small web server that serves one folder",
    "library/lantern": "A cache of key and value in memory",
}


def _others(site: Site, owner: Caller, guest: Caller) -> None:
    for place, (name, description) in enumerate(_NAMES.items()):
        who = site.admin if name.startswith("library/") else owner
        layer = Layer(f"COPY {name} /", {"etc/name": name.encode()})
        push(who, name, Image((layer,)), "latest", f"1.{place}")
        _describe(who, name, description)
        guest.do("PUT", f"/stars/{name}")
    guest.do("PUT", f"/stars/{REPOSITORY}")


_HTML: Final = b"<script>window.pwned = 'file'</script>\n"


def _tides(version: str, size: int, architecture: str = "amd64") -> Image:
    ground = Layer(
        "ADD rootfs.tar.gz / # buildkit",
        {
            "bin/sh": b"\x7fELF" + _noise(f"sh {architecture}", 900_000),
            "etc/os-release": b'NAME="Pier"\nVERSION_ID="4"\n',
            "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
        },
    )
    program = Layer(
        "RUN /bin/sh -c install tides tide-data # buildkit",
        {
            "usr/bin/tides": b"\x7fELF" + _noise(f"tides {architecture}", size),
            "usr/share/tides/index.html": _HTML,
            "var/lib/dpkg/status": _packages(version),
        },
    )
    notes = Layer(
        "RUN /bin/sh -c tides --stations > /etc/tides/stations # buildkit",
        {"etc/tides/stations": b"north-pier\nsouth-pier\n" + version.encode()},
    )
    config = {
        "User": "tides",
        "Env": ["PATH=/usr/bin:/bin", f"TIDES_VERSION={version}", "STATION=north-pier"],
        "Entrypoint": ["/usr/bin/tides"],
        "Cmd": ["--listen", "0.0.0.0:8080"],
        "ExposedPorts": {"8080/tcp": {}},
        "Volumes": {"/var/lib/tides": {}},
        "WorkingDir": "/srv",
        "Labels": {
            "org.opencontainers.image.title": "Tide table",
            "org.opencontainers.image.version": version,
            "org.opencontainers.image.licenses": "Apache-2.0",
        },
    }
    return Image((ground, program, notes), config, architecture)


def _noise(seed: str, size: int) -> bytes:
    """What no compression makes smaller, the same at each start."""
    return Random(seed).randbytes(size)


def _packages(version: str) -> bytes:
    packages = {"libsea": "1.4-1", "pier-base": "4.2", "tide-data": f"{version}-1"}
    text = "".join(
        f"Package: {name}\nStatus: install ok installed\nVersion: {number}\n\n"
        for name, number in packages.items()
    )
    return text.encode()
