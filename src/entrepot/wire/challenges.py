"""WWW-Authenticate: how a client is told to log in (RFC 9110, 11.6.1; RFC 6750, 3)."""


def bearer(realm: str, service: str, scope: str = "", error: str = "") -> str:
    """The challenge that sends a client to the token service at *realm*."""
    parts = {"realm": realm, "service": service, "scope": scope, "error": error}
    return "Bearer " + ",".join(f'{name}="{_quoted(text)}"' for name, text in parts.items() if text)


def basic(realm: str) -> str:
    """The challenge that asks for a name and a password."""
    return f'Basic realm="{_quoted(realm)}", charset="UTF-8"'


def _quoted(text: str) -> str:
    kept = "".join(c for c in text if " " <= c <= "~")
    return kept.replace("\\", "\\\\").replace('"', '\\"')
