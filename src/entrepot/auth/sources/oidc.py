"""Single sign-on by OpenID Connect: the authorization code flow with PKCE."""

import base64
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from entrepot.accounts.sources import Vouched
from entrepot.auth.sources.keys import KeySet, verified
from entrepot.auth.sources.web import Web
from entrepot.config.identity import Oidc
from entrepot.errors import SourceRefused, SourceUnavailable

_DISCOVERY: Final = "/.well-known/openid-configuration"
_ADDRESSES: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_FRESH_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-on under way: where the browser goes, and what proves that it was begun here."""

    url: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """The one provider that is set up; what it publishes is fetched when needed."""

    def __init__(self, settings: Oidc, ticks: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._issuer = settings.issuer or ""
        self._ticks = ticks
        self._web: Web | None = None
        self._found: Mapping[str, Any] | None = None
        self._found_at = 0.0
        self._keys = KeySet(self._jwks, ticks)

    @property
    def name(self) -> str:
        """What accounts of it have as their source."""
        return f"oidc:{self._issuer}"

    async def begin(self, callback: str) -> Begun:
        """Where to send the browser, so that it comes back to *callback*."""
        found = await self._discover()
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        async with self._client(callback) as client:
            url, state = client.create_authorization_url(
                found["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        return Begun(url, state, nonce, verifier)

    async def finish(self, callback: str, code: str, begun: Begun) -> Vouched:
        """Who signed on, by the code that the browser brought; SourceRefused."""
        found = await self._discover()
        try:
            async with self._client(callback) as client:
                token = await client.fetch_token(
                    found["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.verifier,
                )
                claims = await self._claims(token, begun.nonce)
                return self._person(await self._more(client, found, claims))
        except AuthlibBaseError as error:
            raise SourceRefused(f"the provider refuses the sign-on: {error.error}") from None
        except (httpx2.HTTPError, KeyError, ValueError) as error:
            raise SourceUnavailable(f"the provider fails: {type(error).__name__}") from None

    def _client(self, callback: str) -> Any:  # noqa: ANN401 - Authlib has no types
        settings = self._settings
        secret = settings.client_secret.get_secret_value() if settings.client_secret else None
        context = ssl.create_default_context()
        if settings.ca is not None:
            context.load_verify_locations(settings.ca)
        return AsyncOAuth2Client(
            settings.client_id,
            secret,
            scope=settings.scopes,
            redirect_uri=callback,
            token_endpoint_auth_method=_basic if secret else "none",
            code_challenge_method="S256",
            verify=context,
            timeout=10,
            trust_env=False,
        )

    async def _discover(self) -> Mapping[str, Any]:
        if self._found is None or self._ticks() - self._found_at > _FRESH_SECONDS:
            found = await self._fetch(self._issuer.rstrip("/") + _DISCOVERY)
            if found.get("issuer") != self._issuer:
                raise SourceUnavailable("the provider calls itself by another name; see auth.oidc")
            missing = [name for name in _ADDRESSES if not isinstance(found.get(name), str)]
            if missing:
                raise SourceUnavailable(f"the provider does not tell its {missing[0]}")
            self._found, self._found_at = found, self._ticks()
        return self._found

    async def _fetch(self, url: str) -> Mapping[str, Any]:
        # An administrator named the provider, so it may well be inside the network.
        if self._web is None:
            self._web = Web(self._settings.ca, private=True)
        return await self._web.json(url)

    async def _jwks(self) -> Mapping[str, Any]:
        return await self._fetch((await self._discover())["jwks_uri"])

    async def _claims(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        text = token.get("id_token")
        if not isinstance(text, str):
            raise SourceRefused("the provider sent no id token")
        client = self._settings.client_id
        claims = await verified(
            text, self._keys, issuer=self._issuer, audience=client, now=time.time()
        )
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise SourceRefused("the id token was made for another sign-on")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else client) != client:
            raise SourceRefused("the id token was made for another client")
        return claims

    async def _more(
        self,
        client: Any,  # noqa: ANN401 - Authlib has no types
        found: Mapping[str, Any],
        claims: Mapping[str, Any],
    ) -> Mapping[str, Any]:
        """The claims, with those that the provider tells apart from the id token."""
        settings = self._settings
        wanted = {settings.name, settings.email, settings.full_name, settings.groups}
        address = found.get("userinfo_endpoint")
        if wanted <= claims.keys() or not address:
            return claims
        told = (await client.get(address)).raise_for_status().json()
        if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
            raise SourceRefused("the provider tells of somebody else")
        merged = {**told, **claims}
        if told.get(settings.email) != merged.get(settings.email):
            # What one says to be verified is not what the other calls the address.
            merged["email_verified"] = claims.get("email_verified")
        return merged

    def _person(self, claims: Mapping[str, Any]) -> Vouched:
        settings = self._settings
        name = claims.get(settings.name)
        if not isinstance(name, str) or not name:
            raise SourceRefused(f"the provider tells no {settings.name}; see auth.oidc.name")
        email = claims.get(settings.email)
        # A boolean, by OpenID Connect Core, 5.1; a text such as "false" is none.
        verified_email = email if claims.get("email_verified") is True else None
        groups = claims.get(settings.groups)
        # Who is in no group may be told of without the claim; then they are in no team by group.
        named = [groups] if isinstance(groups, str) else groups
        listed = frozenset(map(str, named)) if isinstance(named, list) else frozenset()
        return Vouched(
            self.name,
            str(claims["sub"]),
            name,
            verified_email if isinstance(verified_email, str) else None,
            str(claims.get(settings.full_name) or ""),
            listed if settings.groups else None,
        )


def _basic(
    auth: Any,  # noqa: ANN401 - Authlib has no types
    _: str,
    url: str,
    headers: dict[str, str],
    body: str,
) -> tuple[str, dict[str, str], str]:
    """The client's id and secret, encoded as RFC 6749, 2.3.1 has it, which Authlib leaves out."""
    pair = ":".join(quote(text, safe="") for text in (auth.client_id, auth.client_secret))
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return url, headers, body
