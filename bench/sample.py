"""What the filled hub has: names, descriptions and rows, the same in every run."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from entrepot.builds.timeline import KEPT
from entrepot.metadata.sql.tables import blobs
from entrepot.metadata.sql.tables_access import namespaces
from entrepot.model.account import NamespaceKind
from entrepot.model.build import BuildState
from entrepot.model.permission import Visibility

REPOSITORIES: Final = 100_000
TAGS: Final = 1_000_000
# Of all tags so many are of one repository.
LARGE: Final = 100_000
LARGE_NAME: Final = "acme/large"
SEED: Final = 11
_DAY: Final = timedelta(days=1)


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


_WHAT: Final = words(
    "web api worker proxy cache queue search auth mail build deploy metrics logs "
    "backup sync gateway stream index model batch report billing chat video image "
    "audio map graph table form"
)
_KINDS: Final = words(
    "server client agent operator exporter runner scanner tester linter bundler "
    "loader router broker store mirror editor viewer player shell base tools demo "
    "docs site"
)
_MADE: Final = words(
    "python node java golang rust ruby php perl erlang haskell nginx redis postgres "
    "mysql alpine debian ubuntu fedora busybox jdk dotnet swift kotlin scala lua "
    "julia deno"
)
_CHINESE: Final = ("镜像仓库", "数据库", "网关服务", "机器学习平台", "日志收集", "消息队列")


@dataclass(frozen=True, slots=True)
class Template:
    """A manifest that was really pushed: every repository has it, and so every page its bytes."""

    digest: str
    media_type: str
    size: int
    contents: Sequence[str]


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each there are to be."""

    repositories: int = REPOSITORIES
    tags: int = TAGS
    large: int = LARGE


def names(size: Size) -> list[str]:
    """The names of the repositories, the large one first."""
    return [LARGE_NAME, *_names(random.Random(SEED), size.repositories - 1)]


def _names(chosen: random.Random, count: int) -> Iterator[str]:
    seen: set[str] = set()
    while len(seen) < count:
        space = f"team-{chosen.randrange(2000):04d}"
        name = f"{chosen.choice(_WHAT)}-{chosen.choice(_KINDS)}"
        number = chosen.randrange(200)
        whole = f"{space}/{name}{number}" if number > 20 else f"{space}/{chosen.choice(_MADE)}"
        if len(seen) < len(_MADE):
            whole = _MADE[len(seen)]
        if whole not in seen:
            seen.add(whole)
            yield whole


def namespaces_rows(
    connection: Connection, listed: Sequence[str], now: datetime
) -> Iterator[Mapping[str, Any]]:
    there = set(connection.scalars(select(namespaces.c.name)))
    for name in sorted({name.partition("/")[0] for name in listed if "/" in name} - there):
        yield {
            "name": name,
            "kind": NamespaceKind.ORGANIZATION,
            "visibility": Visibility.PUBLIC,
            "description": "",
            "created_at": now,
        }


def repositories_rows(
    chosen: random.Random, names: Sequence[str], now: datetime
) -> Iterator[Mapping[str, Any]]:
    for number, name in enumerate(names):
        hidden = number % 10 == 9
        yield {
            "name": name,
            "namespace": name.partition("/")[0] if "/" in name else "library",
            "visibility": Visibility.PRIVATE if hidden else Visibility.PUBLIC,
            "created_at": now - chosen.randrange(2000) * _DAY,
            "description": _description(chosen, number),
            "stars": int(chosen.paretovariate(1.2)),
            "pulls": int(chosen.paretovariate(0.7) * 10) % 10**9,
            "automated": number % 7 == 0,
            "updated_at": now - chosen.random() * 900 * _DAY,
        }


def _description(chosen: random.Random, number: int) -> str:
    words = [chosen.choice(_WHAT), chosen.choice(_KINDS), "for", chosen.choice(_MADE)]
    if number % 4 == 0:
        words.append(chosen.choice(_CHINESE))
    return " ".join(words)


