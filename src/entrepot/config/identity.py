"""Settings of where identities come from, beside accounts with a password here."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from entrepot.config.section import Section, Words


class Htpasswd(Section):
    """A file of names and bcrypt hashes, as Docker's registry takes it."""

    file: Path | None = Field(
        None,
        description="A file made with `htpasswd -B`; read again when it changes. Unset: none.",
    )


class Ldap(Section):
    """A directory, asked by LDAP: a search for the person, then a bind as the person."""

    url: str | None = Field(
        None, description="ldaps://host:636, or ldap://host:389 with start_tls. Unset: none."
    )
    start_tls: bool = Field(default=False, description="Turn an ldap:// connection into TLS.")
    ca: Path | None = Field(
        None, description="PEM file of the authority that signed the directory's certificate."
    )
    bind_dn: str | None = Field(None, description="Who searches; unset: anonymous.")
    bind_password: SecretStr | None = Field(None, description="The password of bind_dn.")
    base: str = Field("", description="Where people are searched, such as ou=people,dc=example.")
    filter: str = Field(
        "(uid={name})", description="How a person is found; {name} is what was typed, escaped."
    )
    name: str = Field("uid", description="The attribute that becomes the account's name.")
    email: str = Field("mail", description="The attribute with the e-mail address.")
    full_name: str = Field("cn", description="The attribute with the name to show.")
    group_base: str = Field("", description="Where groups are searched. Unset: no groups.")
    group_filter: str = Field(
        "(member={dn})",
        description="How a person's groups are found; {dn} and {name} are filled in, escaped.",
    )
    group_name: str = Field("cn", description="The attribute with a group's name.")
    seconds: Annotated[int, Field(ge=1, le=60)] = Field(
        5, description="How long the directory may take to answer."
    )


class Oidc(Section):
    """A provider of OpenID Connect, for sign-on in the browser."""

    issuer: str | None = Field(
        None, description="The provider's issuer address, without /.well-known. Unset: none."
    )
    title: str = Field("Single sign-on", description="What the button says.")
    client_id: str = Field("", description="The client id that the provider gave.")
    client_secret: SecretStr | None = Field(
        None, description="The client's secret; unset: a public client."
    )
    scopes: str = Field("openid profile email", description="Scopes to ask for.")
    name: str = Field(
        "preferred_username", description="The claim that becomes the account's name."
    )
    email: str = Field("email", description="The claim with the e-mail address.")
    full_name: str = Field("name", description="The claim with the name to show.")
    groups: str = Field("groups", description="The claim with the names of groups.")
    sign_on_days: Annotated[int, Field(ge=1)] | None = Field(
        90,
        description=(
            "Days after which an account that has not signed on again loses access, tokens"
            " included, until it does. Unset: never."
        ),
    )
    ca: Path | None = Field(
        None, description="PEM file of the authority that signed the provider's certificate."
    )


class Certificates(Section):
    """Client certificates, checked by the proxy in front and told in a header."""

    header: str | None = Field(
        None,
        description=(
            "The header in which a proxy of server.proxies tells the subject of a client"
            " certificate that it verified, such as X-Client-Subject. Unset: none."
        ),
    )
    name: str = Field("CN", description="The part of the subject that is the account's name.")


class Keyless(Section):
    """Tokens of CI systems, exchanged for short ones of ours by trust rules."""

    issuers: Words = Field(
        default_factory=list,
        description="Issuers whose tokens trust rules may name; empty: any that a rule names.",
    )
    audience: str | None = Field(
        None, description="The audience that a token must carry. Unset: server.url."
    )
    seconds: Annotated[int, Field(ge=60, le=86_400)] = Field(
        3600, description="How long a token got by exchange is good."
    )
    private_networks: bool = Field(
        default=False, description="Allow issuers with addresses inside the network."
    )
    ca: Path | None = Field(
        None, description="PEM file of a further authority for the issuers' certificates."
    )
