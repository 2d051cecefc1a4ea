"""/livez and /readyz: is the process there, and can it do its work."""

import json

from entrepot.errors import Unavailable
from entrepot.http.response import Response, document
from entrepot.http.services import Services
from entrepot.observe import logs


async def live(_: Services) -> Response:
    return document(200, b'{"status":"ok"}')


async def ready(services: Services) -> Response:
    """200 when the database and the blob store work; 503, with what does not, otherwise."""
    parts = {"metadata": services.stores.metadata.ping, "blobs": services.stores.blobs.ping}
    wrong: dict[str, str] = {}
    for part, ping in parts.items():
        try:
            await ping()
        except Unavailable as problem:
            services.noticed(problem)
            wrong[part] = type(problem).__name__
        except Exception as error:  # noqa: BLE001 - whatever it is, it makes us unready
            logs.get(__name__).warning("not ready", part=part, error=str(error))
            wrong[part] = type(error).__name__
    status = {"status": "not ready" if wrong else "ok", "failing": wrong}
    return document(503 if wrong else 200, json.dumps(status).encode())
