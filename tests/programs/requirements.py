"""The programs that tests drive, and the Debian packages that bring them."""

import os
import shutil
from typing import Final

PACKAGES: Final = {
    "busybox": "busybox-static",
    "containerd": "containerd",
    "ctr": "containerd",
    "curl": "curl",
    "docker": "docker.io",
    "ip": "iproute2",
    "dockerd": "docker.io",
    "htpasswd": "apache2-utils",
    "jq": "jq",
    "ldapadd": "ldap-utils",
    "nginx": "nginx",
    "podman": "podman",
    "rpm": "rpm",
    "rpmbuild": "rpm",
    "runc": "runc",
    "skopeo": "skopeo",
    "slapd": "slapd",
}


def missing() -> str | None:
    """What to install before the tests can run; None when all is there."""
    # Debian keeps servers where the PATH of other accounts than root does not lead.
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    packages = sorted({PACKAGES[name] for name in PACKAGES if not shutil.which(name, path=path)})
    if not packages:
        return None
    return "run as root: apt-get install --no-install-recommends " + " ".join(packages)
