"""How much namespaces hold, and may hold."""

from typing import Annotated, Final

from pydantic import BaseModel, Field

from entrepot.accounts import organizations
from entrepot.auth.policy import Action
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import Document, Done, Size
from entrepot.metadata.port import Transaction
from entrepot.model.quota import Holder, Quota

routes = Routes("quotas")

_QUOTA = "/namespaces/{namespace}/quota"
# Room enough for anybody, and within what every database keeps as a whole number.
MOST: Final = 2**62


class LimitsDocument(BaseModel):
    """What a namespace may hold at most; null where there is no limit."""

    bytes: int | None
    repositories: int | None


class QuotaDocument(BaseModel):
    """What a namespace holds, and what it may hold."""

    namespace: str
    bytes: int = Field(description="Of its images, each content once.")
    repositories: int
    pending: int = Field(
        0, description="Bytes of unfinished uploads, and of blobs that no manifest uses yet."
    )
    uploads: int = Field(0, description="Unfinished uploads.")
    limits: LimitsDocument
    own: bool = Field(description="Whether an administrator set the limits for it alone.")


Limit = Annotated[int, Field(ge=0, le=MOST, strict=True)]


class NewLimits(Document):
    """What a namespace may hold; what is null or left out has no limit."""

    bytes: Limit | None = None
    repositories: Limit | None = None


def shown(holder: Holder, default: Quota) -> QuotaDocument:
    """How a namespace's quota is shown, where *default* is what the settings say."""
    limits = default if holder.own is None else holder.own
    return QuotaDocument(
        namespace=holder.namespace,
        bytes=holder.held.bytes,
        repositories=holder.held.repositories,
        pending=holder.pending.bytes,
        uploads=holder.pending.uploads,
        limits=LimitsDocument(bytes=limits.bytes, repositories=limits.repositories),
        own=holder.own is not None,
    )


def _holder(t: Transaction, namespace: str) -> Holder:
    held, own = t.quotas.held(namespace), t.quotas.own(namespace)
    return Holder(namespace, held, own, t.quotas.pending(namespace))


@routes.add("GET", _QUOTA, Action.SEE_NAMESPACE)
async def get(caller: Known, namespace: str) -> QuotaDocument:
    """What a namespace holds, and may hold."""
    holder = await caller.read(
        lambda t: _holder(organizations.of_known(t, namespace), namespace),
    )
    return shown(holder, caller.services.stores.quota)


@routes.add("PUT", _QUOTA, Action.ADMINISTER)
async def change(caller: Known, namespace: str, new: NewLimits) -> QuotaDocument:
    """Give a namespace limits of its own; what is null or left out has no limit."""
    now = caller.services.stores.clock()

    def work(t: Transaction) -> Holder:
        organizations.found(t, namespace)
        t.quotas.set(namespace, Quota(new.bytes, new.repositories))
        t.audit.add(caller.cause, "quota.set", namespace, at=now, detail=_detail(new))
        return _holder(t, namespace)

    return shown(await caller.write(work), caller.services.stores.quota)


def _detail(new: NewLimits) -> str:
    limits = {"bytes": new.bytes, "repositories": new.repositories}
    return " ".join(f"{name}={'any' if most is None else most}" for name, most in limits.items())


@routes.add("DELETE", _QUOTA, Action.ADMINISTER)
async def remove(caller: Known, namespace: str) -> Done:
    """Have the settings' limits hold for a namespace again."""
    now = caller.services.stores.clock()

    def work(t: Transaction) -> None:
        organizations.found(t, namespace)
        if t.quotas.own(namespace) is not None:
            t.quotas.set(namespace, None)
            t.audit.add(caller.cause, "quota.remove", namespace, at=now)

    await caller.write(work)
    return Done()


@routes.add("GET", "/quotas", Action.ADMINISTER)
async def largest(caller: Known, size: Size = 50) -> list[QuotaDocument]:
    """The namespaces that hold anything, those with the most bytes first."""
    found = await caller.read(lambda t: t.quotas.largest(size))
    return [shown(holder, caller.services.stores.quota) for holder in found]
