"""What happened, in SQL."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, select

from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import columns, row
from entrepot.metadata.sql.tables_hub import events
from entrepot.model.event import Event

_EVENT = columns(events, Event)
_ADD = events.insert()
_OLDEST = select(*_EVENT).order_by(events.c.id).limit(bindparam("size"))
_OTHERS = _OLDEST.where(events.c.repository.not_in(bindparam("names", expanding=True)))
_TAKE = delete(events).where(events.c.id == bindparam("key"))


class SqlEvents:
    """What happened and was not acted on yet, the oldest first."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def add(self, event: Event) -> None:
        values = row(event)
        del values["id"]
        self._connection.execute(_ADD, values)

    def page(self, size: int, without: Sequence[str] = ()) -> list[Event]:
        if without:
            values = {"size": size, "names": list(without)}
            found = self._connection.execute(_OTHERS, values)
        else:
            found = self._connection.execute(_OLDEST, {"size": size})
        return [Event(*each) for each in found]

    def done(self, ids: Sequence[int]) -> list[int]:
        return [key for key in ids if self._connection.execute(_TAKE, {"key": key}).rowcount]
