"""Files and functions stay short, and are named for what is in them."""

import ast
from pathlib import PurePosixPath

import pytest

from tests.shape.tree import PACKAGE, functions, modules

LINES = 300
FUNCTION = 60
# Names that say nothing; what is in such a module has a noun of its own.
VAGUE = {"util", "utils", "helper", "helpers", "common", "base", "misc", "manager", "managers"}
OURS = ("src", "tests", "bench", "torture")


def test_no_file_is_long() -> None:
    found = {path: len(text.splitlines()) for path, text in modules(*OURS)}
    assert {path: lines for path, lines in found.items() if lines > LINES} == {}


def test_no_function_is_long() -> None:
    found = [
        f"{path}: {name}: {lines}"
        for path, text in modules(*OURS)
        for name, lines in functions(text)
        if lines > FUNCTION
    ]
    assert found == []


def test_the_median_function_is_short() -> None:
    found = sorted(lines for _, text in modules("src") for _, lines in functions(text))
    assert found[len(found) // 2] < 10


def test_no_module_has_a_vague_name() -> None:
    named = {path for path, _ in modules(*OURS) if VAGUE & set(PurePosixPath(path).parts)}
    named |= {path for path, _ in modules(*OURS) if PurePosixPath(path).stem in VAGUE}
    assert named == set()


def test_nothing_is_imported_for_type_checkers_alone() -> None:
    """Needing that means a circle."""
    name = "TYPE_" + "CHECKING"
    assert [path for path, text in modules(*OURS) if name in text] == []


@pytest.mark.parametrize(
    "path",
    [path for path, _ in modules("src") if "/migrations/" not in path],
)
def test_a_module_says_what_it_is(path: str) -> None:
    text = (PACKAGE.parents[1] / path).read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {PurePosixPath(path).parent for path, _ in modules("src")}
    there = {path for path, _ in modules("src")}
    without = {str(folder) for folder in folders if f"{folder}/__init__.py" not in there}
    assert {folder for folder in without if "/migrations" not in folder} == set()
