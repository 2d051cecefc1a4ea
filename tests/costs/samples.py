"""What the walk asks each route for: every parameter of a path has a value here."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from tests.costs.contents import Contents
from tests.costs.site import HOME, ORG

# The query with which a listing answers as much as it can.
LARGE: Final[Mapping[str, str]] = {
    "GET /v2/_catalog": "n=10000",
    "GET /v2/{name}/tags/list": "n=10000",
    "GET /v2/{name}/referrers/{digest}": "n=10000",
    "GET /v2/repositories/{namespace}/": "page_size=100&ordering=-pull_count&name=r",
    "GET /v2/namespaces/{namespace}/repositories": "page_size=100&page=99",
    "GET /v2/repositories/{repository}/tags/": "page_size=100&name=index",
    "GET /v2/namespaces/{namespace}/repositories/{part}/tags": "page_size=100&ordering=name",
    "GET /v2/search/repositories/": "query=app&page_size=100",
    "GET /v1/search": "q=app&n=100",
    "GET /search": "q=app",
    "GET /explore": "page=400",
    "GET /r/{repository}/-/compare": "from=wide&to=layers",
    "GET /r/{repository}/-/tags": "order=size&q=0",
    "GET /r/{repository}/-/images/{digest}/layers/{layer}": "path=folder",
    "GET /r/{repository}/-/images/{digest}/layers/{layer}/file": "path=folder/00000-" + "<" * 60,
    "GET /api/repository-tags/{repository}": "size=500&contains=m",
    "GET /token": f"service=entrepot&scope=repository:{HOME}:pull",
}
# What a program or a browser keeps as it is: a content, or a stream without an end of its own.
CONTENTS: Final = frozenset(
    {
        "GET /v2/{name}/manifests/{reference}",
        "GET /v2/{name}/blobs/{digest}",
        "GET /r/{repository}/-/images/{digest}/manifest",
        "GET /r/{repository}/-/images/{digest}/layers/{layer}/file",
        "GET /api/audit/export",
    }
)
# Lists without `next`.
WHOLE: Final = frozenset(
    {
        "GET /api/namespaces",
        "GET /api/namespaces/{namespace}/teams/{team}/members",
        "GET /api/repository-roles/{repository}",
    }
)
# One descriptor may be as large as a manifest, and has to be listed.
LARGER: Final[Mapping[str, int]] = {
    "GET /v2/{name}/referrers/{digest}": 5 * 2**20,
}


def targets(named: str, contents: Contents) -> list[str]:
    """The addresses at which the route is asked; KeyError for a parameter without a value."""
    values = _values(contents)
    path = named.partition(" ")[2]
    found = [path]
    for parameter in re.findall(r"\{(\w+)\}", path):
        chosen = values[parameter]
        found = [
            each.replace(f"{{{parameter}}}", quote(value, safe="/:+"))
            for each in found
            for value in chosen
        ]
    usual = "size=500" if named in WHOLE else "size=1000"
    query = LARGE.get(named, usual if named.startswith("GET /api/") else "")
    return [f"{each}?{query}".replace("<", "%3C") if query else each for each in found]


def _values(contents: Contents) -> dict[str, tuple[str, ...]]:
    return {
        "name": (HOME,),
        "repository": (HOME,),
        "part": (HOME.partition("/")[2],),
        "namespace": (ORG,),
        "digest": (contents.image, contents.index, contents.noted),
        "reference": contents.tags,
        "tag": contents.tags,
        "layer": (contents.layer,),
        "upload": ("0" * 32,),
        "account": ("u00001",),
        "team": ("team0000",),
        "robot": ("n00000",),
        "token": ("n00001",),
        "rule": ("rule0000",),
        "webhook": ("h0",),
        "delivery": ("d999",),
        "invitation": ("invitation1",),
        "code": ("x" * 2000,),
        "session": ("s1",),
        "passkey": ("p1",),
        "run": ("1",),
        "version": ("1",),
        "file": ("x",),
    }
