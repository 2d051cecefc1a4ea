"""Configurations of images (OCI image specification, config.md; Docker image specification 1.2).

They come from any builder there is, so nothing in them is relied upon: what cannot be read as it
should be is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from entrepot.bounded_json import CONFIG
from entrepot.oci import lenient
from entrepot.oci.command import tidy
from entrepot.oci.descriptor import Descriptor

# A platform is shown in tables and searched; no real one is nearly as long.
_PLATFORM_PART: Final = 40
# An image has at most 127 layers where it is unpacked.
_HISTORY: Final = 1000


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image runs on."""

    os: str = ""
    architecture: str = ""
    variant: str = ""
    os_version: str = ""

    @property
    def name(self) -> str:
        """Such as `linux/arm64/v8`; empty when it is not known."""
        if not self.os or not self.architecture or self.os == "unknown":
            return ""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """How a container is asked whether it is well; times are in nanoseconds, 0 for the default."""

    test: tuple[str, ...]
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """How a layer was made, or what was set without one."""

    created: datetime | None
    created_by: str
    comment: str
    empty_layer: bool


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What an image's configuration says."""

    platform: Platform = Platform()
    created: datetime | None = None
    author: str = ""
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    shell: tuple[str, ...] = ()
    working_dir: str = ""
    user: str = ""
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None
    on_build: tuple[str, ...] = ()
    history: tuple[History, ...] = ()
    diff_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of how an image was made; `layer` is None where it left no layer of its own."""

    command: str
    created: datetime | None
    comment: str
    layer: Descriptor | None


def parse_config(content: bytes) -> ImageConfig:
    """Read a configuration; ManifestInvalid when it is no JSON object."""
    document = lenient.load(content, "the configuration", CONFIG)
    run = lenient.members(document.get("config"))
    return ImageConfig(
        platform=parse_platform(document),
        created=lenient.moment(document.get("created")),
        author=lenient.text(document.get("author")),
        env=lenient.texts(run.get("Env")),
        entrypoint=_command(run.get("Entrypoint")),
        cmd=_command(run.get("Cmd")),
        shell=_command(run.get("Shell")),
        working_dir=lenient.text(run.get("WorkingDir")),
        user=lenient.text(run.get("User")),
        exposed_ports=tuple(lenient.members(run.get("ExposedPorts"))),
        volumes=tuple(lenient.members(run.get("Volumes"))),
        labels=lenient.labels(run.get("Labels")),
        stop_signal=lenient.text(run.get("StopSignal")),
        healthcheck=_healthcheck(run.get("Healthcheck")),
        on_build=lenient.texts(run.get("OnBuild")),
        history=tuple(map(_history, lenient.items(document.get("history"))[:_HISTORY])),
        diff_ids=lenient.texts(lenient.members(document.get("rootfs")).get("diff_ids")),
    )


def parse_platform(value: object) -> Platform:
    """The platform that an object's members os, architecture and variant name."""
    found = lenient.members(value)
    names = ("os", "architecture", "variant", "os.version")
    return Platform(*(lenient.text(found.get(name)).strip()[:_PLATFORM_PART] for name in names))


def layer_steps(config: ImageConfig, layers: Sequence[Descriptor]) -> list[Step]:
    """The steps of the history, each with its layer.

    A history that knows of fewer layers than there are was begun on an image that had none, so
    its steps belong to the last layers. Steps for which no layer is left have none.
    """
    told = sum(not entry.empty_layer for entry in config.history)
    unknown = max(len(layers) - told, 0)
    steps = [Step("", None, "", layer) for layer in layers[:unknown]]
    rest = iter(layers[unknown:])
    for entry in config.history:
        layer = None if entry.empty_layer else next(rest, None)
        steps.append(Step(tidy(entry.created_by), entry.created, entry.comment, layer))
    return steps


def _command(value: object) -> tuple[str, ...]:
    """A command; Docker once wrote some as one text."""
    return (lenient.text(value),) if isinstance(value, str) and value else lenient.texts(value)


def _healthcheck(value: object) -> Healthcheck | None:
    found = lenient.members(value)
    test = lenient.texts(found.get("Test"))
    times = ("Interval", "Timeout", "StartPeriod", "Retries")
    return Healthcheck(test, *(lenient.number(found.get(name)) for name in times)) if test else None


def _history(value: object) -> History:
    found = lenient.members(value)
    return History(
        lenient.moment(found.get("created")),
        lenient.text(found.get("created_by")),
        lenient.text(found.get("comment")),
        found.get("empty_layer") is True,
    )
