"""What a run counted and found, kept in docs/torture.md."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final


@dataclass(slots=True)
class Outcome:
    """Counts of one kind of torture, and every fault with the round it came from."""

    name: str
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def count(self, **counts: int) -> None:
        self.counts.update(counts)

    def faults(self, where: str, faults: Sequence[str]) -> None:
        for fault in faults:
            self.found.append(f"{where}: {fault}")
            print(f"FAULT {self.name}, {where}: {fault}", flush=True)

    def log(self, line: str) -> None:
        """Print a line now, and keep it on the page."""
        self.lines.append(line)
        print(f"{self.name}: {line}", flush=True)

    def checked(self, where: str, images: int) -> None:
        """Log that all images were checked, and what was done until then."""
        counts = ", ".join(f"{number:,} {what}" for what, number in self.counts.items())
        self.log(f"{where}: {counts}; {images:,} images checked, {len(self.found)} faults")

    def section(self, about: Sequence[str]) -> str:
        """This outcome as a part of the page; *about* is what it was run on, a line each."""
        counts = ", ".join(f"{number:,} {what}" for what, number in self.counts.items())
        rows = [f"{self.name[:1].upper()}{self.name[1:]}", "", *(f"- {line}" for line in about), ""]
        rows += [f"Seed {self.seed}: {counts}.", ""]
        rows += [*(f"- {line}" for line in self.lines), ""] if self.lines else []
        rows += [f"Faults: {len(self.found) or 'none'}.", ""]
        return "\n".join(rows + [f"- {fault}" for fault in self.found[:100]]).rstrip() + "\n"


_HEAD: Final = """\
# Torture

Written by `make torture`, which cuts the power of a disk, kills processes and pushes for a long
time, and then checks every acknowledged push byte for byte. See [Power cuts and
kills](explanation/power-cuts.md) for what is done and what is checked. It also runs the tests that
draw their inputs with other inputs than `make test`. Each part is of its last run.
"""
_PART: Final = "\n## "


def page(before: str, about: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    """The page as Markdown, with the parts of the page *before* that were not run again."""
    new = {section.partition("\n")[0]: section for section in (o.section(about) for o in outcomes)}
    old = (part.rstrip() + "\n" for part in before.split(_PART)[1:])
    parts = {part.partition("\n")[0]: part for part in old} | new
    return _PART.join([_HEAD, *parts.values()])
