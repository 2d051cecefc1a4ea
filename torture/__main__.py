"""`make torture`: power cuts, kills, a soak and drawn inputs, kept in docs/torture.md."""

import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench import machine
from tests.backends.places import in_postgres, in_s3
from tests.programs.ceph import ceph
from tests.programs.postgres import postgres
from torture import cuts, kills, properties, soak, volume
from torture.report import Outcome, page

_DOCS: Final = Path(__file__).parents[1] / "docs"
_KINDS: Final = ("cuts", "kills", "soak", "properties")


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="torture-", dir=options.folder) as name:
        folder = Path(name)
        about = [*machine.described(folder)[:2], _versions()]
        outcomes = [outcome for kind in options.only for outcome in _run(kind, folder, options)]
    about.append("command: `make torture" + (f' ARGS="{options.said}"`' if options.said else "`"))
    kept = _DOCS / "torture.md"
    text = page(kept.read_text(encoding="utf-8"), about, outcomes)
    print(text)
    if not options.dry_run:
        kept.write_text(text, encoding="utf-8")
    sys.exit(any(outcome.found for outcome in outcomes))


def _versions() -> str:
    """Entrepot and the SQLite that it brings, as its command says it."""
    argv = [sys.executable, "-m", "entrepot", "--version", "--verbose"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return ", ".join(said.split("\n")[:-1])


def _run(kind: str, folder: Path, options: argparse.Namespace) -> Iterator[Outcome]:
    match kind:
        case "cuts":
            if why := volume.usable():
                sys.exit(why)
            yield cuts.run(folder, kind="ext4", cuts=options.cuts, seed=options.seed)
        case "kills":
            yield from _kills(folder, options)
        case "properties":
            yield properties.run(seed=options.seed)
        case _:
            yield soak.run(folder, pushes=options.pushes, seed=options.seed)


def _kills(folder: Path, options: argparse.Namespace) -> Iterator[Outcome]:
    """Kills on four set-ups, the same number on each."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres(folder / "postgres"))
        objects = stack.enter_context(ceph(folder / "ceph"))
        for name, workers, settings in (
            ("files and SQLite", 1, {}),
            ("files and SQLite", 2, {}),
            ("files and PostgreSQL", 2, in_postgres(database)),
            ("S3 and PostgreSQL", 2, in_postgres(database) | in_s3(objects, "torture")),
        ):
            share = options.kills // 4
            yield kills.run(
                folder, name, workers=workers, settings=settings, kills=share, seed=options.seed
            )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_KINDS, default=list(_KINDS))
    parser.add_argument("--cuts", type=int, default=200, help="power cuts on ext4")
    parser.add_argument("--kills", type=int, default=500, help="kills over four set-ups")
    parser.add_argument("--pushes", type=int, default=200_000, help="pushes of the soak")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of all chance")
    parser.add_argument("--folder", type=Path, help="where the servers keep their data meanwhile")
    parser.add_argument("--dry-run", action="store_true", help="print the page, keep nothing")
    options = parser.parse_args()
    options.said = _said(sys.argv[1:])
    return options


def _said(words: list[str]) -> str:
    """The command's words, less the folder: a place on one machine."""
    if "--folder" in words:
        at = words.index("--folder")
        words = words[:at] + words[at + 2 :]
    return " ".join(words)


if __name__ == "__main__":
    main()
