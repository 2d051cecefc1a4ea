"""Settings as text, for people to read."""

import yaml

from entrepot.config.schema import Settings


def text(settings: Settings) -> str:
    """Every setting in force, as YAML, secrets hidden."""
    return yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False)
