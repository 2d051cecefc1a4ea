"""Every address with the permission it needs, as a reviewed file: tests/golden/routes.txt."""

from entrepot.http.v2.routes import ROUTES
from tests.shape.tree import ROOT

GOLDEN = ROOT / "tests" / "golden" / "routes.txt"


def test_the_routes_are_the_reviewed_ones() -> None:
    rows = [f"{route.method} {route.path} {route.action.value}" for route in ROUTES]
    assert GOLDEN.read_text(encoding="utf-8").splitlines() == sorted(rows)


def test_a_method_on_an_address_stands_once() -> None:
    places = [(route.method, route.path) for route in ROUTES]
    assert len(set(places)) == len(places)
