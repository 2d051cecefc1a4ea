"""All pages of settings."""

from typing import Final

from entrepot.http.web.settings import (
    account,
    members,
    namespace,
    organizations,
    password,
    repositories,
    robots,
    security,
    teams,
    tokens,
    trust,
    webhooks,
)

NOUNS: Final = (
    account,
    password,
    security,
    tokens,
    organizations,
    namespace,
    members,
    teams,
    robots,
    trust,
    webhooks,
    repositories,
)
