"""The tag under which old clients keep referrers ("Referrers Tag Schema", "Enabling ...")."""

import pytest

from tests.conformance.content import Content
from tests.conformance.registry import Repository


@pytest.fixture
def subject(repository: Repository) -> Content:
    return repository.push_image("latest")


def fallback_tag(subject: Content) -> str:
    return subject.digest.replace(":", "-")


def told(repository: Repository, subject: Content) -> list[str]:
    return [descriptor["digest"] for descriptor in repository.referrers(subject.digest)]


def test_what_the_tag_lists_is_told_once(repository: Repository, subject: Content) -> None:
    image = repository.push_image(subject=subject.descriptor())
    repository.push_index(image, tag=fallback_tag(subject))
    assert told(repository, subject) == [image.digest]


def test_what_the_tag_does_not_list_is_told_too(repository: Repository, subject: Content) -> None:
    listed = repository.push_image(subject=subject.descriptor())
    repository.push_index(listed, tag=fallback_tag(subject))
    later = repository.push_image(subject=subject.descriptor())
    assert set(told(repository, subject)) == {listed.digest, later.digest}


@pytest.mark.parametrize("other", [True, False], ids=["other-subject", "no-subject"])
def test_what_the_tag_lists_must_have_the_subject(
    repository: Repository,
    subject: Content,
    other: bool,
) -> None:
    subject_of_it = repository.push_image().descriptor() if other else None
    stranger = repository.push_image(subject=subject_of_it)
    repository.push_index(stranger, tag=fallback_tag(subject))
    assert told(repository, subject) == []


def test_the_tag_itself_is_not_a_referrer(repository: Repository, subject: Content) -> None:
    repository.push_index(tag=fallback_tag(subject))
    assert told(repository, subject) == []


def test_the_tag_is_pulled_as_it_was_pushed(repository: Repository, subject: Content) -> None:
    image = repository.push_image(subject=subject.descriptor())
    index = repository.push_index(image, tag=fallback_tag(subject))
    assert repository.pull(fallback_tag(subject)).content == index.data
