"""Errors and the one table that tells them on the wire ("Error Codes")."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import errors
from entrepot.errors import Problem
from entrepot.http.failures import failure
from entrepot.wire.problems import TABLE, parse, render, row
from tests.conformance.refusal import CODES
from tests.wire.problems import classes, drawn, groups, parents, problem, told

SHARED = {found for found, count in Counter(TABLE.values()).items() if count > 1}


def by_name(kind: type[Problem]) -> str:
    return kind.__name__


def test_the_tree_is_as_it_is_drawn() -> None:
    assert drawn() == parents()


def test_what_gathers_others_has_others() -> None:
    assert all(kind.__subclasses__() for kind in groups())


@pytest.mark.parametrize("kind", classes(), ids=by_name)
def test_a_class_says_what_is_wrong_in_one_sentence(kind: type[Problem]) -> None:
    message = (kind.__doc__ or "").splitlines()[0]
    assert message.endswith(".")
    assert str(problem(kind)) == message


@pytest.mark.parametrize("kind", told(), ids=by_name)
def test_an_error_has_a_row_of_its_own(kind: type[Problem]) -> None:
    assert kind in TABLE
    assert row(problem(kind)) is TABLE[kind]


@pytest.mark.parametrize("kind", TABLE, ids=by_name)
def test_a_row_uses_the_specifications_codes(kind: type[Problem]) -> None:
    assert TABLE[kind].code in CODES | {"UNAVAILABLE"}
    assert 400 <= TABLE[kind].status < 600


@pytest.mark.parametrize("kind", told(), ids=by_name)
def test_what_was_rendered_parses_back(kind: type[Problem]) -> None:
    found = parse(*render(problem(kind)))
    assert str(found) == str(problem(kind))
    assert row(found) == TABLE[kind]
    if TABLE[kind] not in SHARED:
        assert type(found) is kind


def test_the_broader_of_two_classes_is_read() -> None:
    """A 400 with MANIFEST_INVALID tells of a manifest; a tag is only one way to get one."""
    body = json.dumps({"errors": [{"code": "MANIFEST_INVALID"}]}).encode()
    assert type(parse(400, body)) is errors.ManifestInvalid


@pytest.mark.parametrize("kind", told(), ids=by_name)
def test_what_was_parsed_can_be_answered(kind: type[Problem]) -> None:
    """What another registry refused is refused to our client in the same way."""
    answer = failure(parse(*render(problem(kind))))
    assert answer.status == TABLE[kind].status


def test_a_class_without_a_row_is_told_as_its_parent() -> None:
    class Narrower(errors.BlobUnknown):
        """Narrower."""

    assert row(Narrower()) is TABLE[errors.BlobUnknown]


@given(
    st.text(min_size=1),
    st.none() | st.booleans() | st.text() | st.dictionaries(st.text(), st.text()),
)
def test_the_body_has_the_specifications_form(message: str, detail: object) -> None:
    status, body = render(errors.Denied(message, detail=detail))
    entry = {"code": "DENIED", "message": message}
    if detail is not None:
        entry |= {"detail": detail}  # type: ignore[dict-item] # detail holds anything
    assert status == 403
    assert json.loads(body) == {"errors": [entry]}


def test_several_details_are_several_errors() -> None:
    _, body = render(errors.ManifestIncomplete(detail=[{"digest": "a"}, {"digest": "b"}]))
    listed = json.loads(body)["errors"]
    assert [entry["detail"]["digest"] for entry in listed] == ["a", "b"]
    assert {entry["code"] for entry in listed} == {"MANIFEST_BLOB_UNKNOWN"}


def test_the_status_decides_between_rows_of_one_code() -> None:
    body = b'{"errors": [{"code": "BLOB_UPLOAD_INVALID"}]}'
    assert type(parse(416, body)) is errors.UploadOutOfOrder
    assert type(parse(409, body)) is errors.UploadBusy
    assert type(parse(400, body)) is errors.UploadInvalid


def test_a_code_is_known_with_another_status() -> None:
    body = b'{"errors": [{"code": "NAME_UNKNOWN", "message": "no"}]}'
    found = parse(400, body)
    assert type(found) is errors.RepositoryUnknown
    assert str(found) == "no"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>", id="html"),
        pytest.param(b"\xff", id="not-utf-8"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"{}", id="no-errors"),
        pytest.param(b'{"errors": []}', id="no-error"),
        pytest.param(b'{"errors": null}', id="null"),
        pytest.param(b'{"errors": "text"}', id="text"),
        pytest.param(b'{"errors": [5]}', id="number"),
        pytest.param(b'{"errors": [{}]}', id="no-code"),
        pytest.param(b'{"errors": [{"code": "TEAPOT"}]}', id="unknown-code"),
        pytest.param(b'{"errors": [{"code": ["DENIED"]}]}', id="code-of-wrong-type"),
        pytest.param(b"[" * 200_000, id="deep"),
    ],
)
def test_an_answer_that_says_nothing_is_some_problem(body: bytes) -> None:
    found = parse(500, body)
    assert type(found) is Problem
    assert "500" in str(found)


@given(st.integers(400, 599), st.binary() | st.text().map(str.encode))
def test_any_answer_is_survived(status: int, body: bytes) -> None:
    assert isinstance(parse(status, body), Problem)


JSON = st.recursive(
    st.none() | st.integers() | st.text() | st.sampled_from(sorted(CODES)),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["errors", "code"]), inner),
)


@given(st.integers(400, 599), JSON)
def test_any_document_is_survived(status: int, document: object) -> None:
    assert str(parse(status, json.dumps(document).encode()))
