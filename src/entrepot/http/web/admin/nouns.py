"""All pages of administration."""

from typing import Final

from entrepot.http.web.admin import (
    audit,
    configuration,
    invitations,
    jobs,
    overview,
    quotas,
    storage,
    users,
)

NOUNS: Final = (overview, users, invitations, audit, storage, quotas, configuration, jobs)
