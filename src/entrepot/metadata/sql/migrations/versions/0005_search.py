"""What is searched."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0005"
down_revision = "0004"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

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


def upgrade() -> None:
    op.create_table(
        "search_documents",
        sa.Column(
            "repository_id",
            ID,
            sa.ForeignKey("repositories.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
    )
    op.create_index(
        "ix_repositories_rank",
        "repositories",
        [sa.text("stars DESC"), sa.text("pulls DESC"), sa.text("name")],
    )
    if _on_sqlite():
        for statement in (_INDEX, _PUT, _GONE):
            op.execute(statement)
        return
    op.create_index(
        "ix_search_documents_words", "search_documents", ["words"], postgresql_using="gin"
    )


def downgrade() -> None:
    if _on_sqlite():
        op.execute("DROP TABLE search_words")
    op.drop_index("ix_repositories_rank", "repositories")
    op.drop_table("search_documents")


def _on_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"
