"""The application below /api: FastAPI, with an OpenAPI document at /api/openapi.json."""

import re
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from entrepot import __version__
from entrepot.auth.policy import Action
from entrepot.http.api import (
    account,
    answers,
    audit,
    gc,
    login,
    namespaces,
    passkeys,
    quotas,
    repositories,
    repository_builds,
    repository_tags,
    robots,
    sign_on,
    stars,
    teams,
    tokens,
    users,
    webhooks,
)
from entrepot.http.api.caller import PERMISSION
from entrepot.http.api.description import Description
from entrepot.http.services import Services

_PREFIX: Final = "/api"
_DESCRIPTION: Final = f"{_PREFIX}/openapi.json"
_NOUNS: Final = (
    login,
    sign_on,
    account,
    passkeys,
    tokens,
    namespaces,
    teams,
    quotas,
    robots,
    webhooks,
    repositories,
    repository_tags,
    repository_builds,
    stars,
    users,
    audit,
    gc,
)


def api(services: Services) -> FastAPI:
    """The application for one worker's *services*."""
    application = FastAPI(
        title="Entrepot",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    application.state.services = services
    for noun in _NOUNS:
        application.include_router(noun.routes.router, prefix=_PREFIX)
    answers.install(application)
    plain = application.openapi

    def described() -> dict[str, Any]:
        return _with_problems(plain())

    application.openapi = described  # type: ignore[method-assign] # FastAPI's own way to extend it
    application.add_route(_DESCRIPTION, Description(application).serve, include_in_schema=False)
    return application


def open_to_all() -> list[re.Pattern[str]]:
    """The paths where anyone may send something."""
    return [
        compile_path(f"{_PREFIX}{route.path}")[0]
        for noun in _NOUNS
        for route in noun.routes.router.routes
        if isinstance(route, APIRoute)
        and (route.openapi_extra or {}).get(PERMISSION) == Action.ANYONE.value
        and "GET" not in (route.methods or ())
    ]


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the shape of refusals, and with the ways to log in."""
    parts = document.setdefault("components", {})
    schema = answers.ProblemDetails.model_json_schema()
    parts.setdefault("schemas", {})["ProblemDetails"] = schema
    parts["securitySchemes"] = {
        "password": {"type": "http", "scheme": "basic"},
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "entrepot"},
    }
    document["security"] = [{}, {"password": []}, {"token": []}, {"session": []}]
    return document
