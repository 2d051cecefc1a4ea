"""A hub of 100 000 repositories and 1 000 000 tags, written into the database as pushes leave it.

Run by hand: `python -m bench.catalogue DATA [--database URL] [--repositories N] [--tags N]`.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from bench import sample
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql import engines, postgres
from entrepot.metadata.sql.tables import blob_links, manifest_contents, manifests
from entrepot.metadata.sql.tables import repositories as repositories_table
from entrepot.metadata.sql.tables import tags as tags_table
from entrepot.metadata.sql.tables_access import namespaces
from entrepot.metadata.sql.tables_builds import builds
from entrepot.metadata.sql.tables_hub import images, pull_days, readmes
from entrepot.metadata.sql.tables_quotas import charges, holding_changes
from entrepot.metadata.sql.transaction import SqlTransaction
from entrepot.search.index import reindex

_ROWS: Final = 10_000
_CONTENTS: Final = """
INSERT INTO charges (namespace, digest, size)
SELECT DISTINCT r.namespace, c.digest, b.size
FROM manifest_contents c JOIN manifests m ON m.id = c.manifest_id
JOIN repositories r ON r.id = m.repository_id JOIN blobs b ON b.digest = c.digest
"""
_MANIFESTS: Final = """
INSERT INTO charges (namespace, digest, size)
SELECT DISTINCT r.namespace, m.digest, m.size
FROM manifests m JOIN repositories r ON r.id = m.repository_id
"""
_SUMS: Final = """
INSERT INTO holding_changes (namespace, bytes)
SELECT namespace, sum(size) FROM charges GROUP BY namespace
"""


def fill_file(path: Path, size: sample.Size) -> None:
    """Fill the SQLite file of a server that has one image, and does not run."""
    engine = engines.connect(path)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        connection.exec_driver_sql("PRAGMA cache_size=-1000000")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        _fill(connection, size)
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


async def fill_postgres(url: str, size: sample.Size) -> None:
    """Fill the database of a server that has one image."""
    engine = postgres.connect(url)
    async with engine.begin() as connection:
        await connection.run_sync(lambda plain: _fill(plain, size))
    async with engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.exec_driver_sql("VACUUM ANALYZE")
    await engine.dispose()


def _fill(connection: Connection, size: sample.Size) -> None:
    chosen, now = random.Random(sample.SEED), datetime.now(UTC)
    template = _template(connection)
    listed = sample.names(size)
    _insert(connection, namespaces, sample.namespaces_rows(connection, listed, now))
    _insert(connection, repositories_table, sample.repositories_rows(chosen, listed, now))
    found = select(repositories_table.c.name, repositories_table.c.id)
    wanted = set(listed)
    ids = {name: key for name, key in connection.execute(found) if name in wanted}
    _insert(connection, manifests, sample.manifests_rows(ids, template, now))
    of = select(manifests.c.repository_id, manifests.c.id)
    rows = connection.execute(of.where(manifests.c.digest == template.digest))
    made: dict[int, int] = {row[0]: row[1] for row in rows}
    _insert(connection, manifest_contents, sample.contents_rows(ids, made, template))
    _charge(connection)
    _insert(connection, images, sample.images_rows(chosen, ids, made))
    _insert(connection, blob_links, sample.links_rows(connection, ids, template, now))
    _insert(connection, tags_table, sample.tags_rows(chosen, listed, ids, made, size=size, now=now))
    _insert(connection, readmes, sample.readmes_rows(listed[:5000], ids, now))
    _insert(connection, pull_days, sample.pulls_rows(chosen, listed[:5000], ids, now))
    told = sample.builds_rows(chosen, listed[:5000], ids, template, now)
    _insert(connection, builds, told)
    _index(SqlTransaction(connection, writes=True), listed)


def _charge(connection: Connection) -> None:
    """Count what each namespace holds, as pushes do."""
    for table in (charges, holding_changes):
        connection.execute(table.delete())
    for statement in (_CONTENTS, _MANIFESTS, _SUMS):
        connection.exec_driver_sql(statement)


def _template(connection: Connection) -> sample.Template:
    row = connection.execute(
        select(manifests.c.id, manifests.c.digest, manifests.c.media_type, manifests.c.size)
    ).first()
    if row is None:
        raise RuntimeError("push one image first")
    held = select(manifest_contents.c.digest).where(manifest_contents.c.manifest_id == row[0])
    return sample.Template(row[1], row[2], row[3], list(connection.scalars(held)))


def _insert(connection: Connection, table: Table, rows: Iterator[Mapping[str, Any]]) -> None:
    while some := list(islice(rows, _ROWS)):
        connection.execute(table.insert(), some)


def _index(t: Transaction, names: Sequence[str]) -> None:
    for name in names:
        reindex(t, name, ())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.catalogue", description=__doc__)
    parser.add_argument("data", type=Path, help="the data folder of a server that does not run")
    parser.add_argument("--database", help="postgresql://…, where it is not SQLite")
    parser.add_argument("--repositories", type=int, default=sample.REPOSITORIES)
    parser.add_argument("--tags", type=int, default=sample.TAGS)
    options = parser.parse_args()
    size = sample.Size(options.repositories, options.tags, min(sample.LARGE, options.tags // 2))
    if options.database:
        asyncio.run(fill_postgres(options.database, size))
    else:
        fill_file(options.data / "entrepot.db", size)


if __name__ == "__main__":
    main()
