"""E-mail: what is sent, and by which server."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final, Protocol

import aiosmtplib

from entrepot.accounts.secrets import digest
from entrepot.config.auth import Mail, MailSecurity
from entrepot.metadata.port import Transaction
from entrepot.observe import logs

# How much one address is sent in a quarter of an hour, and in a day, whoever asks for it.
_BOUNDS: Final = ((timedelta(minutes=15), 3), (timedelta(days=1), 10))


def may_send(t: Transaction, to: str, *, now: datetime) -> bool:
    """Whether the address may be sent one more message; it is counted when it may."""
    key = f"mail:{digest(to.lower())[:32]}"
    t.lock(key)
    counted = [(f"{key}:{period.days}", now - period, most) for period, most in _BOUNDS]
    for name, since, most in counted:
        if t.places.failures([name], since=since)[name] >= most:
            return False
    for name, since, _ in counted:
        t.places.fail([name], at=now, since=since)
    return True


class Post(Protocol):
    """Sends e-mail, where that is set up."""

    @property
    def works(self) -> bool: ...

    async def send(self, to: str, subject: str, text: str) -> bool:
        """Whether the mail server took it; what was wrong is in the log."""


class Smtp:
    """E-mail by SMTP; without a host none is sent."""

    def __init__(self, settings: Mail) -> None:
        self._settings = settings

    @property
    def works(self) -> bool:
        return self._settings.host is not None

    async def send(self, to: str, subject: str, text: str) -> bool:
        if self._settings.host is None:
            return False
        settings = self._settings
        message = EmailMessage()
        password = settings.password.get_secret_value() if settings.password else None
        try:
            message["From"], message["To"], message["Subject"] = settings.sender, to, subject
            message.set_content(text)
            await aiosmtplib.send(
                message,
                hostname=settings.host,
                port=settings.port,
                username=settings.user,
                password=password,
                use_tls=settings.security is MailSecurity.TLS,
                start_tls=settings.security is MailSecurity.STARTTLS,
                timeout=20,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            logs.get(__name__).warning("e-mail not sent", subject=subject, error=str(error))
            return False
        return True


def reset_text(address: str, name: str) -> str:
    """The e-mail with which a forgotten password is replaced."""
    return (
        f"Somebody, hopefully you, asked for a new password for the account {name}.\n\n"
        f"Set it within two hours at\n\n  {address}\n\n"
        "or by a POST of the new password to /api/password-resets/ and the code that this"
        " address ends with.\n\n"
        "If it was not you, there is nothing to do: the old password stays as it is.\n"
    )


def invitation_text(address: str, what: str, by: str) -> str:
    """The e-mail that invites."""
    return f"{by} invites you to {what}.\n\nAccept within seven days at\n\n  {address}\n"
