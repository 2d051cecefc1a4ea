"""What `entrepot serve` says when it starts."""

import os
import sys

from entrepot import __version__
from entrepot.config.auth import Mode
from entrepot.config.schema import Settings
from entrepot.observe import logs
from entrepot.wiring import storage


def administrator(name: str, password: str) -> None:
    """Show the administrator that was just created."""
    if not sys.stdout.isatty():
        log = logs.get(__name__)
        log.info("the first administrator was made", name=name, one_time_password=password)
        return
    print(
        "The first administrator was made. The password is shown this once:\n"
        f"  name      {name}\n"
        f"  password  {password}\n",
        flush=True,
    )


def serving(settings: Settings, ip: str) -> None:
    """Say where the server listens and, on a terminal, what to do next."""
    scheme = "https" if settings.server.tls.certificate else "http"
    if not sys.stdout.isatty():
        host = f"[{ip}]" if ":" in ip else ip
        url = f"{scheme}://{host}:{settings.server.port}"
        sqlite = {} if settings.database.url else {"sqlite": storage.SQLITE}
        logs.get(__name__).info("serving", url=url, version=__version__, **sqlite, pid=os.getpid())
        return
    host = "localhost" if settings.server.host in {"127.0.0.1", "0.0.0.0"} else settings.server.host  # noqa: S104 - compared, not bound
    address = f"{host}:{settings.server.port}"
    log_in = settings.auth.mode is Mode.ACCOUNTS
    print(
        f"Entrepot serves {scheme}://{address} with its data in {settings.data.resolve()}\n\n"
        "Next, in another shell:\n"
        + (f"  docker login {address}\n" if log_in else "")
        + f"  docker tag IMAGE {address}/NAME/app:1.0\n"
        f"  docker push {address}/NAME/app:1.0\n"
        f"  docker pull {address}/NAME/app:1.0\n\n"
        "Ctrl-C stops it.\n",
        flush=True,
    )
