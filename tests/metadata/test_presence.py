"""Whether other processes use a SQLite database."""

from pathlib import Path

from entrepot.metadata.sql.presence import Presence


def test_one_is_alone_until_another_comes_and_after_it_went(tmp_path: Path) -> None:
    one, other = (Presence(tmp_path / "entrepot.db") for _ in range(2))
    one.announce()
    assert one.is_alone()
    other.announce()
    assert not one.is_alone()
    assert not other.is_alone(), "asking must not give up one's own lock"
    other.end()
    assert one.is_alone()
    one.end()


def test_where_the_lock_cannot_be_taken_nothing_is_known(tmp_path: Path) -> None:
    presence = Presence(tmp_path / "missing" / "entrepot.db")
    presence.announce()
    assert not presence.is_alone()
    (tmp_path / "missing").mkdir()
    presence.announce()
    assert presence.is_alone()
    presence.end()
