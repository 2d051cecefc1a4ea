"""docs/reference is what scripts/reference writes, and leaves nothing out."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
from pydantic import BaseModel

from entrepot.config.schema import Settings
from entrepot.http.api.application import api
from entrepot.http.api.caller import PERMISSION
from entrepot.wire.problems import TABLE
from tests.programs.process import environment
from tests.programs.waiting import PATIENCE
from tests.shape.tree import ROOT

REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, written now."""
    folder = tmp_path_factory.mktemp("reference")
    subprocess.run(
        [sys.executable, ROOT / "scripts" / "reference", folder],
        env=environment(),
        check=True,
        timeout=PATIENCE,
    )
    return folder


@pytest.mark.parametrize("page", ["settings.md", "errors.md", "http-api.md"])
def test_a_page_is_fresh(fresh: Path, page: str) -> None:
    """Run scripts/reference and commit what it writes."""
    assert (REFERENCE / page).read_text(encoding="utf-8") == (fresh / page).read_text("utf-8")


def settings(section: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings(kind, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def rows(page: str) -> dict[str, list[str]]:
    """The rows of a page's table, by their first cell."""
    lines = (REFERENCE / page).read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return {row[0].strip("`"): row for row in cells[1:]}


def test_every_setting_is_documented_with_its_variable() -> None:
    found = rows("settings.md")
    assert list(found) == list(settings(Settings))
    for name, row in found.items():
        assert row[-1] == f"`ENTREPOT_{name.upper().replace('.', '__')}`"
        assert row[-2].endswith(".")


def test_every_error_is_documented_with_its_status_and_code() -> None:
    found = {name: (row[1], row[2].strip("`")) for name, row in rows("errors.md").items()}
    assert found == {kind.__name__: (str(row.status), row.code) for kind, row in TABLE.items()}


def test_every_route_of_the_api_is_documented_with_its_permission() -> None:
    lines = (REFERENCE / "http-api.md").read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if " | `/api/" in line]
    found = {(row[0], row[1].strip("`"), row[-1].strip("`")) for row in cells}
    assert found == {
        (method.upper(), path, operation[PERMISSION])
        for path, methods in api(Mock()).openapi()["paths"].items()
        for method, operation in methods.items()
    }
    assert len(found) == len(cells)