def manifests_rows(
    ids: Mapping[str, int], template: Template, now: datetime
) -> Iterator[Mapping[str, Any]]:
    for key in ids.values():
        yield {
            "repository_id": key,
            "digest": template.digest,
            "media_type": template.media_type,
            "size": template.size,
            "created_at": now,
            "created_by": "seed",
        }


def contents_rows(
    ids: Mapping[str, int], made: Mapping[int, int], template: Template
) -> Iterator[Mapping[str, Any]]:
    for key in ids.values():
        for digest in template.contents:
            yield {"manifest_id": made[key], "digest": digest, "repository_id": key}


def images_rows(
    chosen: random.Random, ids: Mapping[str, int], made: Mapping[int, int]
) -> Iterator[Mapping[str, Any]]:
    platforms = ('["linux/amd64"]', '["linux/amd64", "linux/arm64"]', '["linux/arm64"]')
    for key in ids.values():
        size = chosen.randrange(10**6, 10**9)
        yield {
            "manifest_id": made[key],
            "size": size,
            "platforms": chosen.choice(platforms),
            "kind": "image",
            "built_at": None,
        }


def links_rows(
    connection: Connection, ids: Mapping[str, int], template: Template, now: datetime
) -> Iterator[Mapping[str, Any]]:
    held = list(connection.scalars(select(blobs.c.id).where(blobs.c.digest.in_(template.contents))))
    for key in ids.values():
        for blob in held:
            yield {"repository_id": key, "blob_id": blob, "created_at": now}


def tags_rows(
    chosen: random.Random,
    names: Sequence[str],
    ids: Mapping[str, int],
    made: Mapping[int, int],
    *,
    size: Size,
    now: datetime,
) -> Iterator[Mapping[str, Any]]:
    each = max(1, (size.tags - size.large) // max(1, len(names) - 1))
    for name in names:
        for number in range(size.large if name == LARGE_NAME else each):
            yield {
                "repository_id": ids[name],
                "name": "latest" if number == 0 else f"{number // 100}.{number % 100}-build",
                "manifest_id": made[ids[name]],
                "created_at": now,
                "updated_at": now - chosen.random() * 900 * _DAY,
                "updated_by": "seed",
                "size": chosen.randrange(10**6, 10**9),
                "pulled_at": now - chosen.random() * 90 * _DAY,
            }


def readmes_rows(
    names: Sequence[str], ids: Mapping[str, int], now: datetime
) -> Iterator[Mapping[str, Any]]:
    for name in names:
        text = (
            f"# {name}\n\nRun it:\n\n```\ndocker run {name}\n```\n\n" + "Some words of it. " * 200
        )
        yield {"repository_id": ids[name], "text": text, "updated_at": now, "updated_by": "seed"}


def pulls_rows(
    chosen: random.Random, names: Sequence[str], ids: Mapping[str, int], now: datetime
) -> Iterator[Mapping[str, Any]]:
    today = int(now.timestamp()) // 86400
    for name in names:
        for back in range(0, 90, 2):
            pulls = chosen.randrange(1, 5000)
            yield {"repository_id": ids[name], "day": today - back, "pulls": pulls}


def builds_rows(
    chosen: random.Random,
    names: Sequence[str],
    ids: Mapping[str, int],
    template: Template,
    now: datetime,
) -> Iterator[Mapping[str, Any]]:
    for name in names:
        count = KEPT if name == LARGE_NAME else 10
        for number in range(count):
            began = now - (count - number) * _DAY
            ended = began + timedelta(seconds=chosen.randrange(10, 3600))
            yield {
                "repository_id": ids[name],
                "name": f"{number}.1",
                "state": BuildState.FAILED if number % 5 == 4 else BuildState.SUCCEEDED,
                "tags": (f"{number // 100}.{number % 100}-build", "latest"),
                "digest": template.digest,
                "source": f"https://git.example.org/{name}",
                "ref": "main",
                "commit": f"{chosen.randrange(16**40):040x}",
                "log": f"https://ci.example.org/{name}/{number}",
                "message": "",
                "created_at": began,
                "started_at": began,
                "ended_at": ended,
                "reported_at": ended,
                "reported_by": "seed",
            }
