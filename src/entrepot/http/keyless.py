"""Keyless CI: the token of a CI system, exchanged for a short one of ours (RFC 8693)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from entrepot.accounts.secrets import PREFIX, digest
from entrepot.accounts.tokens import target
from entrepot.auth.authenticator import Knock
from entrepot.auth.sources.trust import matches
from entrepot.errors import Denied, PasswordWrong, RequestInvalid, SourceRefused, Unsupported
from entrepot.http import gate
from entrepot.http.request import Request
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.model.audit import Cause
from entrepot.model.token import Token, TokenKind, TrustRule
from entrepot.observe import logs

GRANT: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_NO_FIT: Final = "there is no such trust rule, or the token does not fit it"
_JWT: Final = (
    "urn:ietf:params:oauth:token-type:jwt",
    "urn:ietf:params:oauth:token-type:id_token",
)


async def exchange(
    services: Services, request: Request, form: Mapping[str, str]
) -> dict[str, object]:
    """A token by the trust rule that `audience` or `resource` names as NAMESPACE+RULE."""
    if services.issuers is None:
        raise Unsupported("this registry takes no tokens of other issuers")
    if form.get("subject_token_type", _JWT[0]) not in _JWT:
        raise RequestInvalid("subject_token_type must be a JWT's")
    namespace, plus, name = form.get("audience", "").partition("+")
    if not plus:
        raise RequestInvalid("audience must name the trust rule, as NAMESPACE+RULE")
    rule = await services.stores.metadata.read(lambda t: t.trust_rules.get(namespace, name))
    address, audience = _taken_from(services, request)
    if rule is None:
        raise PasswordWrong(_NO_FIT)
    try:
        claims = await services.issuers.claims(
            form.get("subject_token", ""), audience, allowed=lambda issuer: issuer == rule.issuer
        )
    except SourceRefused as refused:
        # Which rules there are is nobody's business; the log tells who set it up.
        logs.get(__name__).info("token not exchanged", rule=rule.name, reason=str(refused))
        raise PasswordWrong(_NO_FIT) from None
    if not matches(claims, dict(rule.claims)):
        raise PasswordWrong(_NO_FIT)
    return await _issue(services, rule, claims, address)


def _taken_from(services: Services, request: Request) -> tuple[str, str]:
    """The address that asks, and the audience that a token must carry; Denied."""
    origin = gate.origin_at(services, request)
    private = origin.private or services.settings.auth.insecure
    Knock(None, origin.address, private).ensure_private()
    # Never what the request says that this server is: the token may have been made for that.
    audience = services.settings.auth.keyless.audience or services.settings.server.url
    if audience is None:
        raise Denied("set auth.keyless.audience or server.url to take tokens of other issuers")
    return origin.address, audience


async def _issue(
    services: Services, rule: TrustRule, claims: Mapping[str, Any], address: str
) -> dict[str, object]:
    now = services.stores.clock()
    seconds = services.settings.auth.keyless.seconds
    secret = f"{PREFIX}{services.draw()}"
    token = _token(rule, secret, services.draw()[:16], now, seconds, str(claims.get("sub", "")))

    def keep(t: Transaction) -> None:
        t.lock(f"trust rule {rule.namespace}+{rule.name}")
        if t.trust_rules.get(rule.namespace, rule.name) != rule:
            raise PasswordWrong(_NO_FIT)
        t.tokens.add(token)
        who = Cause(target(token), address, token.id)
        t.audit.add(who, "keyless.exchange", target(token), at=now, detail=token.description)

    await services.stores.metadata.write(keep)
    return {
        "access_token": secret,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "N_A",
        "expires_in": seconds,
        "username": f"{rule.namespace}+{rule.name}",
    }


def _token(  # noqa: PLR0917 - called in one place
    rule: TrustRule, secret: str, key: str, now: datetime, seconds: int, subject: str
) -> Token:
    return Token(
        id=key,
        kind=TokenKind.KEYLESS,
        name=rule.name,
        account=None,
        namespace=rule.namespace,
        description=subject[:200],
        digest=digest(secret),
        scopes=rule.scopes,
        parent=None,
        generation=0,
        created_at=now,
        created_by=f"{rule.namespace}+{rule.name}",
        expires_at=now + timedelta(seconds=seconds),
    )
