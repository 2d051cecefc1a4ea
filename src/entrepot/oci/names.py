"""Names of repositories and tags (OCI distribution specification, "Pulling manifests")."""

import re
from functools import lru_cache
from typing import Final

from entrepot.errors import NameInvalid, TagInvalid

OFFICIAL: Final = "library"
# Clients commonly limit host, '/' and name together to 255 characters.
NAME_LENGTH: Final = 255
_PART: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME: Final = re.compile(rf"{_PART}(?:/{_PART})*", re.ASCII)
_ONE: Final = re.compile(_PART, re.ASCII)
_TAG: Final = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", re.ASCII)


@lru_cache(maxsize=4_000)
def parse_repository(text: str) -> str:
    """The canonical name of a repository: `library/centos` is `centos`; NameInvalid otherwise."""
    if len(text) > NAME_LENGTH or _NAME.fullmatch(text) is None:
        raise NameInvalid(detail=text[:NAME_LENGTH])
    return canonical(text)


def is_repository(text: str) -> bool:
    """Whether *text* is the name of a repository by the specification's grammar."""
    return len(text) <= NAME_LENGTH and _NAME.fullmatch(text) is not None


def canonical(name: str) -> str:
    """The one name under which an official image is kept, whichever way it was written."""
    namespace, _, rest = name.partition("/")
    return rest if namespace == OFFICIAL and rest and "/" not in rest else name


def is_tag(text: str) -> bool:
    """Whether *text* is a tag by the specification's grammar."""
    return _TAG.fullmatch(text) is not None


def parse_tag(text: str) -> str:
    """*text*, when it is a tag; TagInvalid otherwise."""
    if not is_tag(text):
        raise TagInvalid(detail=text[:NAME_LENGTH])
    return text


def namespace_of(repository: str) -> str:
    """The namespace of a canonical name; the official images are the namespace `library`'s."""
    namespace, separator, _ = repository.partition("/")
    return namespace if separator else OFFICIAL


def is_part(text: str) -> bool:
    """Whether *text* can be one part of a repository's name."""
    return _ONE.fullmatch(text) is not None
