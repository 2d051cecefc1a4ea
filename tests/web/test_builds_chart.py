"""The picture of how long builds took, and the lengths of time beside it."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from entrepot.http.web import charts
from entrepot.http.web.spans import brief
from entrepot.model.build import Build
from tests.metadata.samples import build, moment


def took(seconds: float) -> Build:
    """A build that was over after so long."""
    return build(str(seconds), started_at=moment(), ended_at=moment() + timedelta(seconds=seconds))


def test_a_bar_is_as_high_as_the_build_took_long() -> None:
    newest_first = [took(30), took(120), took(60)]
    chart = charts.builds_chart(newest_first)
    assert [bar.build for bar in chart.bars] == newest_first[::-1]
    assert [bar.height for bar in chart.bars] == [30.0, 60.0, 15.0]
    assert [bar.y for bar in chart.bars] == [30.0, 0.0, 45.0]
    assert chart.height == 60


def test_as_many_bars_as_builds_of_a_page_stand_beside_each_other() -> None:
    bars = charts.builds_chart([took(60)] * charts.BUILDS).bars
    assert all(left.x + left.width < right.x for left, right in pairwise(bars))
    assert bars[0].x >= 0
    assert bars[-1].x + bars[-1].width <= charts.BuildsChart(bars).width


def test_the_shortest_build_is_seen_beside_the_longest() -> None:
    short, long = charts.builds_chart([took(86_400), took(0.001)]).bars
    assert (short.height, short.y) == (1.5, 58.5)
    assert (long.height, long.y) == (60.0, 0.0)


def test_what_has_no_length_has_no_bar() -> None:
    never_started = replace(took(60), started_at=None)
    going_on = replace(took(60), ended_at=None)
    for builds in ([], [going_on], [never_started], [took(0)]):
        assert charts.builds_chart(builds).bars == ()
    (bar,) = charts.builds_chart([going_on, never_started, took(0), took(5)]).bars
    assert (bar.build.name, bar.x) == ("5", 2)


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (-5, "0 s", "0 秒"),
        (0.4, "0 s", "0 秒"),
        (0.6, "1 s", "1 秒"),
        (59.4, "59 s", "59 秒"),
        (59.6, "1 min 0 s", "1 分 0 秒"),
        (90, "1 min 30 s", "1 分 30 秒"),
        (3599.4, "59 min 59 s", "59 分 59 秒"),
        (3599.6, "1 h 0 min", "1 小时 0 分"),
        (3723, "1 h 2 min", "1 小时 2 分"),
        (100 * 3600 + 59, "100 h 0 min", "100 小时 0 分"),
    ],
)
def test_lengths_are_written_in_brief(seconds: float, english: str, chinese: str) -> None:
    length = timedelta(seconds=seconds)
    assert (brief("en", length), brief("zh_CN", length)) == (english, chinese)
