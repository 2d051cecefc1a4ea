"""A directory that takes connections and says nothing holds up nobody who does not need it."""

import asyncio
import hashlib
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, cast

from entrepot.accounts.passwords import Passwords
from entrepot.accounts.signup import NewAccount, create_account
from entrepot.auth.authenticator import Authenticator, Knock
from entrepot.auth.sources.ldap import Directory
from entrepot.config.identity import Ldap
from entrepot.errors import Overloaded, SourceUnavailable
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility
from entrepot.registry.hashes import Hashes

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PASSWORD: Final = "correct horse battery"
# Those that hold a thread, and those that wait for one.
HELD: Final = 32
MORE: Final = 5
HERE = Knock(None, "127.0.0.1", private=True)


async def counted(_: str) -> None:
    """Nobody is held up."""


def test_local_logins_and_hashes_go_on(
    metadata: SqliteMetadata,
    runner: asyncio.Runner,
    write: Callable[[Callable[[Transaction], Any]], Any],
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:
        directory = Directory(Ldap(url=f"ldap://127.0.0.1:{silent.getsockname()[1]}", seconds=60))
        passwords = Passwords()
        local = NewAccount("erin", runner.run(passwords.hash(PASSWORD)))
        nobody = Cause("anonymous")
        write(lambda t: create_account(t, local, Visibility.PRIVATE, nobody, now=NOW))
        authenticator = Authenticator(
            metadata, lambda: NOW, cast(Any, None), passwords, sources=[directory]
        )

        async def main() -> list[object]:
            asked = [
                asyncio.ensure_future(directory.verify(f"person-{n}", "secret", counted))
                for n in range(HELD + MORE)
            ]
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            assert sum(each.done() for each in asked) == MORE
            account = await authenticator.account_by_password("erin", PASSWORD, HERE)
            assert account.name == "erin"
            running = Hashes().start("sha256")
            content = bytes(1024 * 1024)
            await running.update([content])
            assert running.hasher.hexdigest() == hashlib.sha256(content).hexdigest()
            assert sum(not each.done() for each in asked) == HELD
            silent.close()
            return list(await asyncio.gather(*asked, return_exceptions=True))

        kinds = [type(each) for each in runner.run(main())]
    assert kinds.count(Overloaded) == MORE
    assert kinds.count(SourceUnavailable) == HELD
