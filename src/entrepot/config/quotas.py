"""Settings of what namespaces may hold."""

from typing import Annotated

from pydantic import Field

from entrepot.config.section import Section


class Quotas(Section):
    """What each namespace may hold at most, unless an administrator gave it limits of its own."""

    bytes: Annotated[int, Field(ge=0)] | None = Field(
        None,
        description=(
            "Bytes of the images of one namespace, each content counted once. Unset: no limit."
        ),
    )
    repositories: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Repositories of one namespace. Unset: no limit."
    )
