"""Settings of accounts, tokens and mail."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, SecretStr

from entrepot.config.identity import Certificates, Htpasswd, Keyless, Ldap, Oidc
from entrepot.config.section import Section
from entrepot.model.account import Naming


class Mode(StrEnum):
    """Who may use the registry."""

    ACCOUNTS = "accounts"
    OPEN = "open"


class SignUp(StrEnum):
    """Who may make an account."""

    CLOSED = "closed"
    INVITED = "invited"
    OPEN = "open"


class Visibility(StrEnum):
    """Who may pull."""

    PUBLIC = "public"
    PRIVATE = "private"


class Auth(Section):
    """Accounts and access."""

    mode: Mode = Field(
        Mode.ACCOUNTS,
        description="accounts: log in to push; open: everyone who reaches the port may do all.",
    )
    sign_up: SignUp = Field(
        SignUp.CLOSED, description="Who may make an account: nobody (closed), invited, or open."
    )
    anonymous_pull: bool = Field(
        default=True, description="Let public repositories be pulled without an account."
    )
    default_visibility: Visibility = Field(
        Visibility.PRIVATE,
        description="What new namespaces make of new repositories: private or public.",
    )
    organizations: bool = Field(
        default=True, description="Let everyone make organizations; otherwise administrators only."
    )
    organizations_each: Annotated[int, Field(ge=0)] | None = Field(
        20,
        description=(
            "Organizations that one account may own and create; administrators any number."
            " Unset: no limit."
        ),
    )
    insecure: bool = Field(
        default=False,
        description="Accept passwords over plain HTTP from other machines: anyone can read them.",
    )
    token_seconds: Annotated[int, Field(ge=60, le=3600)] = Field(
        300,
        description=(
            "Lifetime of a Bearer token of the token service; clients rely on at least 60 seconds."
        ),
    )
    token_days: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The longest life of an access token or a robot. Unset: no limit."
    )
    identity_days: Annotated[int, Field(ge=1)] = Field(
        90, description="How long the identity token of a `docker login` is good."
    )
    session_days: Annotated[int, Field(ge=1)] = Field(
        30, description="How long a session in the browser is good."
    )
    key_days: Annotated[int, Field(ge=1)] = Field(
        90, description="How long a key signs tokens before a new one takes over."
    )
    account_names: Naming = Field(
        Naming.LOCAL_PART,
        description=(
            "Username for a name at an identity source that cannot be one, such as"
            " alice@example.org: local-part (alice), whole (alice-example.org), or strict (no"
            " account). A number follows where it is taken."
        ),
    )
    recheck_minutes: Annotated[int, Field(ge=1)] = Field(
        60,
        description=(
            "How often htpasswd and the directory are asked whether they still know each account"
            " of theirs; one that they do not loses access until they do."
        ),
    )
    audit_pulls: bool = Field(
        default=False, description="Keep an audit entry for each pull of a manifest too."
    )
    htpasswd: Htpasswd = Htpasswd()
    ldap: Ldap = Ldap()
    oidc: Oidc = Oidc()
    certificates: Certificates = Certificates()
    keyless: Keyless = Keyless()


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Mail(Section):
    """The SMTP server by which e-mail is sent; without one none is."""

    host: str | None = Field(None, description="Host of the SMTP server. Unset: no e-mail.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(587, description="Its port.")
    security: MailSecurity = Field(
        MailSecurity.STARTTLS, description="starttls, tls (from the first byte), or none."
    )
    user: str | None = Field(None, description="Name to log in with.")
    password: SecretStr | None = Field(None, description="Password to log in with.")
    sender: str = Field("entrepot@localhost", description="The address that e-mail comes from.")
