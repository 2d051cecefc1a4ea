"""/livez and /readyz: is the process there, and can it do its work."""

import json
from typing import Final

from entrepot.disk.room import State
from entrepot.errors import StorageFull, StorageReadOnly, Unavailable
from entrepot.http.response import Response, document
from entrepot.http.services import Services
from entrepot.observe import logs
from entrepot.observe.metrics import Gauge
from entrepot.wire.problems import row

# Of /readyz: pushes are refused, and pulls are answered.
FULL: Final = "storage full"
READ_ONLY: Final = "storage read-only"


async def live(_: Services) -> Response:
    return document(200, b'{"status":"ok"}')


async def ready(services: Services) -> Response:
    """200 while pulls can be answered, with what else is wrong; 503, with what fails, otherwise.

    On a full or read-only disk the status says so, and pulls go on.
    """
    state = services.stores.room.state()
    status = _condition(state)
    parts = {"metadata": services.stores.metadata.ping, "blobs": services.stores.blobs.ping}
    wrong: dict[str, str] = {}
    for part, ping in parts.items():
        try:
            await ping()
        except StorageFull:
            status = status or FULL
        except StorageReadOnly:
            status = READ_ONLY
        except Unavailable as problem:
            services.noticed(problem)
            wrong[part] = row(problem).code
        except Exception as error:  # noqa: BLE001 - whatever it is, it makes us unready
            logs.get(__name__).warning("not ready", part=part, error=str(error))
            wrong[part] = type(error).__name__
    answer: dict[str, object] = {"status": "not ready" if wrong else status or "ok"}
    answer["failing"] = wrong
    if state is not None:
        answer["storage"] = _storage(state)
    return document(503 if wrong else 200, json.dumps(answer).encode())


def _condition(state: State | None) -> str:
    if state is None:
        return ""
    return READ_ONLY if state.read_only else FULL if state.full else ""


def _storage(state: State) -> dict[str, object]:
    return {
        "free": state.free,
        "keep_free": state.keep_free,
        "reserve": state.reserve_held,
    }


def gauges(state: State | None) -> list[Gauge]:
    """What metrics tell of the disk; nothing where it is not known."""
    if state is None:
        return []
    rows = [
        ("total_bytes", "Size of the data folder's disk", state.total),
        ("free_bytes", "Free bytes on the data folder's disk", state.free),
        ("keep_free_bytes", "Bytes that pushes leave free", state.keep_free),
        ("reserve_bytes", "Bytes held for deletes on a full disk; 0: released", state.reserve_held),
        ("full", "1 while pushes are refused because the disk is full", state.full),
        ("read_only", "1 while the disk is read-only", state.read_only),
    ]
    return [Gauge(f"entrepot_storage_{name}", what, float(value)) for name, what, value in rows]
