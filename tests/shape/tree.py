"""The project's own files."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "src" / "entrepot"
# Folders that tools make, and .gitignore leaves out.
_MADE: Final = {"__pycache__", "build", "data", "dist", "results"}


def texts() -> Iterator[tuple[str, str]]:
    """Every text file that belongs to the project, by its path from the root."""
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if _is_ours(Path(folder, name))]
        for name in files:
            path = Path(folder, name)
            try:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def _is_ours(folder: Path) -> bool:
    if folder.name.startswith("."):
        return folder == ROOT / ".ci"
    return folder.name not in _MADE and folder.suffix != ".egg-info"


def modules(*places: str) -> Iterator[tuple[str, str]]:
    """The Python files in the named folders, and their text."""
    for path, text in texts():
        if path.endswith(".py") and path.split("/")[0] in places:
            yield path, text


def functions(text: str) -> Iterator[tuple[str, int]]:
    """The functions in a module's text, and how many lines each has; decorators may be tables."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.name, node.end_lineno - node.lineno + 1
