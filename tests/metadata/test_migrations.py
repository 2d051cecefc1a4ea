"""The steps of the migrations give the tables that the code has in mind, and can be undone."""

import itertools
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from entrepot.metadata.sql import migrate
from entrepot.metadata.sql.tables import schema
from entrepot.model.permission import Visibility
from entrepot.model.quota import Held
from tests.metadata.engines import connected
from tests.metadata.places import File, Place
from tests.metadata.samples import REPOSITORY, digest, keep, link, tag, upload
from tests.metadata.schemas import described, is_index_of_words, tables
from tests.metadata.workers import race

# Repositories of the first version, and the namespaces they are given.
OLD = {"alice/web": "alice", "centos": "library", "a/b/c": "a"}
IMAGES = """
INSERT INTO repositories (id, name, namespace, created_at)
VALUES (1, 'a/one', 'a', 0), (2, 'a/two', 'a', 0), (3, 'centos', 'library', 0);
INSERT INTO blobs (id, digest, size, created_at)
VALUES (1, 'shared', 10, 0), (2, 'own', 20, 0), (3, 'unnamed', 40, 0);
INSERT INTO manifests (id, repository_id, digest, media_type, size, created_at, created_by)
VALUES (1, 1, 'm', '', 3, 0, ''), (2, 2, 'm', '', 3, 0, ''), (3, 2, 'n', '', 4, 0, ''),
       (4, 3, 'm', '', 3, 0, '');
INSERT INTO manifest_contents (manifest_id, digest)
VALUES (1, 'shared'), (2, 'shared'), (3, 'own'), (3, 'shared'), (3, 'absent'), (4, 'shared')
"""


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    return made


def downgrade(connection: Connection) -> None:
    made = config()
    made.attributes["connection"] = connection
    command.downgrade(made, "base")


def begin(connection: Connection) -> None:
    """The tables as the first version had them, with repositories."""
    made = config()
    made.attributes["connection"] = connection
    command.upgrade(made, "0001")
    for name in OLD:
        row = f"INSERT INTO repositories (name, created_at) VALUES ('{name}', 0)"
        connection.exec_driver_sql(row)


def begin_with_images(connection: Connection) -> None:
    """Images as the version before limits kept them: two of one namespace share a blob."""
    made = config()
    made.attributes["connection"] = connection
    command.upgrade(made, "0007")
    for statement in IMAGES.split(";"):
        connection.exec_driver_sql(statement)


def link_everywhere(connection: Connection) -> None:
    """Have the repositories serve blobs, some of which none of their manifests names."""
    connection.exec_driver_sql(
        "INSERT INTO blob_links (repository_id, blob_id, created_at)"
        " VALUES (1, 1, 0), (1, 2, 0), (2, 1, 0), (2, 2, 0), (2, 3, 0), (3, 1, 0), (3, 2, 0)"
    )


def push_as_before(connection: Connection) -> None:
    """Name a blob without saying whose manifest does."""
    connection.exec_driver_sql(
        "INSERT INTO manifest_contents (manifest_id, digest) VALUES (2, 'unnamed')"
    )


def revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def differences(connection: Connection) -> list[object]:
    options: dict[str, Any] = {"compare_type": True, "compare_server_default": True}
    options["include_object"] = lambda _, name, *__: not is_index_of_words(name)
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, schema))


def everything(t) -> None:
    keep(t, "manifest")
    tag(t, "latest", "manifest")
    link(t, "blob")
    t.uploads.start(upload())


