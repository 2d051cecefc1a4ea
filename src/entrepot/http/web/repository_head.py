"""What stands above all pages of a repository, and what the visitor may do there."""

from dataclasses import dataclass
from urllib.parse import quote

from entrepot.auth.policy import Action
from entrepot.errors import RepositoryUnknown
from entrepot.http.hand import may
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.build import Build
from entrepot.model.repository import RepositoryCard
from entrepot.oci.names import OFFICIAL, namespace_of, parse_repository


@dataclass(frozen=True, slots=True)
class Rights:
    """What pages offer to the visitor; it is asked again when they do it."""

    push: bool
    delete: bool
    manage: bool
    share: bool


@dataclass(frozen=True, slots=True)
class Head:
    """A repository and its visitor; `build` is the newest, if there is one."""

    card: RepositoryCard
    starred: bool
    rights: Rights
    build: Build | None

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def path(self) -> str:
        """The address of the repository's first page."""
        return path_of(self.card.name)

    @property
    def namespace(self) -> str:
        return namespace_of(self.card.name)

    @property
    def official(self) -> bool:
        return self.namespace == OFFICIAL


def path_of(name: str) -> str:
    """Where the pages of a repository begin."""
    return f"/r/{quote(name)}"


def name_in(visit: Visit) -> str:
    """The repository that the address names."""
    return parse_repository(visit.path("repository"))


async def rights_of(visit: Visit) -> Rights:
    """What the visitor may do."""
    actions = (Action.PUSH, Action.DELETE, Action.MANAGE, Action.SHARE)
    push, delete, manage, share = await may(visit.caller, actions, name_in(visit))
    return Rights(
        push=push,
        delete=delete and visit.services.settings.registry.deletes,
        manage=manage,
        share=share and visit.services.authenticator is not None,
    )


def head(t: Transaction, visit: Visit, rights: Rights) -> Head:
    """The head of the repository's pages; RepositoryUnknown."""
    name = name_in(visit)
    card = t.cards.get(name)
    if card is None:
        raise RepositoryUnknown(detail=name)
    starred = visit.account is not None and bool(t.stars.given(visit.account, [name]))
    return Head(card, starred, rights, t.builds.newest(name))
