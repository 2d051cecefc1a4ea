"""Nothing in the tree names a machine of ours, or a registry that others run."""

import re
from collections import defaultdict

from tests.shape.tree import texts

# Written in pieces, so that this file does not name them itself.
FOLDERS = ("/".join(parts) for parts in [("", "work", ""), ("", "root", ""), ("", "tmp", "setup")])
PLACES = re.compile("|".join(rf"(?<![\w.}}-]){folder}" for folder in FOLDERS))
HOSTS = [
    ".".join(parts)
    for parts in [
        ("docker", "io"),
        ("hub", "docker", "com"),
        ("ghcr", "io"),
        ("gcr", "io"),
        ("quay", "io"),
        ("registry", "k8s", "io"),
        ("registry", "gitlab", "com"),
        ("mcr", "microsoft", "com"),
        ("azurecr", "io"),
        ("pkg", "dev"),
        ("public", "ecr", "aws"),
        ("amazonaws", "com"),
    ]
]
HOST = re.compile("|".join(rf"(?<![\w-]){re.escape(host)}(?![\w-])" for host in HOSTS))
# Where Debian's package of the Docker engine is named, which is called like a host.
ALLOWED = {"Makefile", "tests/programs/requirements.py"}


def test_no_path_of_a_machine() -> None:
    found = {path: PLACES.findall(text) for path, text in texts()}
    assert {path: places for path, places in found.items() if places} == {}


def test_no_host_of_a_public_registry() -> None:
    found = defaultdict(set)
    for path, text in texts():
        for host in HOST.findall(text):
            found[path].add(host)
    assert {path: hosts for path, hosts in found.items() if path not in ALLOWED} == {}
