"""What all groups of settings have in common."""

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """A group of settings; unknown names are errors, so that no typing mistake goes unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _empty(cls, value: object) -> object:
        """A section whose settings are all commented out is there, and says nothing."""
        return {} if value is None else value
