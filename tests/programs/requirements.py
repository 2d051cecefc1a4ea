"""The programs that tests drive, and the Debian packages that bring them."""

import shutil
from typing import Final

PACKAGES: Final = {
    "busybox": "busybox-static",
    "containerd": "containerd",
    "ctr": "containerd",
    "docker": "docker.io",
    "dockerd": "docker.io",
    "podman": "podman",
    "runc": "runc",
    "skopeo": "skopeo",
}


def missing() -> str | None:
    """What to install before the tests can run; None when all is there."""
    packages = sorted({PACKAGES[name] for name in PACKAGES if shutil.which(name) is None})
    if not packages:
        return None
    return "run as root: apt-get install --no-install-recommends " + " ".join(packages)
