"""Pages that only a registry with accounts has, and what is shown on them just once."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import EndpointUnknown
from entrepot.http.web.routing import Handler, Pages
from entrepot.http.web.visit import Visit


class AccountPages(Pages):
    """Pages that are not there where the registry is open to all."""

    def add(
        self, method: str, path: str, action: Action, *, again: Handler | None = None
    ) -> Callable[[Handler], Handler]:
        adding = super().add(method, path, action, again=again)

        def register(handler: Handler) -> Handler:
            async def serve(visit: Visit) -> Response:
                if visit.services.authenticator is None:
                    raise EndpointUnknown("this registry is open to all: it has no accounts")
                return await handler(visit)

            adding(serve)
            return handler

        return register


def shown_once(
    visit: Visit,
    title: str,
    facts: Sequence[tuple[str, str]],
    back: str,
    *,
    advice: str = "",
    csrf: str | None = None,
) -> Response:
    """Return the page of secrets that are shown once: never behind a URL or in a cookie.

    *csrf* is that of a new session, where one begins with this answer.
    """
    renewed: dict[str, Any] = {} if csrf is None else {"csrf": csrf}
    return visit.page(
        "settings/once.html", heading=title, facts=facts, back=back, advice=advice, **renewed
    )
