"""Settings of the garbage collection."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from entrepot.config.section import Section

_YEAR: Final = 365 * 24


class Gc(Section):
    """When the bytes go that nobody needs any more; pushes and pulls go on meanwhile."""

    enabled: bool = Field(
        default=True,
        description="Collect garbage by itself. Where not, it can still be asked for.",
    )
    every_hours: Annotated[float, Field(gt=0, le=_YEAR)] = Field(
        1, description="How often deleted images and abandoned blobs are looked for."
    )
    store_hours: Annotated[float, Field(gt=0, le=_YEAR)] = Field(
        24,
        description=(
            "How often the whole store is listed, to find bytes that nothing names: manifests that"
            " were deleted, and what a crash left."
        ),
    )
    grace_hours: Annotated[float, Field(ge=0, le=_YEAR)] = Field(
        24,
        description=(
            "How long a blob is kept that no image names. Longer than the longest push, and than"
            " the longest backup."
        ),
    )

    @property
    def every(self) -> timedelta:
        return timedelta(hours=self.every_hours)

    @property
    def store_every(self) -> timedelta:
        return timedelta(hours=self.store_hours)

    @property
    def grace(self) -> timedelta:
        return timedelta(hours=self.grace_hours)
