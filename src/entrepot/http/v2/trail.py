"""What the audit log keeps of pushes, deletes and, if wanted, pulls."""

from collections.abc import Callable

from entrepot.http import gate
from entrepot.http.request import Request
from entrepot.http.services import Services
from entrepot.metadata import best_effort
from entrepot.metadata.port import Transaction
from entrepot.observe import logs
from entrepot.oci.digest import Digest


def pushed(services: Services, request: Request) -> Callable[[Transaction, Digest], None] | None:
    """Records a push in the transaction that shows it; None where nobody has an account."""
    if services.authenticator is None:
        return None
    cause, now = gate.cause(services, request), services.stores.clock()

    def note(t: Transaction, digest: Digest) -> None:
        t.audit.add(cause, "push", _target(request), at=now, detail=digest.text)

    return note


def deleted(services: Services, request: Request) -> Callable[[Transaction], None] | None:
    """Records a delete in its transaction; None where nobody has an account."""
    if services.authenticator is None:
        return None
    cause, now = gate.cause(services, request), services.stores.clock()
    return lambda t: t.audit.add(cause, "delete", _target(request), at=now)


async def pulled(services: Services, request: Request) -> None:
    """Records a pull, before it is answered; in the log where the audit log takes no entry."""
    cause, now = gate.cause(services, request), services.stores.clock()
    try:
        await services.stores.metadata.write(
            lambda t: t.audit.add(cause, "pull", _target(request), at=now), durable=False
        )
    except best_effort.NOT_WRITABLE as problem:
        logs.get(__name__).warning(
            "pull not in the audit log",
            actor=cause.actor,
            address=cause.address,
            target=_target(request),
            error=str(problem),
        )


def _target(request: Request) -> str:
    mark = "@" if ":" in request.last else ":"
    return f"{request.repository}{mark}{request.last}"
