"""Sessions, logins and codes end with what they were got by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyotp
import pytest

from entrepot.accounts import factors, invitations, passkeys, profile, sessions
from entrepot.accounts.mail import may_send
from entrepot.accounts.secrets import digest
from entrepot.accounts.signup import NewAccount, create_account
from entrepot.accounts.sources import Vouched, settle
from entrepot.errors import NotFound, Stale
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, Code, CodeKind, Passkey, Session
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility

NOW: Final = datetime(2026, 1, 2, tzinfo=UTC)
CAUSE: Final = Cause("chief")
OLD: Final = "old@example.org"
Write = Callable[[Callable[[Transaction], Any]], Any]


@pytest.fixture
def erin(write: Write) -> str:
    """An account that was sent a code, beside an administrator."""
    chief, name = NewAccount("chief", "hash", admin=True), "erin"
    new = NewAccount(name, "hash", email=OLD)

    def create(t: Transaction) -> None:
        for each in (chief, new):
            create_account(t, each, Visibility.PRIVATE, CAUSE, now=NOW)

    write(create)
    assert write(lambda t: profile.begin_reset(t, OLD, "code", "key", now=NOW)) is not None
    return name


def reset(write: Write) -> None:
    write(lambda t: profile.finish_reset(t, digest("code"), "new hash", CAUSE, now=NOW))


def begin(write: Write, name: str, method: str = "password", secret: str = "s") -> Session:
    """A session, with the secret."""
    opening = sessions.Opening(secret, "csrf", method, "", "", timedelta(days=1))

    def work(t: Transaction) -> Session:
        return sessions.open_session(t, profile.known(t, name), opening, now=NOW)

    session: Session = write(work)
    return session


def alive(write: Write, secret: str = "s") -> bool:
    return write(lambda t: sessions.live_session(t, secret, now=NOW)) is not None


def account(write: Write, name: str) -> Account:
    found: Account = write(lambda t: profile.known(t, name))
    return found


def change_email(t: Transaction) -> None:
    profile.change_profile(t, "erin", CAUSE, email="new@example.org", full_name=None, now=NOW)


def disable(t: Transaction) -> None:
    profile.change_standing(t, "erin", CAUSE, admin=None, disabled=True, now=NOW)


def disable_and_enable(t: Transaction) -> None:
    disable(t)
    profile.change_standing(t, "erin", CAUSE, admin=None, disabled=False, now=NOW)


def leave(t: Transaction) -> None:
    t.accounts.change("erin", {"disabled": True})


def change_password(t: Transaction) -> None:
    profile.set_password(t, "erin", "another hash", CAUSE, now=NOW)


def test_a_reset_code_sets_a_password_once(write: Write, erin: str) -> None:
    reset(write)
    assert account(write, erin).password == "new hash"
    with pytest.raises(NotFound):
        reset(write)


@pytest.mark.parametrize(
    "work", [change_email, disable, disable_and_enable, leave, change_password]
)
def test_a_reset_code_ends_with_its_address_and_account(
    write: Write, erin: str, work: Callable[[Transaction], None]
) -> None:
    write(work)
    before = account(write, erin)
    with pytest.raises(NotFound):
        write(lambda t: profile.whose_reset(t, digest("code"), now=NOW))
    with pytest.raises(NotFound):
        reset(write)
    assert account(write, erin) == before


def test_a_change_of_the_name_to_show_leaves_the_code(write: Write, erin: str) -> None:
    write(lambda t: profile.change_profile(t, erin, CAUSE, email=None, full_name="Erin", now=NOW))
    reset(write)


def test_an_address_that_a_source_changes_ends_the_code(write: Write, erin: str) -> None:
    write(lambda t: t.accounts.change(erin, {"source": "ldap", "subject": "id-1"}))
    person = Vouched("ldap", "id-1", erin, "new@example.org", "", None)
    write(lambda t: settle(t, person, Visibility.PRIVATE, CAUSE, now=NOW))
    assert account(write, erin).email == "new@example.org"
    with pytest.raises(NotFound):
        reset(write)


def test_an_address_without_account_is_counted_alike(write: Write, erin: str) -> None:
    """So that the transaction writes, and takes as long, whether there is one or not."""
    for _ in range(3):
        assert write(lambda t: profile.begin_reset(t, "no@x.org", "c", "k", now=NOW)) is None
    assert not write(lambda t: may_send(t, "no@x.org", now=NOW))


@pytest.mark.parametrize(
    "change", [{"admin": False}, {"disabled": True}, None], ids=["demoted", "disabled", "deleted"]
)
def test_an_invitation_to_sign_up_ends_with_its_administrator(
    write: Write, erin: str, change: dict[str, object] | None
) -> None:
    write(lambda t: t.accounts.change(erin, {"admin": True}))

    def invite(t: Transaction) -> None:
        for secret in ("first", "second"):
            offer, cause = invitations.Offer(), Cause(erin)
            invitations.invite(t, None, offer, cause, secret=secret, key=secret, now=NOW)

    write(invite)
    write(lambda t: invitations.redeem_sign_up(t, "first", now=NOW))
    if change is None:
        write(lambda t: t.accounts.delete(erin))
    else:
        write(lambda t: t.accounts.change(erin, change))
    with pytest.raises(NotFound, match="no longer allowed to invite"):
        write(lambda t: invitations.redeem_sign_up(t, "second", now=NOW))


def test_one_time_codes_end_what_the_password_alone_had_got(write: Write, erin: str) -> None:
    begin(write, erin)
    before, secret = account(write, erin), factors.new_secret()
    write(lambda t: factors.begin(t, erin, secret, now=NOW))
    shown = pyotp.TOTP(secret).at(NOW)
    write(lambda t: factors.confirm(t, erin, shown, ["r"], CAUSE, now=NOW))
    assert not alive(write)
    # What tokens that were got by the password name.
    assert account(write, erin).generation == before.generation + 1


def test_what_was_begun_by_the_password_ends_with_it(write: Write, erin: str) -> None:
    kinds = (CodeKind.LOGIN, CodeKind.SECOND_FACTOR, CodeKind.PASSKEY)

    def begin(t: Transaction) -> None:
        for kind in kinds:
            code = Code(kind, kind, kind, erin, None, "", NOW, erin, NOW + timedelta(hours=1))
            t.codes.add(code)

    write(begin)
    write(change_password)
    assert write(lambda t: [kind for kind in kinds if t.codes.find(kind, kind)]) == []


def test_a_removed_passkey_ends_the_other_sessions_by_passkey(write: Write, erin: str) -> None:
    write(lambda t: t.passkeys.add(Passkey("p", erin, "key", "", 0, NOW)))
    for secret, method in (("a", passkeys.METHOD), ("b", passkeys.METHOD), ("c", "password")):
        begin(write, erin, method, secret)
    own = digest("a")
    write(lambda t: passkeys.remove(t, erin, "p", CAUSE, session=own, now=NOW))
    assert [alive(write, secret) for secret in "abc"] == [True, False, True]


def test_ending_all_counts_from_the_present_generation(write: Write, erin: str) -> None:
    read = account(write, erin)
    write(change_password)
    begin(write, erin)
    write(lambda t: sessions.end_all(t, erin, CAUSE, now=NOW))
    assert account(write, erin).generation == read.generation + 2
    assert not alive(write)


def test_a_password_that_was_changed_meanwhile_proves_nothing(write: Write, erin: str) -> None:
    read = account(write, erin)
    write(lambda t: sessions.ensure_current(t, read))
    write(change_password)
    with pytest.raises(Stale):
        write(lambda t: sessions.ensure_current(t, read))
