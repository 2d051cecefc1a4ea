"""/v2/: what this server is ("Determining Support")."""

from entrepot.http.request import Request
from entrepot.http.response import Response, document
from entrepot.http.services import Services


async def show(_: Services, __: Request) -> Response:
    return document(200, b"{}")
