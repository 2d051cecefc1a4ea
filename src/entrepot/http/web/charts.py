"""Pictures of numbers, as places and sizes for SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from entrepot.model.build import Build
from entrepot.model.repository import PullDay

DAYS: Final = 90
# Of the chart's own units: a bar a day, with a gap.
STEP: Final = 8
_BAR: Final = 6
HEIGHT: Final = 120
# So many builds beside each other.
BUILDS: Final = 20
_WIDE: Final = 20
_LOW: Final = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """One day, and where its bar stands."""

    day: date
    pulls: int
    x: int
    y: float
    height: float
    width: int = _BAR


@dataclass(frozen=True, slots=True)
class BuildBar:
    """One build, and where its bar stands."""

    build: Build
    x: int
    y: float
    height: float
    width: int = _WIDE - 4


@dataclass(frozen=True, slots=True)
class BuildsChart:
    """How long builds took, side by side."""

    bars: tuple[BuildBar, ...]
    width: int = BUILDS * _WIDE
    height: int = _LOW


@dataclass(frozen=True, slots=True)
class Chart:
    """Pulls day by day: `most` in one day, `total` in all of them."""

    bars: tuple[Bar, ...]
    most: int
    total: int
    width: int = DAYS * STEP
    height: int = HEIGHT

    @property
    def busy(self) -> list[Bar]:
        """The days with pulls, the newest first."""
        return [bar for bar in reversed(self.bars) if bar.pulls]


def first_day(today: date) -> date:
    """The first day of a chart that ends today."""
    return today - timedelta(days=DAYS - 1)


def pulls_chart(days: Sequence[PullDay], today: date) -> Chart:
    """A bar for each of the last days, also for those without pulls."""
    known: Mapping[date, int] = {each.day: each.pulls for each in days}
    counts = [(day, known.get(day, 0)) for day in _days(today)]
    most = max(pulls for _, pulls in counts)
    bars = tuple(_bar(place, day, pulls, most) for place, (day, pulls) in enumerate(counts))
    return Chart(bars, most, sum(pulls for _, pulls in counts))


def _days(today: date) -> list[date]:
    return [first_day(today) + timedelta(days=number) for number in range(DAYS)]


def _bar(place: int, day: date, pulls: int, most: int) -> Bar:
    height = _height(pulls, most) if pulls else 0.0
    return Bar(day, pulls, place * STEP + 1, round(HEIGHT - height, 1), height)


def _height(number: float, most: float, height: int = HEIGHT) -> float:
    # What is there is seen, however little it is beside the most.
    return round(max(1.5, number / most * height), 1)


def builds_chart(builds: Sequence[Build]) -> BuildsChart:
    """A bar for each of the builds that ended, the oldest first."""
    ended = [(build, build.length.total_seconds()) for build in reversed(builds) if build.length]
    most = max((seconds for _, seconds in ended), default=0.0)
    bars = tuple(
        _build_bar(place, build, seconds, most) for place, (build, seconds) in enumerate(ended)
    )
    return BuildsChart(bars)


def _build_bar(place: int, build: Build, seconds: float, most: float) -> BuildBar:
    height = _height(seconds, most, _LOW)
    return BuildBar(build, place * _WIDE + 2, round(_LOW - height, 1), height)


def shares(sizes: Sequence[int]) -> list[float]:
    """Each size in percent of the largest, for bars beside each other."""
    most = max(sizes, default=0)
    return [round(size / most * 100, 1) if most else 0.0 for size in sizes]


def part(held: int, most: int) -> float:
    """How much of *most* is held, in percent, for a bar that shows whatever is there."""
    if held >= most:
        return 100.0
    return round(max(1.0, held / most * 100), 1) if held else 0.0
