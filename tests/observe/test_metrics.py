"""Metrics of all workers of a server together, in Prometheus' text format."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import isclose
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from entrepot.observe.metrics import BOUNDS, CONTENT_TYPE, Metrics

Labels = tuple[str, str, str]


@dataclass(frozen=True)
class Seen:
    """A request, and the worker that answered it."""

    worker: str
    route: str
    method: str
    status: int
    seconds: float
    received: int
    sent: int

    @property
    def labels(self) -> Labels:
        return (self.route, self.method, str(self.status))


SEEN = st.builds(
    Seen,
    worker=st.sampled_from(["one", "two", "three"]),
    route=st.sampled_from(["/v2/", "/v2/{name}/blobs/{digest}", 'odd "route"\\']),
    method=st.sampled_from(["GET", "PUT"]),
    status=st.sampled_from([200, 404]),
    seconds=st.sampled_from(BOUNDS) | st.floats(0, 1000),
    received=st.integers(0, 2**32),
    sent=st.integers(0, 2**32),
)


def worker(folder: Path, name: str, *requests: Seen) -> Metrics:
    """The metrics of one worker that has answered *requests*, for all to see."""
    metrics = Metrics(folder, name, "1.2.3")
    for seen in requests:
        counts = metrics.counts
        counts.add(seen.route, seen.method, seen.status, seen.seconds, seen.received, seen.sent)
    metrics.save()
    return metrics


def samples(metrics: Metrics) -> list[Sample]:
    """Everything that a scrape of *metrics* yields."""
    families = text_string_to_metric_families(metrics.render().decode())
    return [sample for family in families for sample in family.samples]


def values(found: list[Sample], name: str) -> dict[Labels, float]:
    """The values of one metric by its labels."""
    return {_labels(sample): sample.value for sample in found if sample.name == name}


def buckets(found: list[Sample]) -> dict[Labels, list[tuple[float, float]]]:
    """The buckets of each histogram: its bound and its count, by bound."""
    listed: dict[Labels, list[tuple[float, float]]] = {}
    for sample in found:
        if sample.name == "entrepot_request_seconds_bucket":
            bound = float(sample.labels["le"])
            listed.setdefault(_labels(sample), []).append((bound, sample.value))
    return {labels: sorted(pairs) for labels, pairs in listed.items()}


def _labels(sample: Sample) -> Labels:
    return (sample.labels["route"], sample.labels["method"], sample.labels["status"])


def served(requests: list[Seen]) -> list[Sample]:
    """What a server whose workers have answered *requests* tells, asked at its last worker."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = worker(folder, "asked")
        for each in {seen.worker for seen in requests}:
            worker(folder, each, *[seen for seen in requests if seen.worker == each])
        return samples(asked)


@given(st.lists(SEEN))
def test_the_workers_of_a_server_add_up(requests: list[Seen]) -> None:
    found = served(requests)
    received: Counter[Labels] = Counter()
    sent: Counter[Labels] = Counter()
    for seen in requests:
        received[seen.labels] += seen.received
        sent[seen.labels] += seen.sent
    assert values(found, "entrepot_received_bytes_total") == received
    assert values(found, "entrepot_sent_bytes_total") == sent
    counts = values(found, "entrepot_request_seconds_count")
    assert counts == Counter(seen.labels for seen in requests)


@given(st.lists(SEEN))
def test_seconds_add_up(requests: list[Seen]) -> None:
    sums = values(served(requests), "entrepot_request_seconds_sum")
    for labels, total in sums.items():
        expected = sum(seen.seconds for seen in requests if seen.labels == labels)
        assert isclose(total, expected, rel_tol=1e-9, abs_tol=1e-9)


@given(st.lists(SEEN, min_size=1))
def test_buckets_count_what_took_at_most_their_bound(requests: list[Seen]) -> None:
    for labels, pairs in buckets(served(requests)).items():
        assert [bound for bound, _ in pairs] == [*BOUNDS, float("inf")]
        assert all(lower[1] <= upper[1] for lower, upper in pairwise(pairs))
        mine = [seen.seconds for seen in requests if seen.labels == labels]
        for bound, count in pairs:
            assert count == sum(seconds <= bound for seconds in mine)


def test_a_server_tells_its_version(tmp_path: Path) -> None:
    found = samples(worker(tmp_path, "one"))
    (info,) = [sample for sample in found if sample.name == "entrepot_info"]
    assert (info.labels, info.value) == ({"version": "1.2.3"}, 1)


def running(metrics: Metrics) -> float:
    """How many requests are being answered."""
    (found,) = [s.value for s in samples(metrics) if s.name == "entrepot_requests_running"]
    return found


def test_running_requests_add_up(tmp_path: Path) -> None:
    one, two = worker(tmp_path, "one"), worker(tmp_path, "two")
    one.counts.running = 2
    two.counts.running = 3
    two.save()
    assert running(one) == 5


def test_a_worker_that_ends_leaves_its_counts(tmp_path: Path) -> None:
    seen = Seen("two", "/v2/", "GET", 200, 0.1, 0, 2)
    one, two = worker(tmp_path, "one"), worker(tmp_path, "two", seen)
    two.counts.running = 1
    two.save()
    two.leave()
    assert running(one) == 0
    assert values(samples(one), "entrepot_sent_bytes_total") == {seen.labels: 2}


def test_asking_shows_the_latest_of_the_asked_worker(tmp_path: Path) -> None:
    one = worker(tmp_path, "one")
    one.counts.add("/v2/", "GET", 200, 0.1, 0, 2)
    assert values(samples(one), "entrepot_sent_bytes_total") == {("/v2/", "GET", "200"): 2}


def test_what_is_being_written_is_not_read(tmp_path: Path) -> None:
    one = worker(tmp_path, "one")
    (tmp_path / "two.new").write_text('{"running": ')
    assert running(one) == 0


def test_the_content_type_is_the_text_formats() -> None:
    assert CONTENT_TYPE.startswith(b"text/plain; version=0.0.4")
