"""Settings of the disk that holds the data folder."""

from typing import Annotated

from pydantic import Field

from entrepot.config.section import Section


class Storage(Section):
    """What is kept free on the disk of the data folder."""

    keep_free: Annotated[int | None, Field(ge=0)] = Field(
        None,
        description=(
            "Bytes that pushes leave free on the disk of the data folder: below that they are"
            " refused with 507. Unset: 5 % of the disk, 1 GiB at most."
        ),
    )
    reserve: Annotated[int | None, Field(ge=0)] = Field(
        None,
        description=(
            "Size of the file `reserve` in the data folder, which is released when the disk is"
            " full, so that deletes and the garbage collection still work. Only with SQLite; 0"
            " for none. Unset: an eighth of the disk, 32 MiB at most."
        ),
    )
