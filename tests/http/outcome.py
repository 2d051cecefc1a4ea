"""How a server may say no."""

import httpx

from tests.conformance.refusal import error_codes


def refused(answer: httpx.Response | None) -> tuple[int, set[str]]:
    """The status and codes of an answer in the specification's form, which must be 4xx."""
    assert answer is not None, "the server closed the connection"
    return answer.status_code, error_codes(answer)


def turned_away(answer: httpx.Response | None) -> bool:
    """Whether a request was refused before anyone could know what it is about.

    Either the connection is closed, or there is a 4xx: in the specification's form, or empty where
    the request could not be read as HTTP.
    """
    if answer is None:
        return True
    assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text[:200]}"
    if answer.content:
        return bool(error_codes(answer))
    closed: str = answer.headers.get("Connection", "")
    return closed == "close"
