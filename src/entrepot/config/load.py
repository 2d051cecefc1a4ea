"""Reading settings: command line over environment over file over defaults."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from entrepot.config.environment import read_environment
from entrepot.config.file import read_file
from entrepot.config.schema import Settings
from entrepot.config.source import Names, Source, merge, where
from entrepot.errors import ConfigInvalid


def load(
    file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """The settings in force; ConfigInvalid names each wrong one, where it stands, and why."""
    sources = [_given(overrides or {}), read_environment(environment)]
    if file is not None:
        sources.append(read_file(file))
    try:
        return Settings.model_validate(merge(sources))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        raise ConfigInvalid("\n".join(_line(problem, sources) for problem in wrong)) from None


def _given(overrides: Mapping[str, Any]) -> Source:
    return Source(dict(overrides), dict.fromkeys(_leaves(overrides, ()), "command line"))


def _leaves(values: Mapping[str, Any], names: Names) -> Iterator[Names]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*names, name))
        else:
            yield (*names, name)


def _line(problem: ErrorDetails, sources: list[Source]) -> str:
    names = tuple(map(str, problem["loc"]))
    setting = ".".join(names) or "settings"
    place = where(names, sources)
    return f"{place}: {setting}: {_said(problem)}" if place else f"{setting}: {_said(problem)}"


def _said(problem: ErrorDetails) -> str:
    match problem["type"]:
        case "extra_forbidden":
            return "there is no such setting"
        case "model_type":
            return "this is a section; set one of the settings in it"
        case _:
            return problem["msg"].removeprefix("Value error, ")
