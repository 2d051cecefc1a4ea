"""How many wrong passwords are taken, without letting anyone lock out anyone else.

Failures are counted for an account from one network, for an account from everywhere, and for a
network. Whoever has logged in to an account from a network before is bound by the first count
alone, which nobody elsewhere can drive up. Sessions, tokens and passkeys are never held up.
"""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from entrepot.wire.credentials import NAME_LENGTH

PERIOD: Final = timedelta(minutes=15)
_HERE: Final = 10
_EVERYWHERE: Final = 50
_NETWORK: Final = 100
# Sign-ups, sign-ons and resets that one network begins in a period.
BEGINNINGS: Final = 300
# What a key of an account from one network begins with.
HERE: Final = "here:"


@dataclass(frozen=True, slots=True)
class Keys:
    """Under which keys a failure counts."""

    here: str
    everywhere: str
    network: str

    @property
    def all(self) -> tuple[str, str, str]:
        return self.here, self.everywhere, self.network

    @property
    def of_account(self) -> tuple[str, str]:
        """Without that of the network, which counts an attempt once."""
        return self.here, self.everywhere


def folded(name: str) -> str:
    """*name* as a directory compares names: without regard to case, width, and spaces around.

    Spellings that find the same person (RFC 4518) share one count of failures.
    """
    # Longer text cannot be a name, and normalizing combining characters takes quadratic time.
    text = unicodedata.normalize("NFKC", name[:NAME_LENGTH]).casefold()
    shown = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return " ".join("".join(shown).split())


def network_of(address: str) -> str:
    """The network that an address belongs to, as one customer of a provider commonly has it."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped is not None:
        found = mapped
    return str(ip_network(f"{found}/{24 if found.version == 4 else 64}", strict=False))


def keys(account: str, network: str) -> Keys:
    """The keys of one attempt; names are hashed, as they can be anything that was typed."""
    name = hashlib.sha256(account.encode(errors="replace")).hexdigest()[:32]
    return Keys(f"{HERE}{name}:{network}", f"account:{name}", f"network:{network}")


def held_up(found: Keys, failures: Mapping[str, int], *, known: bool) -> bool:
    """Whether no further password is taken for now."""
    if failures.get(found.here, 0) >= _HERE:
        return True
    return not known and (
        failures.get(found.everywhere, 0) >= _EVERYWHERE
        or failures.get(found.network, 0) >= _NETWORK
    )
