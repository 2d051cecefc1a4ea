"""Settings of what is read inside of layers."""

from typing import Annotated

from pydantic import Field

from entrepot.config.section import Section


class Layers(Section):
    """Which layers are opened for pages; they can be pushed and pulled in any case."""

    entries: Annotated[int, Field(ge=1, le=2_000_000)] = Field(
        200_000, description="Layers of more files and folders are not opened."
    )
    bytes: Annotated[int, Field(ge=1)] = Field(
        20 * 1024**3, description="Layers that unpack to more are not opened."
    )
    seconds: Annotated[float, Field(gt=0)] = Field(
        600, description="How long a worker may read a layer before it gives up."
    )
