"""Actors of accounts and of tokens."""

from entrepot.auth.principal import Actor
from entrepot.model.account import Account
from entrepot.model.token import Token


def person(account: Account, credential: str) -> Actor:
    """The actor who is that account, in person."""
    return Actor(
        account.name,
        account=account.name,
        credential=credential,
        generation=account.generation,
        interactive=True,
    )


def bearer_of(token: Token) -> Actor:
    """The actor whom a token speaks for."""
    name = token.account or f"{token.namespace}+{token.name}"
    return Actor(
        name,
        account=token.account,
        namespace=token.namespace,
        credential=token.id,
        token=token.id,
        generation=token.generation,
    )


def fits(token: Token, name: str) -> bool:
    """Whether that is a name to log in with by the token."""
    if token.account is not None:
        return name == token.account
    return name in {f"{token.namespace}+{token.name}", token.name}
