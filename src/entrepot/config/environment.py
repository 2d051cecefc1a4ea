"""Settings in environment variables: ENTREPOT_SERVER__PORT is server.port."""

import re
from collections.abc import Mapping
from typing import Any, Final

from entrepot.config.source import Names, Source
from entrepot.errors import ConfigInvalid

PREFIX: Final = "ENTREPOT_"
BETWEEN: Final = "__"
# What Kubernetes sets in every container of a namespace that has a service called `entrepot`.
_SERVICE: Final = re.compile(
    r"SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?", re.ASCII
)


def variable(names: Names) -> str:
    """The variable that sets a setting."""
    return PREFIX + BETWEEN.join(names).upper()


def read_environment(environment: Mapping[str, str]) -> Source:
    """The settings in *environment*; ConfigInvalid when one stands for a section and a value."""
    values: dict[str, Any] = {}
    places: dict[Names, str] = {}
    for name in sorted(environment):
        setting = name.removeprefix(PREFIX)
        if setting != name and _SERVICE.fullmatch(setting) is None:
            names = tuple(setting.lower().split(BETWEEN))
            _put(values, names, environment[name], name)
            places[names] = name
    return Source(values, places)


def _put(values: dict[str, Any], names: Names, value: str, name: str) -> None:
    for section in names[:-1]:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise ConfigInvalid(f"{name}: {variable(names[:-1])} is set to a value as well")
    values[names[-1]] = value