class MigrationsContract:
    # How many databases are raced for; their processes take longer to start than to migrate.
    rounds = 2

    @pytest.fixture
    def empty(self) -> Callable[[], Place]:
        raise NotImplementedError

    @pytest.fixture
    def place(self, empty) -> Place:
        made: Place = empty()
        made.migrate()
        return made

    def test_they_give_the_tables_of_the_code(self, place):
        assert connected(place, differences) == []
        assert connected(place, tables) == set(schema.tables)

    def test_they_give_what_the_code_would_create(self, place, empty):
        """Down to collations, cascades and the ways in which rows are kept."""
        created = empty()
        connected(created, schema.create_all)
        assert connected(place, described) == connected(created, described)

    def test_a_difference_would_be_noticed(self, place):
        connected(place, lambda connection: connection.exec_driver_sql("DROP TABLE tags"))
        assert connected(place, differences) != []

    def test_they_end_in_one_place(self, place):
        heads = ScriptDirectory.from_config(config()).get_heads()
        assert [connected(place, revision)] == heads

    def test_migrating_again_changes_nothing(self, place, read, write):
        write(everything)
        before = connected(place, described)
        place.migrate()
        assert connected(place, described) == before
        assert read(lambda t: t.tags.resolve(REPOSITORY, "latest")).digest == digest("manifest")

    def test_several_may_migrate_at_once(self, empty, place):
        shared = [empty() for _ in range(self.rounds)]
        order = {"task": "migrate", "places": [asdict(each) for each in shared]}
        race(place, order, order, order, rounds=self.rounds)
        for each in shared:
            assert connected(each, described) == connected(place, described)

    def test_repositories_of_the_first_version_get_namespaces_and_are_private(self, empty, run):
        place = empty()
        connected(place, begin)
        place.migrate()
        metadata = place.metadata()

        def work(t):
            assert t.repositories.page("", 9) == sorted(OLD)
            assert t.repositories.public("", 9) == []
            shown = {t.repositories.visibility(name) for name in OLD}
            return shown, {name: t.repositories.within(of, "", 9) for name, of in OLD.items()}

        shown, within = run(metadata.read(work))
        run(metadata.close())
        assert shown == {Visibility.PRIVATE}
        assert within == {name: [name] for name in OLD}

    def test_what_was_pushed_before_there_were_limits_is_counted(self, empty, run):
        place = empty()
        connected(place, begin_with_images)
        place.migrate()
        metadata = place.metadata()
        found = run(metadata.read(lambda t: [t.quotas.held(name) for name in ("a", "library")]))
        missing = run(metadata.read(lambda t: t.quotas.counts("a", "absent")))
        run(metadata.close())
        assert found == [Held(3 + 4 + 10 + 20, 2), Held(3 + 10, 1)]
        assert not missing

    def test_what_was_pushed_before_there_was_a_collection_is_named(self, empty, run):
        """And what a server of that version pushes that nobody stopped."""
        place = empty()
        connected(place, begin_with_images)
        connected(place, link_everywhere)
        place.migrate()
        connected(place, push_as_before)
        metadata = place.metadata()
        links, _ = run(metadata.read(lambda t: t.retired.unnamed((0, 0), 99)))
        run(metadata.close())
        found = [(link.repository, link.digest.text) for link in links]
        assert found == [("a/one", "own"), ("centos", "own")]

    def test_they_can_be_undone(self, place, metadata, run):
        run(metadata.write(everything))
        run(metadata.close())
        before = connected(place, described)
        connected(place, downgrade)
        assert connected(place, tables) == set()
        assert connected(place, revision) is None
        place.migrate()
        assert connected(place, described) == before


class TestSqliteMigrations(MigrationsContract):
    rounds = 15

    @pytest.fixture
    def empty(self, tmp_path) -> Callable[[], Place]:
        numbers = itertools.count()
        return lambda: File(str(tmp_path / str(next(numbers)) / "new" / "registry.db"))

    def test_a_file_is_made_for_many_readers(self, place):
        def mode(connection: Connection) -> object:
            return connection.exec_driver_sql("PRAGMA journal_mode").scalar()

        assert connected(place, mode) == "wal"


class TestPostgresMigrations(MigrationsContract):
    @pytest.fixture
    def empty(self, create_database) -> Callable[[], Place]:
        made: Callable[[], Place] = create_database
        return made


def test_the_last_step_is_known_by_its_file() -> None:
    assert migrate.newest() == ScriptDirectory.from_config(config()).get_current_head()
