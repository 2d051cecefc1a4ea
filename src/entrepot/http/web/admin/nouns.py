"""All pages of administration."""

from typing import Final

from entrepot.http.web.admin import (
    audit,
    configuration,
    invitations,
    jobs,
    overview,
    quotas,
    users,
)

NOUNS: Final = (overview, users, invitations, audit, quotas, configuration, jobs)
