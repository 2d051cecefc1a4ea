"""Settings of webhooks."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from pydantic import Field, field_validator

from entrepot.config.section import Section, Words


class Webhooks(Section):
    """Where webhooks may lead."""

    allowed_networks: Words = Field(
        default_factory=list,
        description=(
            "Networks to which webhooks may lead although they are not of the Internet, such as"
            " 10.1.0.0/16. Whoever manages a namespace can have any address in them asked."
        ),
    )

    ca: Path | None = Field(
        None, description="PEM file of a further authority for the receivers' certificates."
    )

    @field_validator("allowed_networks")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for network in value:
            ip_network(network, strict=False)
        return value

    @property
    def networks(self) -> list[IPv4Network | IPv6Network]:
        return [ip_network(network, strict=False) for network in self.allowed_networks]
