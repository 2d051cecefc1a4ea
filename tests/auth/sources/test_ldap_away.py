"""A directory that cannot be reached, or says nothing."""

import asyncio
import socket
from pathlib import Path

import pytest

from entrepot.auth.sources.ldap import Directory
from entrepot.config.identity import Ldap
from entrepot.errors import SourceUnavailable
from tests.auth.sources.site import site
from tests.programs.authority import Authority
from tests.programs.ports import free_port
from tests.programs.slapd import BASE

RIGHT = "alice's password"


async def counted(_: str) -> None:
    """Nobody is held up."""


def test_a_directory_that_is_away_is_no_wrong_password(tmp_path: Path) -> None:
    settings = {"auth__ldap__url": f"ldap://127.0.0.1:{free_port()}", "auth__ldap__base": BASE}
    with site(tmp_path / "data", settings) as away:
        away.make_account("erin")
        for _ in range(3):
            assert away.token("alice", RIGHT).status_code == 503
        # A local account needs no directory.
        assert away.token("erin", "correct horse battery").status_code == 200


def test_a_tls_handshake_that_never_comes(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ldaps://localhost:{silent.getsockname()[1]}"
        directory = Directory(Ldap(url=url, ca=authority.file, base=BASE, seconds=1))
        with pytest.raises(SourceUnavailable):
            asyncio.run(directory.verify("alice", RIGHT, counted))
