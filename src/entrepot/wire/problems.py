"""The one table of errors on the wire: class, status, code; written and read with it.

"Error Codes" of the distribution specification fixes the codes and the shape of the body; where
it leaves the status open, docs/reference/errors.md tells what was chosen.
"""

import json
from dataclasses import dataclass
from typing import Final

from entrepot import errors


@dataclass(frozen=True, slots=True)
class Row:
    """How one class of problem is told to a client."""

    status: int
    code: str


TABLE: Final[dict[type[errors.Problem], Row]] = {
    errors.RepositoryUnknown: Row(404, "NAME_UNKNOWN"),
    errors.ManifestUnknown: Row(404, "MANIFEST_UNKNOWN"),
    errors.BlobUnknown: Row(404, "BLOB_UNKNOWN"),
    errors.UploadUnknown: Row(404, "BLOB_UPLOAD_UNKNOWN"),
    errors.EndpointUnknown: Row(404, "UNSUPPORTED"),
    errors.NotFound: Row(404, "UNSUPPORTED"),
    errors.RequestInvalid: Row(400, "UNSUPPORTED"),
    errors.NameInvalid: Row(400, "NAME_INVALID"),
    errors.DigestInvalid: Row(400, "DIGEST_INVALID"),
    errors.PageInvalid: Row(400, "UNSUPPORTED"),
    errors.FieldInvalid: Row(422, "UNSUPPORTED"),
    errors.LayerRefused: Row(422, "UNSUPPORTED"),
    errors.BodyTooLarge: Row(413, "SIZE_INVALID"),
    errors.HeadTooLarge: Row(431, "SIZE_INVALID"),
    errors.TargetTooLong: Row(414, "SIZE_INVALID"),
    errors.SizeMismatch: Row(400, "SIZE_INVALID"),
    # Of two classes with one row, an answer is read as the first.
    errors.ManifestInvalid: Row(400, "MANIFEST_INVALID"),
    errors.TagInvalid: Row(400, "MANIFEST_INVALID"),
    errors.ManifestTooLarge: Row(413, "MANIFEST_INVALID"),
    errors.ManifestIncomplete: Row(400, "MANIFEST_BLOB_UNKNOWN"),
    errors.UploadInvalid: Row(400, "BLOB_UPLOAD_INVALID"),
    errors.UploadOutOfOrder: Row(416, "BLOB_UPLOAD_INVALID"),
    errors.UploadBusy: Row(409, "BLOB_UPLOAD_INVALID"),
    errors.RangeUnsatisfiable: Row(416, "SIZE_INVALID"),
    errors.Unauthenticated: Row(401, "UNAUTHORIZED"),
    errors.PasswordWrong: Row(401, "UNAUTHORIZED"),
    errors.TokenInvalid: Row(401, "UNAUTHORIZED"),
    errors.SecondFactorNeeded: Row(401, "UNAUTHORIZED"),
    errors.SourceRefused: Row(401, "UNAUTHORIZED"),
    # Not among the specification's codes; docker's registry answers with it as well.
    errors.Unavailable: Row(503, "UNAVAILABLE"),
    errors.DatabaseUnavailable: Row(503, "UNAVAILABLE"),
    errors.DatabaseDamaged: Row(503, "UNAVAILABLE"),
    errors.StorageUnavailable: Row(503, "UNAVAILABLE"),
    errors.StorageReadOnly: Row(503, "UNAVAILABLE"),
    errors.Overloaded: Row(503, "UNAVAILABLE"),
    errors.SourceUnavailable: Row(503, "UNAVAILABLE"),
    errors.Denied: Row(403, "DENIED"),
    errors.ContentInUse: Row(409, "DENIED"),
    errors.QuotaExceeded: Row(403, "DENIED"),
    errors.TooManyAttempts: Row(429, "TOOMANYREQUESTS"),
    errors.TooManyUploads: Row(429, "TOOMANYREQUESTS"),
    errors.Taken: Row(409, "DENIED"),
    errors.Stale: Row(409, "DENIED"),
    errors.PasswordOneTime: Row(409, "DENIED"),
    errors.Unsupported: Row(405, "UNSUPPORTED"),
    errors.ContentBusy: Row(503, "TOOMANYREQUESTS"),
    errors.StorageFull: Row(507, "DENIED"),
    errors.ClientGone: Row(400, "SIZE_INVALID"),
    errors.RequestTimeout: Row(408, "SIZE_INVALID"),
    errors.ServerBusy: Row(503, "UNAVAILABLE"),
}


def row(problem: errors.Problem) -> Row:
    """The row of the most specific class that has one."""
    for kind in type(problem).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    return Row(400, "UNSUPPORTED")


def render(problem: errors.Problem) -> tuple[int, bytes]:
    """A problem's status and JSON body."""
    found = row(problem)
    entries = problem.detail if isinstance(problem.detail, list) else [problem.detail]
    listed = [_entry(found.code, str(problem), detail) for detail in entries]
    return found.status, json.dumps({"errors": listed}).encode()


def _entry(code: str, message: str, detail: object) -> dict[str, object]:
    entry: dict[str, object] = {"code": code, "message": message}
    if detail is not None:
        entry["detail"] = detail
    return entry


_BY_ANSWER: Final = {(found.status, found.code): kind for kind, found in reversed(TABLE.items())}
_BY_CODE: Final = {found.code: kind for kind, found in reversed(TABLE.items())}


def parse(status: int, body: bytes) -> errors.Problem:
    """The problem that another registry's answer tells of."""
    code, message = _first_error(body)
    kind = _BY_ANSWER.get((status, code)) or _BY_CODE.get(code) or errors.Problem
    problem = kind.__new__(kind)
    errors.Problem.__init__(problem, message or f"the registry answered {status}")
    return problem


def _first_error(body: bytes) -> tuple[str, str]:
    try:
        entry = json.loads(body)["errors"][0]
        return str(entry["code"]), str(entry.get("message") or "")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "", ""
