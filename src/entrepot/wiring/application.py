"""All parts of a worker process, put together."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from entrepot import __version__, clock
from entrepot.accounts.mail import Smtp
from entrepot.accounts.passwords import Passwords
from entrepot.accounts.secrets import draw
from entrepot.auth.access import AccountAccess, OpenAccess
from entrepot.auth.authenticator import Authenticator
from entrepot.auth.bearer import Bearers
from entrepot.auth.passes import Passes
from entrepot.auth.recheck import Recheck
from entrepot.auth.sources.htpasswd import Htpasswd
from entrepot.auth.sources.issuers import Issuers
from entrepot.auth.sources.ldap import Directory
from entrepot.auth.sources.oidc import Provider
from entrepot.auth.sources.port import Source
from entrepot.blobs.port import BlobStore, Redirects
from entrepot.cache import MIB
from entrepot.config.auth import Mode
from entrepot.config.schema import Settings
from entrepot.http.api.application import api
from entrepot.http.api.application import open_to_all as api_open_to_all
from entrepot.http.api.bounded import Bounded
from entrepot.http.app import App
from entrepot.http.hub.login import LIFE
from entrepot.http.services import Services
from entrepot.http.web.application import open_to_all as pages_open_to_all
from entrepot.http.web.application import web
from entrepot.model.permission import Visibility
from entrepot.observe import logs
from entrepot.observe.metrics import Metrics
from entrepot.observe.outage import Outages
from entrepot.observe.requests import RequestLog
from entrepot.registry.layers.contents import Layers
from entrepot.registry.layers.indexing import Limits
from entrepot.registry.lookups import Lookups
from entrepot.registry.pull import Pull
from entrepot.registry.pulls import PullCounter
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads
from entrepot.webhooks.courier import Courier
from entrepot.webhooks.receivers import Receivers
from entrepot.wiring import storage

# Memory for pages of tags, repositories and referrers.
_LISTINGS: Final = 8 * MIB


def application(settings: Settings, run: Path, *, as_json: bool) -> App:
    """The application of one worker process; *run* is a folder that the workers share."""
    logs.configure(settings.logs.level, as_json=as_json)
    parts = services(settings, run, as_json=as_json)
    documents = Bounded(api(parts), api_open_to_all())
    return App(parts, documents, Bounded(web(parts), pages_open_to_all()))


def services(settings: Settings, run: Path, *, as_json: bool) -> Services:
    """All parts of one worker process."""
    outages = Outages()
    stores = storage.stores(settings, outages)
    worker = clock.new_token()
    passwords, bearers = Passwords(), _bearers(settings, stores)
    oidc, keyless = settings.auth.oidc, settings.auth.keyless
    with_accounts = settings.auth.mode is Mode.ACCOUNTS
    sources = _sources(settings)
    sign_on = Provider(oidc) if with_accounts and oidc.issuer else None
    return Services(
        settings=settings,
        stores=stores,
        pull=Pull(stores, cache=settings.registry.cache_bytes),
        listings=Lookups(stores.metadata, limit=_LISTINGS),
        pulls=PullCounter(stores),
        layers=Layers(stores, layer_limits(settings)),
        uploads=Uploads(stores),
        access=_access(settings, stores),
        authenticator=_authenticator(settings, stores, bearers, passwords, sources),
        recheck=_recheck(settings, stores, sources, sign_on),
        passes=Passes(stores.metadata),
        bearers=bearers,
        hub_bearers=_hub_bearers(settings, stores),
        passwords=passwords,
        issuers=Issuers(keyless) if with_accounts else None,
        sign_on=sign_on,
        post=Smtp(settings.mail),
        courier=Courier(stores.metadata, stores.clock, _receivers(settings)),
        draw=draw,
        metrics=Metrics(run, worker, __version__, outages),
        requests=RequestLog(as_json=as_json) if settings.logs.requests else None,
        request_ids=_numbered(worker),
        redirects=_redirects(settings, stores.blobs),
        run=run,
        errands=set(),
        outages=outages,
    )


def layer_limits(settings: Settings) -> Limits:
    """Which layers are not opened."""
    layers = settings.layers
    return Limits(entries=layers.entries, size=layers.bytes, seconds=layers.seconds)


def _receivers(settings: Settings) -> Receivers:
    return Receivers(settings.webhooks.networks, settings.webhooks.ca)


def _access(settings: Settings, stores: Stores) -> AccountAccess | OpenAccess:
    if settings.auth.mode is Mode.OPEN:
        return OpenAccess(stores.metadata)
    return AccountAccess(stores.metadata, stores.clock, anonymous_pull=settings.auth.anonymous_pull)


def _bearers(settings: Settings, stores: Stores) -> Bearers:
    return Bearers(
        stores.metadata,
        stores.clock,
        clock.new_uuid,
        service=settings.service,
        seconds=settings.auth.token_seconds,
        key_life=timedelta(days=settings.auth.key_days),
    )


def _hub_bearers(settings: Settings, stores: Stores) -> Bearers:
    """Signs for Docker Hub's addresses alone, with the same keys: neither takes the other's."""
    return Bearers(
        stores.metadata,
        stores.clock,
        clock.new_uuid,
        service=f"{settings.service}/hub",
        seconds=int(LIFE.total_seconds()),
        key_life=timedelta(days=settings.auth.key_days),
    )


def _sources(settings: Settings) -> list[Source]:
    sources: list[Source] = []
    if settings.auth.mode is Mode.OPEN:
        return sources
    if settings.auth.htpasswd.file is not None:
        sources.append(Htpasswd(settings.auth.htpasswd.file))
    if settings.auth.ldap.url is not None:
        sources.append(Directory(settings.auth.ldap))
    return sources


def _recheck(
    settings: Settings, stores: Stores, sources: list[Source], sign_on: Provider | None
) -> Recheck | None:
    if not sources and sign_on is None:
        return None
    days = settings.auth.oidc.sign_on_days
    return Recheck(
        stores.metadata,
        stores.clock,
        sources,
        provider=sign_on.name if sign_on else None,
        sign_on_every=timedelta(days=days) if days is not None else None,
    )


def _authenticator(
    settings: Settings,
    stores: Stores,
    bearers: Bearers,
    passwords: Passwords,
    sources: list[Source],
) -> Authenticator | None:
    if settings.auth.mode is Mode.OPEN:
        return None
    return Authenticator(
        stores.metadata,
        stores.clock,
        bearers,
        passwords,
        sources=sources,
        visibility=Visibility(settings.auth.default_visibility.value),
        naming=settings.auth.account_names,
    )


def _numbered(worker: str) -> Callable[[], str]:
    """Request ids: the worker's token and a running number, unique without randomness each time."""
    numbers = itertools.count(1)
    return lambda: f"{worker}-{next(numbers):x}"


def _redirects(settings: Settings, blobs: BlobStore) -> Redirects | None:
    return blobs if settings.blobs.s3.redirect and isinstance(blobs, Redirects) else None
