"""Numbers for Prometheus, of all worker processes of a server together.

Each worker counts in plain lists, and every second puts a snapshot into a folder that the workers
share; whichever worker is asked adds the snapshots up.
"""

import json
import os
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from entrepot.observe import logs
from entrepot.observe.outage import Outages

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_STORAGE_FULL: Final = "507"
BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
_STALE_SECONDS: Final = 30


class Gauge(NamedTuple):
    """One number of now."""

    name: str
    what: str
    value: float


class Counts:
    """What one worker has seen."""

    def __init__(self, outages: Outages | None = None) -> None:
        self._outages = outages.each() if outages else ()
        # (route, method, status) -> bytes in, bytes out, seconds, then a count for each bucket.
        self.requests: dict[tuple[str, str, int], list[float]] = {}
        self.running = 0

    def add(  # noqa: PLR0917 - called on every request; keywords cost
        self, route: str, method: str, status: int, seconds: float, received: int, sent: int
    ) -> None:
        key = (route, method, status)
        row = self.requests.get(key)
        if row is None:
            row = self.requests[key] = [0.0] * (4 + len(BOUNDS))
        row[0] += received
        row[1] += sent
        row[2] += seconds
        row[3 + bisect_left(BOUNDS, seconds)] += 1

    def snapshot(self) -> str:
        rows = [[*key, row] for key, row in self.requests.items()]
        parts = {each.part: [int(not each.is_on), each.refused] for each in self._outages}
        return json.dumps({"running": self.running, "requests": rows, "parts": parts})

    def leave(self) -> None:
        """Forget what is so at this moment, and keep what was counted."""
        self.running = 0
        for each in self._outages:
            each.close()


class Metrics:
    """One worker's counts, and the folder where all workers' snapshots are."""

    def __init__(
        self, folder: Path, worker: str, version: str, outages: Outages | None = None
    ) -> None:
        self.counts = Counts(outages)
        self._version = version
        self._folder = folder
        self._file = folder / f"{worker}.json"
        self._saved = True

    def save(self) -> None:
        """Put this worker's snapshot where the others see it; the last one stays on a full disk."""
        incoming = self._file.with_suffix(".new")
        try:
            incoming.write_text(self.counts.snapshot(), encoding="ascii")
            os.replace(incoming, self._file)
        except OSError as error:
            if self._saved:
                logs.get(__name__).warning("saving metrics failed", error=str(error))
            self._saved = False
        else:
            self._saved = True

    def leave(self) -> None:
        """Keep the counts of a worker that ends, but nothing is running there any more."""
        self.counts.leave()
        self.save()

    def render(self, gauges: Sequence[Gauge] = ()) -> bytes:
        """Everything, and *gauges*, in Prometheus' text format."""
        self.save()
        registry = CollectorRegistry()
        registry.register(_Sum(self._snapshots(), self._version, gauges))
        return generate_latest(registry)

    def _snapshots(self) -> Iterator[dict[str, object]]:
        yield json.loads(self.counts.snapshot())
        for file in self._folder.glob("*.json"):
            if file == self._file:
                continue
            snapshot = json.loads(file.read_text(encoding="ascii"))
            if time.time() - file.stat().st_mtime > _STALE_SECONDS:
                # A worker that was killed reaches all that it will.
                snapshot["parts"] = {
                    part: [1, refused] for part, (_, refused) in snapshot["parts"].items()
                }
            yield snapshot


class _Sum(Collector):
    def __init__(
        self, snapshots: Iterator[dict[str, object]], version: str, gauges: Sequence[Gauge]
    ) -> None:
        self._version = version
        self._gauges = gauges
        self._running = 0
        self._rows: dict[tuple[str, str, str], list[float]] = {}
        self._up: dict[str, int] = {}
        self._refused: dict[str, int] = {}
        for snapshot in snapshots:
            self._add(snapshot)

    def _add(self, snapshot: dict[str, object]) -> None:
        running, requests, parts = (snapshot.get(key) for key in ("running", "requests", "parts"))
        if isinstance(running, int):
            self._running += running
        if isinstance(requests, list):
            for route, method, status, row in requests:
                key = (route, method, str(status))
                known = self._rows.get(key)
                self._rows[key] = [a + b for a, b in zip(known, row, strict=True)] if known else row
        if isinstance(parts, dict):
            for part, (up, refused) in parts.items():
                self._up[part] = min(up, self._up.get(part, 1))
                self._refused[part] = refused + self._refused.get(part, 0)

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]:
        labels = ["route", "method", "status"]
        yield GaugeMetricFamily(
            "entrepot_requests_running", "Requests being answered", self._running
        )
        up = GaugeMetricFamily(
            "entrepot_up",
            "Whether all workers reach that part",
            labels=["part"],
        )
        refused = CounterMetricFamily(
            "entrepot_refused_requests",
            "Requests refused as that part was unavailable",
            labels=["part"],
        )
        for part, count in self._refused.items():
            up.add_metric([part], self._up[part])
            refused.add_metric([part], count)
        yield up
        yield refused
        info = GaugeMetricFamily("entrepot_info", "The version that serves", labels=["version"])
        info.add_metric([self._version], 1)
        yield info
        for gauge in self._gauges:
            yield GaugeMetricFamily(gauge.name, gauge.what, gauge.value)
        yield CounterMetricFamily(
            "entrepot_storage_refused",
            "Requests refused because the storage was full",
            sum(sum(row[3:]) for key, row in self._rows.items() if key[2] == _STORAGE_FULL),
        )
        taken = HistogramMetricFamily(
            "entrepot_request_seconds", "From the first byte in to the last byte out", labels=labels
        )
        received = CounterMetricFamily("entrepot_received_bytes", "Bodies received", labels=labels)
        sent = CounterMetricFamily("entrepot_sent_bytes", "Bodies sent", labels=labels)
        for key, row in self._rows.items():
            taken.add_metric(key, _buckets(row[3:]), row[2])
            received.add_metric(key, row[0])
            sent.add_metric(key, row[1])
        yield taken
        yield received
        yield sent


def _buckets(counts: list[float]) -> list[tuple[str, float]]:
    total = 0.0
    buckets = []
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, total))
    return buckets
