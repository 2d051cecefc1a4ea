"""What to do with a certificate that was just made."""

import shlex
import textwrap
from datetime import datetime
from ipaddress import IPv6Address
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from entrepot.cli.certificates import Host
from entrepot.config.schema import Server

_PORT: Final[int] = Server.model_fields["port"].default
_HTTPS: Final = 443


class Place(NamedTuple):
    """Where clients reach the server."""

    host: Host
    port: int | None

    def address(self) -> str:
        """The address as it stands in image names; the port of HTTPS goes without saying."""
        host = f"[{self.host}]" if isinstance(self.host, IPv6Address) else str(self.host)
        port = self.port or _PORT
        return host if port == _HTTPS else f"{host}:{port}"


def told(
    folder: Path, places: list[Place], names: list[Host], until: datetime, *, kept: bool
) -> str:
    """All of it, for a terminal."""
    # Nobody pulls from an address with a star in it.
    addresses = [place.address() for place in places if not str(place.host).startswith("*")]
    parts = [_made(folder, names, until, kept=kept), _serve(folder, places[0].port or _PORT)]
    parts += [_trust(folder, address) for address in dict.fromkeys(addresses)]
    return "\n".join(parts)


def _made(folder: Path, names: list[Host], until: datetime, *, kept: bool) -> str:
    authority = "the authority that was there" if kept else "a new authority, for ten years"
    return f"""\
In {folder}:
  ca.crt      {authority}; every client wants it
  ca.key      its key; keep it, but not on the server
  server.crt  good until {until:%Y-%m-%d}, for {", ".join(map(str, names))}
  server.key  its key

To renew, run this again: a server that runs takes the new files by itself.
"""


def _serve(folder: Path, port: int) -> str:
    certificate, key = folder / "server.crt", folder / "server.key"
    quoted = [shlex.quote(str(path)) for path in (certificate, key)]
    tls = {"certificate": str(certificate), "key": str(key)}
    settings = {"server": {"host": "0.0.0.0", "port": port, "tls": tls}}  # noqa: S104 - printed
    lines = textwrap.indent(yaml.safe_dump(settings, sort_keys=False), "  ")
    return f"""\
Serve with it:
  ENTREPOT_SERVER__TLS__CERTIFICATE={quoted[0]} \\
  ENTREPOT_SERVER__TLS__KEY={quoted[1]} \\
  entrepot serve --host 0.0.0.0 --port {port}

The same as settings in a YAML file, for entrepot serve --config FILE:
{lines}"""


def _trust(folder: Path, address: str) -> str:
    ca = shlex.quote(str(folder / "ca.crt"))
    docker = shlex.quote(f"/etc/docker/certs.d/{address}")
    podman = shlex.quote(f"/etc/containers/certs.d/{address}")
    containerd = f"/etc/containerd/certs.d/{address}"
    quoted = shlex.quote(containerd)
    return f"""\
On each client of {address}, with {ca} at hand:

docker (no restart):
  sudo install -D -m 644 {ca} {docker}/ca.crt

podman, skopeo, buildah:
  sudo install -D -m 644 {ca} {podman}/ca.crt

containerd:
  sudo install -D -m 644 {ca} {quoted}/ca.crt
  sudo tee {quoted}/hosts.toml <<'END'
server = "https://{address}"

[host."https://{address}"]
  ca = "{containerd}/ca.crt"
END
"""
