"""The server's limits, from the settings."""

from entrepot.config.schema import Settings
from entrepot.server.descriptors import raise_limit
from entrepot.server.limits import Limits
from entrepot.wire.bodies import kind


def limits(settings: Settings) -> Limits:
    """Return the limits of each worker, within the file descriptors that it may have."""
    server = settings.server
    wanted = Limits(
        connections=server.connections,
        connections_per_address=server.connections_per_address,
        proxies=tuple(server.proxies),
        keep_alive_seconds=server.keep_alive_seconds,
        minimum_rate=server.minimum_rate,
        shutdown_seconds=server.shutdown_seconds,
        bodies=kind,
    )
    return wanted.within(raise_limit())
