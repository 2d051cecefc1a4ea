"""What somebody typed, as a query. Any text is one."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from entrepot.model.search import Filters, Query, Term, mark
from entrepot.oci.names import canonical, is_repository, is_tag
from entrepot.search import words

LONGEST: Final = 256
MOST_WORDS: Final = 12
MOST_TERMS: Final = 24
_DIGEST: Final = re.compile(r"(?:sha256:|sha512:)[0-9a-f]{12,128}|[0-9a-f]{12,64}", re.ASCII)
_COUNT: Final = re.compile(r"(?:>=)?([0-9]{1,9})", re.ASCII)
_AGO: Final = re.compile(r"([0-9]{1,3})([dwmy])", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# What only consists of signs is found nowhere.
_NOTHING: Final = Term(mark("nothing"))
_DAYS: Final = {"d": 1, "w": 7, "m": 30, "y": 365}

_Reader: TypeAlias = Callable[[Filters, str, datetime], Filters | None]


@dataclass(slots=True)
class _Parts:
    """What the words of a text turned out to be."""

    filters: Filters
    plain: list[str] = field(default_factory=list)
    image: str = ""
    tag: str = ""
    digest: str = ""


def parse(text: str, filters: Filters | None = None, *, now: datetime) -> Query:
    """The query for *text* within *filters*; words that filter are taken out of the text."""
    typed = text[:LONGEST].replace('"', " ").split()[:MOST_WORDS]
    filters = filters or Filters()
    parts = _sorted_out(typed, filters, now, lambda _: False)
    guessed = _sorted_out(typed, filters, now, _means_more)
    if not guessed.tag and not guessed.digest:
        return _query(parts)
    return replace(_query(guessed), otherwise=None if _certain(guessed) else _query(parts))


def _sorted_out(
    typed: list[str], filters: Filters, now: datetime, special: Callable[[str], bool]
) -> _Parts:
    """Each word as the filter it is, or, where it is *special*, as a digest or an image's tag."""
    parts = _Parts(filters)
    for word in typed:
        narrowed = _filter(parts.filters, word, now)
        if narrowed is not None:
            parts.filters = narrowed
        elif not special(word):
            parts.plain.append(word)
        elif _DIGEST.fullmatch(word.lower()) and not parts.digest:
            parts.digest = word.lower()
        elif _tagged(word) and not parts.tag:
            parts.image, _, parts.tag = word.rpartition(":")
        else:
            parts.plain.append(word)
    return parts


def _means_more(word: str) -> bool:
    return _DIGEST.fullmatch(word.lower()) is not None or _tagged(word)


def _tagged(word: str) -> bool:
    name, separator, tag = word.rpartition(":")
    return bool(separator) and is_repository(name.lower()) and is_tag(tag)


def _certain(parts: _Parts) -> bool:
    """Whether nothing else can have been meant: what names its algorithm is a digest."""
    return not parts.tag and ":" in parts.digest


def _query(parts: _Parts) -> Query:
    name = _name(parts)
    text = [parts.image, *parts.plain] if parts.image else parts.plain
    found = (term for word in text for term in words.terms(canonical(word.lower())))
    clauses = [(term,) for term in dict.fromkeys(found)][:MOST_TERMS]
    if text and not clauses:
        clauses = [(_NOTHING,)]
    digest = parts.digest
    return Query(
        clauses=(*clauses, *_facets(parts.filters)),
        name=name,
        tag=parts.tag,
        digest=digest if ":" in digest or not digest else f"sha256:{digest}",
        filters=parts.filters,
    )


def _name(parts: _Parts) -> str:
    """The name of a repository that was meant: what stands before a tag, or all that is text."""
    if parts.image:
        return canonical(parts.image.lower())
    whole = "-".join(words.fold(word) for word in parts.plain).strip("/")
    return canonical(whole) if is_repository(whole) else ""


def _facets(filters: Filters) -> Iterator[tuple[Term, ...]]:
    if filters.official is not None:
        yield (Term(mark("official" if filters.official else "community")),)
    if filters.signed is not None:
        yield (Term(mark("signed" if filters.signed else "unsigned")),)
    if filters.namespace:
        yield (Term(mark("namespace", filters.namespace)),)
    for kind, values in (("arch", filters.architectures), ("os", filters.systems)):
        if values:
            yield tuple(Term(mark(kind, words.fold(value))) for value in sorted(values))


def _filter(filters: Filters, word: str, now: datetime) -> Filters | None:
    """The filters with that of *word*; None when it is none."""
    key, separator, value = word.partition(":")
    reader = _READERS.get(key.lower())
    return reader(filters, value.lower(), now) if separator and value and reader else None


def _is(filters: Filters, value: str, _: datetime) -> Filters | None:
    if value == "official":
        return replace(filters, official=True)
    if value == "automated":
        return replace(filters, automated=True)
    return replace(filters, signed=True) if value == "signed" else None


def _architecture(filters: Filters, value: str, _: datetime) -> Filters:
    return replace(filters, architectures=filters.architectures | {value})


def _system(filters: Filters, value: str, _: datetime) -> Filters:
    return replace(filters, systems=filters.systems | {value})


def _namespace(filters: Filters, value: str, _: datetime) -> Filters:
    return replace(filters, namespace=value)


def _stars(filters: Filters, value: str, _: datetime) -> Filters | None:
    found = _COUNT.fullmatch(value)
    return replace(filters, stars=int(found[1])) if found else None


def _updated(filters: Filters, value: str, now: datetime) -> Filters | None:
    """Within so many days, weeks, months or years, or since a day."""
    if ago := _AGO.fullmatch(value):
        since = now - timedelta(days=int(ago[1]) * _DAYS[ago[2]])
        return replace(filters, updated_since=since)
    if not _DAY.fullmatch(value):
        return None
    try:
        return replace(filters, updated_since=datetime.fromisoformat(value).replace(tzinfo=UTC))
    except ValueError:
        return None


_READERS: Final[Mapping[str, _Reader]] = {
    "is": _is,
    "arch": _architecture,
    "os": _system,
    "namespace": _namespace,
    "stars": _stars,
    "updated": _updated,
}
