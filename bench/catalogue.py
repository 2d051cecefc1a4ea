"""A hub of 100 000 repositories and 1 000 000 tags, written into the database as pushes leave it.

Run by hand: `python -m bench.catalogue DATA [--database URL] [--repositories N] [--tags N]`.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from entrepot.metadata.port import Transaction
from entrepot.metadata.sql import postgres, sqlite
from entrepot.metadata.sql.tables import blob_links, blobs, manifest_contents, manifests
from entrepot.metadata.sql.tables import repositories as repositories_table
from entrepot.metadata.sql.tables import tags as tags_table
from entrepot.metadata.sql.tables_hub import images, pull_days, readmes
from entrepot.metadata.sql.transaction import SqlTransaction
from entrepot.model.permission import Visibility
from entrepot.search.index import reindex

REPOSITORIES: Final = 100_000
TAGS: Final = 1_000_000
# Of all tags so many are of one repository.
LARGE: Final = 100_000
LARGE_NAME: Final = "acme/large"
_SEED: Final = 11
_ROWS: Final = 10_000
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


def fill_file(path: Path, size: Size) -> None:
    """Fill the SQLite file of a server that has one image, and does not run."""
    engine = sqlite.connect(path)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        _fill(connection, size)
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


async def fill_postgres(url: str, size: Size) -> None:
    """Fill the database of a server that has one image."""
    engine = postgres.connect(url)
    async with engine.begin() as connection:
        await connection.run_sync(lambda plain: _fill(plain, size))
    async with engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.exec_driver_sql("VACUUM ANALYZE")
    await engine.dispose()


def _fill(connection: Connection, size: Size) -> None:
    chosen, now = random.Random(_SEED), datetime.now(UTC)
    template = _template(connection)
    names = [LARGE_NAME, *_names(chosen, size.repositories - 1)]
    _insert(connection, repositories_table, _repositories(chosen, names, now))
    found = select(repositories_table.c.name, repositories_table.c.id)
    ids = {name: key for name, key in connection.execute(found) if name in set(names)}
    _insert(connection, manifests, _manifests(ids, template, now))
    of = select(manifests.c.repository_id, manifests.c.id)
    rows = connection.execute(of.where(manifests.c.digest == template.digest))
    made: dict[int, int] = {row[0]: row[1] for row in rows}
    _insert(connection, manifest_contents, _contents(ids, made, template))
    _insert(connection, images, _images(chosen, ids, made))
    _insert(connection, blob_links, _links(connection, ids, template, now))
    _insert(connection, tags_table, _tags(chosen, names, ids, made, size=size, now=now))
    _insert(connection, readmes, _readmes(names[:5000], ids, now))
    _insert(connection, pull_days, _pulls(chosen, names[:5000], ids, now))
    _index(SqlTransaction(connection, writes=True), names)


def _template(connection: Connection) -> Template:
    row = connection.execute(
        select(manifests.c.id, manifests.c.digest, manifests.c.media_type, manifests.c.size)
    ).first()
    if row is None:
        raise RuntimeError("push one image first")
    held = select(manifest_contents.c.digest).where(manifest_contents.c.manifest_id == row[0])
    return Template(row[1], row[2], row[3], list(connection.scalars(held)))


def _insert(connection: Connection, table: Table, rows: Iterator[Mapping[str, Any]]) -> None:
    while some := list(islice(rows, _ROWS)):
        connection.execute(table.insert(), some)


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


def _repositories(
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


def _manifests(
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


def _contents(
    ids: Mapping[str, int], made: Mapping[int, int], template: Template
) -> Iterator[Mapping[str, Any]]:
    for key in ids.values():
        for digest in template.contents:
            yield {"manifest_id": made[key], "digest": digest}


def _images(
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


def _links(
    connection: Connection, ids: Mapping[str, int], template: Template, now: datetime
) -> Iterator[Mapping[str, Any]]:
    held = list(connection.scalars(select(blobs.c.id).where(blobs.c.digest.in_(template.contents))))
    for key in ids.values():
        for blob in held:
            yield {"repository_id": key, "blob_id": blob, "created_at": now}


def _tags(
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


def _readmes(
    names: Sequence[str], ids: Mapping[str, int], now: datetime
) -> Iterator[Mapping[str, Any]]:
    for name in names:
        text = (
            f"# {name}\n\nRun it:\n\n```\ndocker run {name}\n```\n\n" + "Some words of it. " * 200
        )
        yield {"repository_id": ids[name], "text": text, "updated_at": now, "updated_by": "seed"}


def _pulls(
    chosen: random.Random, names: Sequence[str], ids: Mapping[str, int], now: datetime
) -> Iterator[Mapping[str, Any]]:
    today = int(now.timestamp()) // 86400
    for name in names:
        for back in range(0, 90, 2):
            pulls = chosen.randrange(1, 5000)
            yield {"repository_id": ids[name], "day": today - back, "pulls": pulls}


def _index(t: Transaction, names: Sequence[str]) -> None:
    for name in names:
        reindex(t, name, ())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.catalogue", description=__doc__)
    parser.add_argument("data", type=Path, help="the data folder of a server that does not run")
    parser.add_argument("--database", help="postgresql://…, where it is not SQLite")
    parser.add_argument("--repositories", type=int, default=REPOSITORIES)
    parser.add_argument("--tags", type=int, default=TAGS)
    options = parser.parse_args()
    size = Size(options.repositories, options.tags, min(LARGE, options.tags // 2))
    if options.database:
        asyncio.run(fill_postgres(options.database, size))
    else:
        fill_file(options.data / "entrepot.db", size)


if __name__ == "__main__":
    main()
