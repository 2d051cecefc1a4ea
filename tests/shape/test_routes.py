"""Every address with the permission it needs, as a reviewed file: tests/golden/routes.txt."""

import re
from collections.abc import Iterator
from unittest.mock import Mock

from fastapi.routing import APIRoute
from starlette.routing import Route

from entrepot.auth.policy import Action
from entrepot.http import app, token
from entrepot.http.api import application
from entrepot.http.api.caller import PERMISSION
from entrepot.http.hub import routes as hub
from entrepot.http.v2.routes import ROUTES
from entrepot.http.web import static
from entrepot.http.web.application import pages
from tests.shape.tree import ROOT

PAGES = ROOT / "tests" / "golden" / "pages.txt"
GOLDEN = ROOT / "tests" / "golden" / "routes.txt"
DESCRIPTION = "/api/openapi.json"


def rows() -> Iterator[tuple[str, str, str]]:
    """Method, path and permission of all that the server answers."""
    for route in ROUTES:
        yield route.method, route.path, route.action.value
    for hub_route in hub.ROUTES:
        yield hub_route.method, hub_route.path, hub_route.action.value
    for method in ("GET", "POST"):
        yield method, token.PATH, Action.ANYONE.value
    for path in app._OWN:
        yield "GET", path, Action.ANYONE.value
    for path, methods in application.api(Mock()).openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation.get(PERMISSION, "none!")
    yield "GET", DESCRIPTION, Action.ANYONE.value
    yield "GET", f"{static.PREFIX}/{{version}}/{{file}}", Action.ANYONE.value


def test_the_routes_are_the_reviewed_ones() -> None:
    found = sorted(" ".join(row) for row in rows())
    assert GOLDEN.read_text(encoding="utf-8").splitlines() == found


def test_the_pages_are_the_reviewed_ones() -> None:
    found = sorted(" ".join(row) for row in page_rows())
    assert PAGES.read_text(encoding="utf-8").splitlines() == found


def page_rows() -> Iterator[tuple[str, str, str]]:
    """Method, path and permission of all pages, and of what their forms send."""
    for page in pages():
        yield page.method, re.sub(r":\w+}", "}", page.path), page.action.value


def test_a_method_on_an_address_stands_once() -> None:
    places = [(method, path) for method, path, _ in (*rows(), *page_rows())]
    assert len(set(places)) == len(places)


def test_the_description_leaves_no_route_out() -> None:
    """A route that is hidden from the OpenAPI document would stand in no golden file."""
    described = {(method, path) for method, path, _ in rows()}
    served = {
        (method, re.sub(r":\w+}", "}", f"/api{route.path}"))
        for noun in application._NOUNS
        for route in noun.routes.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert served <= described
    beside = [route.path for route in application.api(Mock()).routes if isinstance(route, Route)]
    assert beside == [DESCRIPTION]


def test_every_permission_is_an_action() -> None:
    assert {permission for _, _, permission in (*rows(), *page_rows())} <= {
        action.value for action in Action
    }
