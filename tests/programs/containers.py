"""The configuration that podman and skopeo share."""

import json
from pathlib import Path
from typing import Final

from tests.programs.process import environment

_REGISTRY: Final = '[[registry]]\nlocation = "{host}"\ninsecure = true\n'
_STORAGE: Final = '[storage]\ndriver = "overlay"\ngraphroot = "{0}/root"\nrunroot = "{0}/run"\n'
# A build needs limits that root may not raise everywhere; podman 4 raises them by default.
_ENGINE: Final = """\
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
tmp_dir = "{0}/state"
[network]
network_config_dir = "{0}/networks"
"""


def isolated(folder: Path, insecure: str) -> dict[str, str]:
    """An environment that keeps all state in *folder*; the registry *insecure* speaks HTTP."""
    policy = {"default": [{"type": "insecureAcceptAnything"}]}
    written = {
        "auth.json": "{}",
        "containers.conf": _ENGINE.format(folder),
        "storage.conf": _STORAGE.format(folder),
        # No variable names these two; they are looked for in the home folder.
        ".config/containers/policy.json": json.dumps(policy),
        ".config/containers/registries.conf": _REGISTRY.format(host=insecure),
    }
    for name, text in written.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "tmp").mkdir()
    changes = {
        "CONTAINERS_CONF": f"{folder}/containers.conf",
        "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
        "HOME": str(folder),
        "REGISTRY_AUTH_FILE": f"{folder}/auth.json",
        "TMPDIR": f"{folder}/tmp",
    }
    return environment(changes, without=["CONTAINERS_", "CONTAINER_", "REGISTRY_", "XDG_"])
