"""The statements of search: what is asked of repositories, whichever words they have."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union,
)

from entrepot.metadata.sql import search_postgres, search_sqlite
from entrepot.metadata.sql.tables import (
    blob_links,
    blobs,
    manifest_contents,
    manifests,
    repositories,
    tags,
)
from entrepot.model.permission import Visibility
from entrepot.oci.names import OFFICIAL

# Of what is in more repositories than this, some are found.
_MANY: Final = 10_000
_SIZE: Final = bindparam("size", type_=Integer)
_TAGGED = (
    select(tags.c.name)
    .where(tags.c.repository_id == repositories.c.id, tags.c.name == bindparam("tag"))
    .exists()
)


def _flag(name: str) -> ColumnElement[bool]:
    return bindparam(name, type_=Boolean)


# Few have what stands before the tag in their names, which costs less to see.
_OF_TAG: Final = and_(repositories.c.name.like(bindparam("within"), escape="\\"), _TAGGED)
# What is asked for in any case; a value that asks for nothing lets everything pass.
_ASKED: Final = and_(
    or_(
        _flag("everything"),
        and_(_flag("public"), repositories.c.visibility == Visibility.PUBLIC),
        repositories.c.namespace.in_(bindparam("namespaces", expanding=True)),
        repositories.c.name.in_(bindparam("repositories", expanding=True)),
    ),
    repositories.c.stars >= bindparam("stars"),
    repositories.c.updated_at >= bindparam("since"),
    or_(_flag("any_automated"), repositories.c.automated == _flag("automated")),
    or_(_flag("any_namespace"), repositories.c.namespace == bindparam("namespace")),
    or_(_flag("any_tag"), _OF_TAG),
)
_UNOFFICIAL: Final = repositories.c.namespace != OFFICIAL


def _called(name: str) -> ColumnElement[bool]:
    return repositories.c.name.like(bindparam(name), escape="\\")


_STARRED: Final = (repositories.c.stars.desc(), repositories.c.pulls.desc(), repositories.c.name)
_RANK: Final = (
    case(
        (repositories.c.name == bindparam("name"), 0),
        (_called("ends"), 1),
        (or_(_called("starts"), _called("part")), 2),
        else_=3,
    ),
    case((_UNOFFICIAL, 1), else_=0),
    *_STARRED,
)


def _like(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a digest is the one that was asked for, or begins with it."""
    return and_(column >= bindparam("digest"), column < bindparam("beyond"))


def _holders() -> Select[Any]:
    whole = select(manifests.c.repository_id).where(_like(manifests.c.digest))
    parts = select(manifests.c.repository_id).where(
        manifests.c.id.in_(
            select(manifest_contents.c.manifest_id).where(_like(manifest_contents.c.digest))
        )
    )
    linked = select(blob_links.c.repository_id).where(
        blob_links.c.blob_id.in_(select(blobs.c.id).where(_like(blobs.c.digest)))
    )
    found = union(*(select(each.limit(_MANY).subquery()) for each in (whole, parts, linked)))
    return select(found.subquery().c.repository_id)


# Ids of repositories that hold what was asked for: a manifest, a part of one, a blob.
HOLDERS: Final = _holders()
# The most starred, from which those can be picked that have the words.
STARRED: Final = (
    select(repositories.c.id, repositories.c.name)
    .where(_ASKED)
    .order_by(*_STARRED)
    .limit(_SIZE)
    .offset(bindparam("skip", type_=Integer))
)
COUNT_ALL: Final = select(func.count()).select_from(
    select(repositories.c.id).where(_ASKED).limit(_SIZE).subquery()
)


@dataclass(frozen=True, slots=True)
class Statements:
    """What is asked of those repositories whose ids are the value `keys`."""

    ranked: Select[Any]
    count: Select[Any]
    both: Select[Any]


@cache
def among(dialect: str) -> Statements:
    """The statements of a database: each takes a list of ids, as one value, in its own way."""
    of = search_postgres if dialect == "postgresql" else search_sqlite
    asked = and_(of.is_among(repositories.c.id), _ASKED)
    some = select(repositories.c.id).where(asked).limit(_SIZE)
    ranked = select(repositories.c.name).where(asked).order_by(*_RANK).limit(_SIZE)
    return Statements(
        ranked=ranked,
        both=ranked.where(_OF_TAG).add_columns(func.count().over()),
        count=select(func.count()).select_from(some.subquery()),
    )
