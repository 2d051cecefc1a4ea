"""Where in a YAML file a setting stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, counted from 1."""

    line: int


def locate(file: Path, names: Sequence[int | str]) -> Place | None:
    """The line of the setting, or of the innermost section there is; None when it has none."""
    node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    place: Place | None = None
    for name in names:
        found = _child(node, str(name))
        if found is None:
            break
        key, node = found
        place = Place(key.start_mark.line + 1)
    return place


def _child(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == name:
            return key, value
    return None
