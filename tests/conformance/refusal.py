"""What a registry says when it says no ("Error Codes")."""

import re
from typing import Final

import httpx

# The specification's, code-1 to code-14.
CODES: Final = frozenset(
    {
        "BLOB_UNKNOWN",
        "BLOB_UPLOAD_INVALID",
        "BLOB_UPLOAD_UNKNOWN",
        "DIGEST_INVALID",
        "MANIFEST_BLOB_UNKNOWN",
        "MANIFEST_INVALID",
        "MANIFEST_UNKNOWN",
        "NAME_INVALID",
        "NAME_UNKNOWN",
        "SIZE_INVALID",
        "UNAUTHORIZED",
        "DENIED",
        "UNSUPPORTED",
        "TOOMANYREQUESTS",
    }
)
_JSON: Final = re.compile(r"application/json(;.*)?")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of an answer whose body has the specification's form."""
    status, codes = answer.status_code, error_codes(answer)
    assert len(codes) == 1, f"{status} with {sorted(codes)}"
    return status, codes.pop()


def error_codes(answer: httpx.Response) -> set[str]:
    """The codes in an error's body, which must have the specification's form."""
    assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text[:200]}"
    assert _JSON.fullmatch(answer.headers.get("Content-Type", "")), answer.text[:200]
    errors = answer.json()["errors"]
    assert isinstance(errors, list)
    assert errors, "an error names its code"
    for error in errors:
        assert error["code"] in CODES, error
        assert isinstance(error.get("message", ""), str)
    return {error["code"] for error in errors}
