"""Everything that can be said no to, as one tree that knows no HTTP.

    Problem
      Unknown               RepositoryUnknown ManifestUnknown BlobUnknown UploadUnknown
                            EndpointUnknown NotFound
      Invalid               RequestInvalid NameInvalid DigestInvalid TagInvalid PageInvalid
                            SizeMismatch FieldInvalid BodyTooLarge HeadTooLarge TargetTooLong
        ManifestInvalid     ManifestTooLarge ManifestIncomplete
        UploadInvalid       UploadOutOfOrder UploadBusy
      RangeUnsatisfiable
      Refused               Unsupported TooManyAttempts TooManyUploads Taken LayerRefused
                            ContentInUse
        Denied              QuotaExceeded
        Stale               PasswordOneTime
        Unauthenticated     PasswordWrong TokenInvalid SecondFactorNeeded SourceRefused
      Unavailable           DatabaseUnavailable DatabaseDamaged SourceUnavailable Overloaded
        StorageUnavailable  StorageReadOnly
      ContentBusy
      StorageFull
      ClientGone            RequestTimeout
      ServerBusy
      ConfigInvalid

`wire.problems` gives each its status and code. A class's first docstring line is its message.
What a class tells beside its message may be unknown: another registry's answer need not say it.
"""

from typing import Final

# Characters of a message: what a client sent may be in it, and is sent back and logged.
_LONGEST: Final = 2000


class Problem(Exception):
    """Something could not be done."""

    def __init__(self, message: str | None = None, *, detail: object = None) -> None:
        text = message or (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(text[:_LONGEST])
        self.detail = detail[:_LONGEST] if isinstance(detail, str) else detail


class Unknown(Problem):
    """That does not exist here."""


class RepositoryUnknown(Unknown):
    """There is no repository of that name that you may see; push to it to create it."""


class ManifestUnknown(Unknown):
    """There is no manifest of that tag or digest in this repository."""


class BlobUnknown(Unknown):
    """There is no blob of that digest in this repository."""


class UploadUnknown(Unknown):
    """There is no such upload: it ended, was cancelled or expired; start a new one."""


class EndpointUnknown(Unknown):
    """The distribution API has no such address."""


class NotFound(Unknown):
    """There is nothing of that name here, or you may not see it."""


class Invalid(Problem):
    """The request does not follow the specification."""


class RequestInvalid(Invalid):
    """The request cannot be understood."""


class NameInvalid(Invalid):
    """A repository name is lower-case parts joined by '/', each letters and digits joined by . _ __ or -."""  # noqa: E501 - the message in one piece


class DigestInvalid(Invalid):
    """The digest is not one, or the content does not have it."""


class TagInvalid(Invalid):
    """A tag is 1 to 128 letters, digits, '_', '.' and '-', and starts with none of '.' and '-'."""


class PageInvalid(Invalid):
    """The page size n must be a whole number, 0 or more."""


class SizeMismatch(Invalid):
    """The content is not as long as was announced."""


class ManifestInvalid(Invalid):
    """The manifest cannot be accepted."""


class ManifestTooLarge(ManifestInvalid):
    """The manifest is larger than this registry accepts."""


class ManifestIncomplete(ManifestInvalid):
    """The manifest names content that is not in this repository; push that first."""


class UploadInvalid(Invalid):
    """The upload cannot go on like this."""


class UploadOutOfOrder(UploadInvalid):
    """That chunk does not start where the last one ended."""

    offset: int | None = None
    location: str = ""

    def __init__(self, *, offset: int, location: str = "") -> None:
        super().__init__(detail={"offset": offset})
        self.offset = offset
        self.location = location


class UploadBusy(UploadInvalid):
    """Another request is writing to this upload at this moment."""


class FieldInvalid(Invalid):
    """A field has a value that it cannot have."""

    field: str = ""

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message, detail={"field": field} if field else None)
        self.field = field


class BodyTooLarge(Invalid):
    """The body is larger than anything that is asked for here."""


class HeadTooLarge(Invalid):
    """The request has too many headers, or they are too large."""


class TargetTooLong(Invalid):
    """The request target is too long."""


class RangeUnsatisfiable(Problem):
    """The range lies outside of the content."""

    total: int | None = None

    def __init__(self, total: int) -> None:
        super().__init__(detail={"size": total})
        self.total = total


class Refused(Problem):
    """That is not allowed."""


class Unauthenticated(Refused):
    """Log in first."""

    challenge: str = ""


class PasswordWrong(Unauthenticated):
    """The name or the password is wrong."""


class TokenInvalid(Unauthenticated):
    """The token is no good here; get a new one."""


class SecondFactorNeeded(Unauthenticated):
    """A second factor is needed: a one-time code, a recovery code or a passkey."""


class Denied(Refused):
    """You may not do that."""


class QuotaExceeded(Denied):
    """The namespace has no room for that."""


class Unsupported(Refused):
    """That operation is not supported by this registry."""

    allow: tuple[str, ...] = ()

    def __init__(self, message: str | None = None, *, allow: tuple[str, ...] = ()) -> None:
        super().__init__(message, detail={"allow": list(allow)} if allow else None)
        self.allow = allow


class TooManyAttempts(Refused):
    """Too many wrong passwords; wait a quarter of an hour, or use a token or a passkey."""

    seconds: int = 900


class TooManyUploads(Refused):
    """Too many uploads are unfinished; finish them, or cancel them with DELETE."""

    seconds: int = 60


class SourceRefused(Unauthenticated):
    """The other source of identity does not vouch for this."""


class Unavailable(Problem):
    """A part of the registry is not available at the moment; repeat the request."""

    seconds: int = 5


class DatabaseUnavailable(Unavailable):
    """The registry's database is not available at the moment; repeat the request."""


class DatabaseDamaged(Unavailable):
    """The registry's database is damaged; its administrator must restore it from a backup."""

    seconds: int = 60

    def __init__(self, message: str | None = None, *, reason: str = "") -> None:
        super().__init__(message)
        # For the log and the command line, not for clients.
        self.reason = reason


class StorageUnavailable(Unavailable):
    """The registry's storage is not available at the moment; repeat the request."""


class StorageReadOnly(StorageUnavailable):
    """The registry's storage is read-only at the moment: pulls work, other requests do not."""

    seconds: int = 60


class Overloaded(Unavailable):
    """Too many requests of this kind are waiting; repeat the request in a few seconds."""


class SourceUnavailable(Unavailable):
    """Another system that knows who this is does not answer; try again."""


class Taken(Refused):
    """That name is taken."""


class Stale(Refused):
    """That cannot be done in the present state."""


class PasswordOneTime(Stale):
    """Set a password of your own first: POST /api/account/password."""


class LayerRefused(Refused):
    """What is inside of that layer cannot be shown."""


class ContentInUse(Refused):
    """The content is in use by other images in the repository; delete those first."""


class ContentBusy(Problem):
    """That content is being removed at this moment; push it again."""


class StorageFull(Problem):
    """The registry's storage is full; nothing was kept of this request."""


class ClientGone(Problem):
    """The client hung up before the end of its request."""


class RequestTimeout(ClientGone):
    """The request did not arrive in time; send it again."""


class ServerBusy(Problem):
    """The server has too much to do; try again in a few seconds."""


class ConfigInvalid(Problem):
    """The configuration cannot be used."""
