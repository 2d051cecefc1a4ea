"""The application below /api: FastAPI, with an OpenAPI document at /api/openapi.json."""

from typing import Any, Final

from fastapi import FastAPI

from entrepot import __version__
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
from entrepot.http.services import Services

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
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    application.state.services = services
    for noun in _NOUNS:
        application.include_router(noun.routes.router, prefix="/api")
    answers.install(application)
    plain = application.openapi

    def described() -> dict[str, Any]:
        return _with_problems(plain())

    application.openapi = described  # type: ignore[method-assign] # FastAPI's own way to extend it
    return application


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
