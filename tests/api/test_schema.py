"""Schemathesis: whatever is sent, /api answers as its OpenAPI document says.

Path parameters are of what is there in every other request, so that the door is not all that is
tried. The examples are the same each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.site import Caller, Site, scope, serving, unique

EXAMPLES: Final = 6
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True, slots=True)
class Tried:
    """A registry of which everything may be destroyed, and what is there to be named."""

    site: Site
    there: dict[str, str]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    data = tmp_path_factory.mktemp("schema")
    with serving(data, {"auth__sign_up": "open"}) as site:
        yield Tried(site, what_is_there(site))


def what_is_there(site: Site) -> dict[str, str]:
    """One of each noun."""
    victim, space = site.person(), site.admin.organization()
    at = f"/namespaces/{space}"
    site.admin.do("POST", f"{at}/teams", name="team")
    site.admin.do("PUT", f"{at}/teams/team/members/{victim.name}")
    site.admin.do("PUT", f"{at}/members/{victim.name}", role="owner")
    site.admin.do("POST", f"{at}/robots", name="robot", scopes=[scope(f"{space}/*", "pull")])
    invitation = site.admin.do("POST", f"{at}/invitations", role="reader")
    return {
        "account": victim.name,
        "namespace": space,
        "team": "team",
        "robot": "robot",
        "invitation": invitation["id"],
        "repository": f"{space}/app",
    }


def callers(site: Site) -> dict[str, Caller]:
    """Who sends the requests."""
    return {
        "nobody": site.nobody,
        "account": site.person(),
        "administrator": site.person(admin=True),
    }


@pytest.mark.parametrize("kind", ["nobody", "account", "administrator"])
def test_all_answers_are_as_described(tried: Tried, kind: str) -> None:
    caller = callers(tried.site)[kind]
    found = schemathesis.openapi.from_url(f"{tried.site.server.url}/api/openapi.json")
    problems: list[str] = []
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(caller.headers)
        for result in found.get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            for mode in GenerationMode:
                told = attempt(operation, mode, session, tried.there)
                if told:
                    problems.append(f"{operation.label} {mode.value}: {told}")
    if problems:
        pytest.fail("\n\n".join(problems))


def attempt(
    operation: Any, mode: GenerationMode, session: requests.Session, there: dict[str, str]
) -> str:
    """What is wrong with an answer to the operation; nothing when none was found."""

    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Any, known: bool) -> None:
        if known:
            case.path_parameters |= {n: v for n, v in there.items() if n in case.path_parameters}
        answer = case.call(session=session)
        case.validate_response(answer, checks=CHECKS)

    try:
        check()
    except Unsatisfiable:
        # Nothing can be wrong with a request that has no parts.
        assert mode is GenerationMode.NEGATIVE
    except FailureGroup as group:
        return "\n".join(str(each) for each in group.exceptions)
    return ""


def test_the_administrator_of_the_beginning_is_still_one(tried: Tried) -> None:
    """Nothing of what was sent reached further than it should."""
    assert tried.site.admin.do("GET", "/account")["admin"]
    assert tried.site.nobody.status("GET", "/users") == 401
    name = unique("person")
    assert tried.site.admin.status("POST", "/users", name=name, password="correct horse") == 201
