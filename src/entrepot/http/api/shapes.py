"""Documents that several routes of /api speak in."""

from collections.abc import Iterable
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from entrepot.model.permission import Role, TokenScope, Verb

T = TypeVar("T")
Item = TypeVar("Item", bound=BaseModel)


def _typed(text: str) -> str:
    if "\0" in text:
        raise ValueError("it has a character that cannot be typed")
    return text


Typed = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_typed)]
Secret = Typed
Last = Annotated[str, Query(max_length=255, description="Go on after this item.")]
_MEMBERS: Final = 100
# A page of more items would keep other requests waiting: `next` leads on.
MOST: Final = 500
Size = Annotated[
    int,
    Query(ge=1, le=1000, description=f"Items in the page; {MOST} at most are sent."),
    AfterValidator(lambda size: min(size, MOST)),
]
# Of what can be large, or has to be put together.
FEW: Final = 100
Few = Annotated[
    int,
    Query(ge=1, le=1000, description=f"Items in the page; {FEW} at most are sent."),
    AfterValidator(lambda size: min(size, FEW)),
]
# Lists without `next` return as many items as possible unless a size is given.
Whole = Annotated[
    int,
    Query(ge=1, le=MOST, description="Items in the list; if there are as many, go on with `last`."),
]
# Bytes of the items in a page. The last one may go beyond.
ROOM: Final = 256 * 1024


class Document(BaseModel):
    """What is sent; unknown fields are errors, so that no typing mistake goes unnoticed."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few(cls, value: object) -> object:
        """Refuse what has far too many members at once: each would be an error of its own."""
        if isinstance(value, dict) and len(value) > _MEMBERS:
            raise ValueError(f"the document has {len(value)} members; no document has as many")
        return value


class Page(BaseModel, Generic[T]):
    """Items, and where the next page begins, if there is one (`?last=`)."""

    items: list[T]
    next: str | None = Field(description="The value of `last` for the next page; null at the end.")


def page_of(items: Iterable[Item], size: int, key: str) -> Page[Item]:
    """A page of *size* out of one item more, where *key* is the field that listings go by.

    It has fewer where they are large: no more items are taken than fit into ROOM.
    """
    shown: list[Item] = []
    room = ROOM
    for item in items:
        if len(shown) == size or room <= 0:
            return Page(items=shown, next=str(getattr(shown[-1], key)))
        shown.append(item)
        room -= len(item.model_dump_json().encode())
    return Page(items=shown, next=None)


class Done(BaseModel):
    """It was done."""

    done: bool = True


class ScopeDocument(Document):
    """What a token may do: actions on repositories and tags by pattern."""

    repository: Annotated[str, Field(max_length=255, examples=["acme/*"])]
    actions: Annotated[list[Verb], Field(min_length=1, max_length=4)]
    tags: Annotated[str, Field(max_length=128)] = "*"

    def scope(self) -> TokenScope:
        return TokenScope(self.repository, frozenset(self.actions), self.tags)


def scope_document(scope: TokenScope) -> ScopeDocument:
    """How a scope is shown."""
    return ScopeDocument(repository=scope.repository, actions=sorted(scope.verbs), tags=scope.tags)


def role_of(name: str) -> Role:
    """The role with that name."""
    return Role[name.upper()]


RoleText = Annotated[str, Field(pattern="^(reader|writer|maintainer|owner)$", examples=["writer"])]
Moment = AwareDatetime
