"""Settings in a YAML file."""

from pathlib import Path
from typing import Any

import yaml

from entrepot.config.source import Names, Source
from entrepot.errors import ConfigInvalid


def read_file(file: Path) -> Source:
    """The settings in *file*; ConfigInvalid names the line that cannot be read."""
    text = _text(file)
    try:
        return _Document(file, text).source()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigInvalid(f"{file}:{line}: not YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigInvalid(f"{file}:{line}: not YAML: {error.reason}") from None
    except RecursionError:
        raise ConfigInvalid(f"{file}: the settings nest too deeply") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigInvalid(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigInvalid(f"{file}: not UTF-8: {error}") from None


class _Document:
    def __init__(self, file: Path, text: str) -> None:
        self._file = file
        self._loader = yaml.SafeLoader(text)
        self._places: dict[Names, str] = {}

    def source(self) -> Source:
        node = self._loader.get_single_node()
        if node is None:
            return Source({}, {})
        values = self._value(node, ())
        if not isinstance(values, dict):
            raise ConfigInvalid(f"{self._place(node)}: settings must be written as `name: value`")
        return Source(values, self._places)

    def _value(self, node: yaml.Node, names: Names) -> Any:  # noqa: ANN401 - YAML holds anything
        if isinstance(node, yaml.MappingNode):
            return {
                key.value: self._value(value, self._enter(key, names)) for key, value in node.value
            }
        try:
            return self._loader.construct_document(node)
        except ValueError as error:  # a date such as 2001-99-99
            raise ConfigInvalid(f"{self._place(node)}: {'.'.join(names)}: {error}") from None

    def _enter(self, key: yaml.Node, names: Names) -> Names:
        """Note where a setting stands; YAML itself would let a second one replace it unseen."""
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigInvalid(f"{self._place(key)}: settings must be written as `name: value`")
        inner = (*names, key.value)
        if inner in self._places:
            raise ConfigInvalid(
                f"{self._place(key)}: {'.'.join(inner)}: this setting stands twice;"
                f" first at {self._places[inner]}"
            )
        self._places[inner] = self._place(key)
        return inner

    def _place(self, node: yaml.Node) -> str:
        return f"{self._file}:{node.start_mark.line + 1}"
