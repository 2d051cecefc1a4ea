"""Single sign-on by OpenID Connect: the authorization code flow with PKCE."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from entrepot.accounts.sources import Vouched
from entrepot.auth.sources.keys import KeySet, verified
from entrepot.auth.sources.web import Web
from entrepot.config.identity import Oidc
from entrepot.errors import SourceRefused, SourceUnavailable

_DISCOVERY: Final = "/.well-known/openid-configuration"
_ADDRESSES: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_FRESH_SECONDS: Final = 3600.0
_LONGEST_ERROR: Final = 200


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
        state, nonce, verifier = (secrets.token_urlsafe(size) for size in (24, 24, 48))
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": callback,
            "scope": self._settings.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        address = found["authorization_endpoint"]
        url = f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
        return Begun(url, state, nonce, verifier)

    async def finish(self, callback: str, code: str, begun: Begun) -> Vouched:
        """Who signed on, by the code that the browser brought; SourceRefused."""
        found = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": begun.verifier,
        }
        token = await self._exchange(found["token_endpoint"], form)
        claims = await self._claims(token, begun.nonce)
        return self._person(await self._more(token, found, claims))

    async def _exchange(self, address: str, form: dict[str, str]) -> Mapping[str, Any]:
        """What the provider gives for the code (RFC 6749, 4.1.3); SourceRefused."""
        settings, headers = self._settings, {}
        if settings.client_secret:
            secret = settings.client_secret.get_secret_value()
            headers["authorization"] = _basic(settings.client_id, secret)
        else:
            form["client_id"] = settings.client_id
        token = await self._http().post(address, form, headers)
        if "error" in token:
            error = str(token["error"])[:_LONGEST_ERROR]
            raise SourceRefused(f"the provider refuses the sign-on: {error}")
        return token

    async def _discover(self) -> Mapping[str, Any]:
        if self._found is None or self._ticks() - self._found_at > _FRESH_SECONDS:
            found = await self._http().json(self._issuer.rstrip("/") + _DISCOVERY)
            if found.get("issuer") != self._issuer:
                raise SourceUnavailable("the provider calls itself by another name; see auth.oidc")
            missing = [name for name in _ADDRESSES if not isinstance(found.get(name), str)]
            if missing:
                raise SourceUnavailable(f"the provider does not tell its {missing[0]}")
            self._found, self._found_at = found, self._ticks()
        return self._found

    def _http(self) -> Web:
        # An administrator named the provider, so it may well be inside the network.
        if self._web is None:
            self._web = Web(self._settings.ca, private=True)
        return self._web

    async def _jwks(self) -> Mapping[str, Any]:
        return await self._http().json((await self._discover())["jwks_uri"])

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
        self, token: Mapping[str, Any], found: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The claims, with those that the provider tells apart from the id token."""
        settings = self._settings
        wanted = {settings.name, settings.email, settings.full_name, settings.groups}
        address, access = found.get("userinfo_endpoint"), token.get("access_token")
        if wanted <= claims.keys() or not address or not isinstance(access, str):
            return claims
        told = await self._http().json(address, {"authorization": f"Bearer {access}"})
        if told.get("sub") != claims["sub"]:
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


def _challenge(verifier: str) -> str:
    """What proves later that the *verifier* was known now (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _basic(client: str, secret: str) -> str:
    """A client's id and secret as RFC 6749, 2.3.1 encodes them."""
    pair = ":".join(quote(text, safe="") for text in (client, secret))
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
