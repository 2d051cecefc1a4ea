"""Settings of what namespaces may hold."""

from typing import Annotated

from pydantic import Field

from entrepot.config.section import Section

_GB = 1000**3


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
    pending_bytes: Annotated[int, Field(ge=0)] | None = Field(
        100 * _GB,
        description=(
            "Bytes of the unfinished uploads of a namespace, and of its blobs that no manifest"
            " uses, where the namespace has no limit on bytes. Where it has one, that holds for"
            " them as well. null: no limit."
        ),
    )
    pending_total_bytes: Annotated[int, Field(ge=0)] | None = Field(
        1000 * _GB, description="The same for all namespaces together. null: no limit."
    )
    uploads: Annotated[int, Field(ge=1)] | None = Field(
        250,
        description=("Unfinished uploads of one namespace, and of one account. null: no limit."),
    )
    total_uploads: Annotated[int, Field(ge=1)] | None = Field(
        10_000, description="Unfinished uploads of all namespaces together. null: no limit."
    )
