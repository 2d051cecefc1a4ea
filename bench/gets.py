"""Reads, by wrk: as many as the server answers on some connections for some seconds."""

import re
import subprocess
from dataclasses import dataclass
from typing import Final

from bench.contestants import Contestant

_UNITS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
_LATENCY: Final = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m)$", re.MULTILINE)
_RATE: Final = re.compile(r"^Requests/sec:\s+([\d.]+)$", re.MULTILINE)
_DONE: Final = re.compile(r"^\s+(\d+) requests in", re.MULTILINE)
_WRONG: Final = re.compile(r"^\s+(Non-2xx.*|Socket errors:.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one run showed: requests a second, seconds of latency, processor seconds a request."""

    rate: float
    p50: float
    p99: float
    processor: float


def read(
    server: Contestant, path: str, *, connections: int, seconds: int, accept: str = "*/*"
) -> Reading:
    """Ask for *path* over and over; RuntimeError when anything but a 2xx comes back."""
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "--timeout", "30"]
    headers = {"Accept": accept, **server.headers}
    argv += [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    argv.append(server.url + path)
    before = server.processor_seconds()
    printed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    used = server.processor_seconds() - before
    wrong = _WRONG.search(printed)
    if wrong:
        raise RuntimeError(f"{server.name} {path}: {wrong[1]}")
    latency = {name: float(n) * _UNITS[unit] for name, n, unit in _LATENCY.findall(printed)}
    return Reading(_number(_RATE, printed), latency["50"], latency["99"], used / _count(printed))


def _number(pattern: re.Pattern[str], printed: str) -> float:
    found = pattern.search(printed)
    if found is None:
        raise RuntimeError(f"wrk printed something else:\n{printed}")
    return float(found[1])


def _count(printed: str) -> float:
    return _number(_DONE, printed)
