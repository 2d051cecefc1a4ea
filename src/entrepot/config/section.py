"""What all groups of settings have in common."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator


class Section(BaseModel):
    """A group of settings; unknown names are errors, so that no typing mistake goes unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _empty(cls, value: object) -> object:
        """A section whose settings are all commented out is there, and says nothing."""
        return {} if value is None else value


def listed(value: object) -> object:
    """A list that was written in an environment variable, with commas between its items."""
    if not isinstance(value, str):
        return value
    return [item.strip() for item in value.split(",") if item.strip()]


Words = Annotated[list[str], BeforeValidator(listed)]
