"""What `entrepot serve` says when it starts."""

import os
import sys

from entrepot import __version__
from entrepot.config.auth import Mode
from entrepot.config.schema import Settings
from entrepot.observe import logs
from entrepot.wiring import storage


def tell(settings: Settings, ip: str, first: tuple[str, str] | None) -> None:
    """Where it serves, the administrator who was just made and, on a terminal, what to do next."""
    scheme = "https" if settings.server.tls.certificate else "http"
    if not sys.stdout.isatty():
        _log(settings, ip, scheme, first)
        return
    host = "localhost" if settings.server.host in {"127.0.0.1", "0.0.0.0"} else settings.server.host  # noqa: S104 - compared, not bound
    address = f"{host}:{settings.server.port}"
    print(f"Entrepot serves {scheme}://{address} with its data in {settings.data.resolve()}\n")
    if first is not None:
        name, password = first
        print(
            "The first administrator was made. The password is shown this once:\n"
            f"  name      {name}\n"
            f"  password  {password}\n"
        )
    owner = first[0] if first else "you"
    log_in = settings.auth.mode is Mode.ACCOUNTS
    print(
        "Next, in another shell:\n"
        + (f"  docker login {address}\n" if log_in else "")
        + f"  docker tag IMAGE {address}/{owner}/app:1.0\n"
        f"  docker push {address}/{owner}/app:1.0\n"
        f"  docker pull {address}/{owner}/app:1.0\n\n"
        "Ctrl-C stops it.\n",
        flush=True,
    )


def _log(settings: Settings, ip: str, scheme: str, first: tuple[str, str] | None) -> None:
    log = logs.get(__name__)
    if first is not None:
        name, password = first
        log.info("the first administrator was made", name=name, one_time_password=password)
    place = f"[{ip}]" if ":" in ip else ip
    url = f"{scheme}://{place}:{settings.server.port}"
    sqlite = {} if settings.database.url else {"sqlite": storage.SQLITE}
    log.info("serving", url=url, version=__version__, **sqlite, pid=os.getpid())
