"""`make bench`: measure, print the table, keep it in docs/benchmarks.md."""

import argparse
import tempfile
from pathlib import Path
from typing import Final

from bench import hub, listings, machine, memory, page, ratios

KEPT: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as name:
        folder = Path(name)
        compared = ratios.measure(folder / "ratios")
        grown = memory.measure(folder / "memory")
        listed = listings.measure(folder / "listings")
        pages = hub.measure(folder / "hub")
        text = page.written(machine.described(folder), compared, grown, listed, pages)
    print(text)
    if not options.dry_run:
        KEPT.write_text(text, encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the servers keep their data meanwhile")
    parser.add_argument("--dry-run", action="store_true", help="print the table, keep nothing")
    return parser.parse_args()


main()
