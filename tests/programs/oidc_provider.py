"""The npm package oidc-provider: a real provider of OpenID Connect, with forms to log in by."""

import hashlib
import json
import os
import re
import shutil
import ssl
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.programs.authority import Authority
from tests.programs.command import Command
from tests.programs.process import ProgramFailed, environment, running
from tests.programs.waiting import PATIENCE

CLIENT: Final = "entrepot"
SECRET: Final = "a secret of the client: 100%"

_SOURCE: Final = Path(__file__).with_suffix("")
_CACHE: Final = Path(__file__).parents[2] / ".cache" / "oidc_provider"
_FORM: Final = re.compile(r'<form[^>]* action="([^"]+)"')
# What the browser is sent through, from the provider's first page to its last.
_STEPS: Final = 12


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """A running provider."""

    issuer: str
    trust: ssl.SSLContext

    def browser(self) -> httpx.Client:
        """A browser that follows no redirect by itself."""
        return httpx.Client(verify=self.trust, trust_env=False, timeout=PATIENCE)

    def log_in(self, browser: httpx.Client, address: str, person: str) -> str:
        """Log in by the provider's forms; return where it sends the browser back to."""
        answer = browser.get(address)
        for _ in range(_STEPS):
            if answer.is_redirect:
                address = str(answer.next_request.url if answer.next_request else "")
                if not address.startswith(self.issuer):
                    return address
                answer = browser.get(address)
                continue
            form = _FORM.search(answer.text)
            assert form is not None, answer.text
            prompt = "login" if 'name="login"' in answer.text else "consent"
            fields = {"prompt": prompt, "login": person, "password": "any"}
            answer = browser.post(form[1], data=fields)
        raise AssertionError(answer.text)


@contextmanager
def oidc_provider(
    folder: Path,
    authority: Authority,
    people: Mapping[str, Mapping[str, object]],
    *,
    port: int,
    redirects: list[str],
) -> Iterator[OidcProvider]:
    """Start a provider on that port that knows *people* by their login, with their claims."""
    issued, issuer = authority.server("localhost"), f"https://localhost:{port}"
    settings = {
        "issuer": issuer,
        "port": port,
        "packages": str(_packages()),
        "certificate": str(issued.certificate),
        "key": str(issued.key),
        "clientId": CLIENT,
        "clientSecret": SECRET,
        "redirects": redirects,
        "people": people,
    }
    file = folder / "provider.json"
    file.write_text(json.dumps(settings))
    trust = authority.trust()

    def ready() -> bool:
        address = f"{issuer}/.well-known/openid-configuration"
        try:
            return httpx.get(address, verify=trust, trust_env=False, timeout=PATIENCE).is_success
        except httpx.TransportError:
            return False

    argv: list[str | Path] = ["node", _SOURCE / "server.mjs", file]
    with running(argv, log=folder / "provider.log", env=environment(), ready=ready):
        yield OidcProvider(issuer, trust)


def _packages() -> Path:
    """The folder with the locked packages, installed where this lock file's are not yet."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise ProgramFailed(f"{program} is missing: install Node.js 20 or newer, with npm")
    lock = _SOURCE / "package-lock.json"
    place = _CACHE / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    if not place.is_dir():
        # Under a name of its own until it is whole: others may install at the same time.
        part = _CACHE / f"{uuid.uuid4().hex}.part"
        part.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_SOURCE / name, part)
        npm = Command(("npm", "--prefix", str(part)), environment())
        npm.run("ci", "--no-audit", "--no-fund", "--ignore-scripts")
        try:
            os.rename(part, place)
        except OSError:  # somebody else was first
            shutil.rmtree(part)
    return place
