"""`make bench`: measure, print the tables, keep them in docs/."""

import argparse
import tempfile
from pathlib import Path
from typing import Final

from bench import hub, hub_page, listings, machine, memory, page, ratios

_DOCS: Final = Path(__file__).parents[1] / "docs"


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as name:
        folder = Path(name)
        about = machine.described(folder)
        if not options.hub:
            _keep("benchmarks.md", _registry(folder, about), options)
        _keep("benchmarks-hub.md", hub_page.written(about, hub.measure(folder / "hub")), options)


def _registry(folder: Path, about: list[str]) -> str:
    compared = ratios.measure(folder / "ratios")
    grown = memory.measure(folder / "memory")
    listed = listings.measure(folder / "listings")
    return page.written(about, compared, grown, listed)


def _keep(name: str, text: str, options: argparse.Namespace) -> None:
    print(text)
    if not options.dry_run:
        (_DOCS / name).write_text(text, encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the servers keep their data meanwhile")
    parser.add_argument("--dry-run", action="store_true", help="print the tables, keep nothing")
    parser.add_argument("--hub", action="store_true", help="measure the hub's pages alone")
    return parser.parse_args()


main()
