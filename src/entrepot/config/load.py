"""Reading settings: command line over environment over file over defaults."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from entrepot.config.places import Place, locate
from entrepot.config.schema import Settings
from entrepot.errors import ConfigInvalid

PREFIX: Final = "ENTREPOT_"
BETWEEN: Final = "__"


def load(file: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force; ConfigInvalid names each wrong one, where it stands, and why."""
    if file is not None:
        _readable(file)

    class Sources(BaseSettings, Settings):
        model_config = SettingsConfigDict(
            extra="forbid",
            frozen=True,
            env_prefix=PREFIX,
            env_nested_delimiter=BETWEEN,
            yaml_file=file,
        )

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is theirs
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is theirs
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings, env_settings, YamlConfigSettingsSource(settings_cls))

    try:
        found = Sources(**(overrides or {}))
    except ValidationError as error:
        raise ConfigInvalid(_explain(error, file)) from None
    return Settings.model_construct(
        **{name: getattr(found, name) for name in Settings.model_fields}
    )


def _readable(file: Path) -> None:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigInvalid(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigInvalid(f"{file}: not UTF-8: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigInvalid(f"{file}:{line}: not YAML: {error.problem}") from None
    if document is not None and not isinstance(document, dict):
        raise ConfigInvalid(f"{file}:1: settings must be written as `name: value`")


def _explain(error: ValidationError, file: Path | None) -> str:
    return "\n".join(_line(problem["loc"], problem["msg"], file) for problem in error.errors())


def _line(names: tuple[int | str, ...], message: str, file: Path | None) -> str:
    setting = ".".join(map(str, names)) or "settings"
    said = message.removeprefix("Value error, ")
    if said == "Extra inputs are not permitted":
        said = "there is no such setting"
    place: Place | None = locate(file, names) if file else None
    where = f"{file}:{place.line}: " if place else ""
    return f"{where}{setting}: {said}"
