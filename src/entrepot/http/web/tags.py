"""The tags of a repository as a table, and what is done to many of them at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import repository_tags as api
from entrepot.http.web.repository_head import Head, Rights, head, name_in, path_of, rights_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.repository import TagOrder, TagQuery, TagRow

pages = Pages()

_SIZE: Final = 50
_LONGEST: Final = 128
_ZERO: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class View:
    """Which part of the table is shown, and the addresses of others."""

    path: str
    contains: str
    order: TagOrder
    descending: bool
    number: int

    @property
    def query(self) -> TagQuery:
        offset = (self.number - 1) * _SIZE
        return TagQuery(self.contains, self.order, self.descending, offset, _SIZE)

    @property
    def pager(self) -> str:
        """The address of a page, for parts.pager."""
        return f"{self._address(self.order, descending=self.descending)}&page={{page}}"

    def sorted_by(self, order: str) -> str:
        """The address of the table by *order*: the other way round where it is so already."""
        wanted = TagOrder(order)
        turned = not self.descending if wanted is self.order else wanted is not TagOrder.NAME
        return self._address(wanted, descending=turned)

    def sorting(self, order: str) -> str:
        """What aria-sort says of the column."""
        if order != self.order:
            return "none"
        return "descending" if self.descending else "ascending"

    def _address(self, order: TagOrder, *, descending: bool) -> str:
        fields = {"order": order.value, "way": "down" if descending else "up"}
        if self.contains:
            fields["q"] = self.contains
        return f"{self.path}?{urlencode(fields)}"


@dataclass(frozen=True, slots=True)
class _Table:
    head: Head
    rows: list[TagRow]
    total: int
    undoable: int


@pages.add("GET", "/r/{repository:path}/-/tags", Action.PULL)
async def table(visit: Visit) -> Response:
    """A page of the table, sorted and filtered as the address says."""
    rights, view, deleted = await rights_of(visit), _view(visit), moment_in(visit)
    found = await visit.caller.read(lambda t: _table(t, visit, rights, view, deleted))
    pages_ = max(1, -(-found.total // _SIZE))
    return visit.page(
        "tags.html",
        head=found.head,
        tab="tags",
        view=view,
        rows=found.rows,
        total=found.total,
        pages=pages_,
        undoable=found.undoable,
        deleted=visit.query("deleted"),
    )


def _view(visit: Visit) -> View:
    try:
        order = TagOrder(visit.query("order"))
    except ValueError:
        order = TagOrder.UPDATED
    way = visit.query("way") or ("up" if order is TagOrder.NAME else "down")
    contains = visit.query("q")[:_LONGEST]
    path = f"{path_of(name_in(visit))}/-/tags"
    return View(path, contains, order, way != "up", visit.number("page", 1, most=1_000_000))


def _table(
    t: Transaction, visit: Visit, rights: Rights, view: View, deleted: datetime | None
) -> _Table:
    name, actor = name_in(visit), visit.caller.cause.actor
    top = head(t, visit, rights)
    rows, total = t.tag_table.found(name, view.query)
    undoable = (
        len(t.tag_table.deleted(name, at=deleted, actor=actor)) if deleted and rights.delete else 0
    )
    return _Table(top, rows, total, undoable)


@pages.add("POST", "/r/{repository:path}/-/deletions", Action.DELETE, again=table)
async def delete(visit: Visit) -> Response:
    """Delete the tags of the boxes, and offer to undo that."""
    name, tags = name_in(visit), visit.form.all("tag")
    address = f"{path_of(name)}/-/tags"
    if not tags:
        return visit.back(address, visit.gettext("Choose the tags to delete first."))
    done = await api.delete(visit.caller, name, api.Deletion(tags=tags))
    if not done.tags:
        return visit.back(address, visit.gettext("These tags were gone already."))
    return visit.back(f"{address}?deleted={microseconds(done.at)}")


@pages.add("POST", "/r/{repository:path}/-/undo", Action.DELETE, again=table)
async def undo(visit: Visit) -> Response:
    """Point the tags to where they pointed before the visitor deleted them."""
    name, at, _ = name_in(visit), _moment(visit.form.get("at")), visit.gettext
    address = f"{path_of(name)}/-/tags"
    if at is None:
        return visit.back(address, _("There is nothing to undo."))
    done = await api.undo(visit.caller, name, at)
    if done.left:
        text = _("Some tags could not be restored: they are there again, or their image is gone.")
        return visit.back(address, text)
    return visit.back(address, _("The tags are back."))


@pages.add("POST", "/r/{repository:path}/-/copies", Action.PUSH, again=table)
async def copy(visit: Visit) -> Response:
    """Give what a tag names another tag, too."""
    name, form = name_in(visit), visit.form
    given = api.Copy(
        source=form.get("source"), tag=form.get("tag"), replace=form.get("replace") == "1"
    )
    done = await api.copy(visit.caller, name, given)
    return visit.back(f"{path_of(name)}/-/tags/{done.tag}", visit.gettext("The tag is set."))


def moment_in(visit: Visit) -> datetime | None:
    """The moment of a delete that the address names."""
    return _moment(visit.query("deleted"))


def _moment(text: str) -> datetime | None:
    if not (text.isascii() and text.isdigit()) or len(text) > 17:
        return None
    return _ZERO + timedelta(microseconds=int(text))


def microseconds(moment: datetime) -> int:
    """A moment as a number for addresses, exactly."""
    return (moment - _ZERO) // timedelta(microseconds=1)
