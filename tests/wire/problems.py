"""The tree of errors, as classes and as drawn, and an instance of each."""

import inspect
import re
from collections.abc import Iterator

from entrepot import errors
from entrepot.errors import Problem


def classes() -> list[type[Problem]]:
    """Every class of errors.py."""
    found = inspect.getmembers(errors, inspect.isclass)
    return [kind for _, kind in found if issubclass(kind, Problem)]


def parents() -> dict[str, str]:
    """Each class's parent, by name."""
    return {kind.__name__: kind.__mro__[1].__name__ for kind in classes() if kind is not Problem}


def drawn() -> dict[str, str]:
    """Each class's parent, as the docstring of errors.py draws it.

    A line's first name hangs on the last line that is less indented, its further names on its
    first; a line in the column of further names continues the line before.
    """
    (tree,) = re.findall(r"^    Problem\n(?:      .*\n)+", errors.__doc__ or "", re.MULTILINE)
    column = max(len(match[0]) for match in re.finditer(r"^ +\w+ {2,}", tree, re.MULTILINE))
    return dict(_drawn(tree.splitlines(), column))


def _drawn(lines: list[str], column: int) -> Iterator[tuple[str, str]]:
    above: list[tuple[int, str]] = []
    for line in lines:
        indent, names = len(line) - len(line.lstrip()), line.split()
        if indent < column:
            above = [node for node in above if node[0] < indent]
            first = names.pop(0)
            if above:
                yield first, above[-1][1]
            above.append((indent, first))
        yield from ((name, above[-1][1]) for name in names)


def groups() -> set[type[Problem]]:
    """The classes that only gather others, and are never raised."""
    return {Problem, errors.Unknown, errors.Invalid, errors.Refused}


def told() -> list[type[Problem]]:
    """The classes that a client can be told of."""
    aside = groups() | {errors.ClientGone, errors.ConfigInvalid}
    return [kind for kind in classes() if kind not in aside]


def problem(kind: type[Problem]) -> Problem:
    """A problem of that class, as the registry would raise it."""
    if kind is errors.UploadOutOfOrder:
        return errors.UploadOutOfOrder(offset=10, location="/v2/a/blobs/uploads/1")
    if kind is errors.RangeUnsatisfiable:
        return errors.RangeUnsatisfiable(10)
    return kind()
