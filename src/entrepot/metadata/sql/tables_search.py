"""The table behind search, and the index of each database over it.

SQLite has the index as a table of its own, `search_words`, which triggers keep as the other is.
PostgreSQL has it as an index of the column.
"""

from typing import Final

from sqlalchemy import DDL, Column, ForeignKey, Index, Table, Text, column, event, table
from sqlalchemy.dialects.postgresql import TSVECTOR

from entrepot.metadata.sql.columns import Id
from entrepot.metadata.sql.tables import repositories, schema

search_documents = Table(
    "search_documents",
    schema,
    Column(
        "repository_id", Id, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
    Column("texts", Text, nullable=False),
    Index(None, "words", postgresql_using="gin").ddl_if(dialect="postgresql"),
)

# The best first, for those who search for what half of all repositories have.
Index(
    "ix_repositories_rank",
    repositories.c.stars.desc(),
    repositories.c.pulls.desc(),
    repositories.c.name,
)

search_words = table("search_words", column("rowid", Id), column("search_words", Text))

# Only which documents have a word is kept, not where: detail=none. All but ASCII is left as it is.
_INDEX: Final = """
CREATE VIRTUAL TABLE search_words USING fts5(
  words, content='search_documents', content_rowid='repository_id',
  tokenize='ascii', detail=none, columnsize=0
)
"""
_PUT: Final = """
CREATE TRIGGER search_documents_put AFTER INSERT ON search_documents BEGIN
  INSERT INTO search_words (rowid, words) VALUES (new.repository_id, new.words);
END
"""
_GONE: Final = """
CREATE TRIGGER search_documents_gone AFTER DELETE ON search_documents BEGIN
  INSERT INTO search_words (search_words, rowid, words)
  VALUES ('delete', old.repository_id, old.words);
END
"""
for _statement in (_INDEX, _PUT, _GONE):
    _there = DDL(_statement)  # type: ignore[no-untyped-call] # SQLAlchemy's
    event.listen(search_documents, "after_create", _there.execute_if(dialect="sqlite"))
